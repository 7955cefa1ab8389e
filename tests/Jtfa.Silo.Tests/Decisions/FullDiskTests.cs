using System.Diagnostics;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>A disk that is really full: a small one of memory, in a mount namespace of a second process and gone with it.</summary>
public class FullDiskTests
{
    private const string DiskVariable = "JTFA_TEST_DISK";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public Task Nothing_is_lost_when_the_disk_fills_up_and_is_freed_again() => RunOnSmallDiskAsync(nameof(Child_fills_its_disk));

    [Fact]
    public Task What_the_full_disk_does_not_take_at_a_stop_is_written_by_the_next_start() =>
        RunOnSmallDiskAsync(nameof(Child_stops_with_a_full_disk));

    [Fact(Explicit = true)]
    public async Task Child_stops_with_a_full_disk()
    {
        const int count = 3000;
        var disk = Environment.GetEnvironmentVariable(DiskVariable);
        Assert.SkipWhen(disk is null, "Run by the other test only.");
        await using var folder = new LogFolder();
        folder.Options.Path = Path.Combine(disk, "jtfa.db");
        folder.Options.QueueLimit = count;
        folder.Options.GroupCommitMs = 10_000; // nothing is due by itself: the clock stands still
        var log = await folder.StartAsync(new ManualClock());
        await AppendAsync(log, 0, 100);
        var ballast = Path.Combine(disk, "ballast");
        Fill(ballast);
        var id = 100;
        for (; folder.Lines.Of("Refused").Count == 0; id += 10) await AppendAsync(log, id, 10);
        await LogFolder.AppendAsync(log, id, count);
        Assert.InRange(log.InMemory, count / 2, count);

        await log.DisposeAsync();
        Fill(ballast + ".2"); // whatever was given back is taken by others

        Assert.Equal(0, log.Lost);
        Assert.Contains("the next start writes them", Assert.Single(folder.Lines.Of("LeftInSpool")), StringComparison.Ordinal);
        Assert.True(new FileInfo(Path.Combine(disk, "jtfa.db.reserve")).Length > 0);
        File.Delete(ballast);
        File.Delete(ballast + ".2");
        var next = await folder.StartAsync();
        await next.FlushAsync(Cancel);
        await folder.HoldsAllAsync(next, count);
        await next.DisposeAsync();
        Assert.Empty(Directory.GetFiles(disk, "*.spool*").Concat(Directory.GetFiles(disk, "*.reserve*")));
    }

    private static async Task RunOnSmallDiskAsync(string child)
    {
        string[] unshare = Environment.IsPrivilegedProcess ? ["unshare", "--mount"] : ["unshare", "--mount", "--map-root-user"];
        Assert.SkipUnless(OperatingSystem.IsLinux() && await CanMountAsync(unshare), "Needs Linux and the right to a mount namespace.");
        await using var folder = new LogFolder();

        using var process = ChildProcess.Start<FullDiskTests>(
            child, new() { [DiskVariable] = folder.Folder },
            [.. unshare, "sh", "-c", "mount -t tmpfs -o size=12m none \"$0\" && exec \"$@\"", folder.Folder]);
        var output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);

        Assert.True(process.ExitCode == 0, output);
    }

    [Fact(Explicit = true)]
    public async Task Child_fills_its_disk()
    {
        var disk = Environment.GetEnvironmentVariable(DiskVariable);
        Assert.SkipWhen(disk is null, "Run by the other test only.");
        await using var folder = new LogFolder();
        folder.Options.Path = Path.Combine(disk, "jtfa.db");
        folder.Options.Csv = Path.Combine(disk, "decisions.csv");
        var ballast = Path.Combine(disk, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[6 << 20], Cancel);
        var log = await folder.StartAsync(new ManualClock());
        var id = 0;
        for (; folder.Lines.Of("Away").Count == 0; id += 100) await AppendAsync(log, id, 100);
        await AppendAsync(log, id, 3000);
        id += 3000;
        Assert.Contains("the disk is full: free some space", folder.Lines.Of("Away")[0], StringComparison.Ordinal);
        Assert.NotEqual(0, log.Pending);

        File.Delete(ballast);
        await log.FlushAsync(Cancel);

        Assert.Equal((id, 0, 0, 0), (log.Written, log.Pending, log.Lost, log.CsvMissed));
        Assert.Equal(Enumerable.Range(0, id).Select(number => (long)number), await folder.ReadIdsAsync());
        Assert.Equal(id + 1, (await File.ReadAllLinesAsync(folder.Options.Csv, Cancel)).Length);
        Assert.Empty(Directory.GetFiles(disk, "*.spool*"));
    }

    // To the last byte.
    private static void Fill(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        var (chunk, end) = (new byte[1 << 20], 0L);
        for (var size = chunk.Length; size > 0;)
        {
            try
            {
                RandomAccess.Write(file, chunk.AsSpan(0, size), end);
                end += size;
            }
            catch (IOException)
            {
                end = RandomAccess.GetLength(file);
                size /= 2;
            }
        }
    }

    private static async Task AppendAsync(Silo.Decisions.AdoNetDecisionLog log, int from, int count)
    {
        for (var id = from; id < from + count; id++) await log.AppendAsync(LogFolder.Decision(id));
        await log.FlushAsync(Cancel);
    }

    private static async Task<bool> CanMountAsync(string[] unshare)
    {
        var start =
            new ProcessStartInfo("sh", ["-c", "\"$@\" mount -t tmpfs none /mnt 2>&1", "sh", .. unshare]) { RedirectStandardOutput = true };
        using var attempt = Process.Start(start)!;
        await attempt.StandardOutput.ReadToEndAsync(Cancel);
        await attempt.WaitForExitAsync(Cancel);
        return attempt.ExitCode == 0;
    }
}
