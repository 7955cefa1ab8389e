using System.Diagnostics;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>A disk that is really full: a small one of memory, in a mount namespace of a second process and gone with it.</summary>
public class FullDiskTests
{
    private const string DiskVariable = "JTFA_TEST_DISK";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_lost_when_the_disk_fills_up_and_is_freed_again()
    {
        string[] unshare = Environment.IsPrivilegedProcess ? ["unshare", "--mount"] : ["unshare", "--mount", "--map-root-user"];
        Assert.SkipUnless(OperatingSystem.IsLinux() && await CanMountAsync(unshare), "Needs Linux and the right to a mount namespace.");
        await using var folder = new LogFolder();

        using var child = ChildProcess.Start<FullDiskTests>(
            nameof(Child_fills_its_disk), new() { [DiskVariable] = folder.Folder },
            [.. unshare, "sh", "-c", "mount -t tmpfs -o size=12m none \"$0\" && exec \"$@\"", folder.Folder]);
        var output = await child.StandardOutput.ReadToEndAsync(Cancel);
        await child.WaitForExitAsync(Cancel);

        Assert.True(child.ExitCode == 0, output);
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
