namespace Jtfa.Silo.Tests.Decisions;

/// <summary>A disk that is really full: a small one of memory, in a mount namespace of a second process and gone with it.</summary>
public class FullDiskTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(nameof(Child_fills_its_disk))]
    [InlineData(nameof(Child_stops_with_a_full_disk))]
    public async Task Nothing_is_lost_when_the_disk_fills_up_and_is_freed_again_by_the_next_start_too(string child)
    {
        await using var folder = new LogFolder();
        await SmallDisk.RunAsync<FullDiskTests>(child, folder.Folder);
    }

    [Fact(Explicit = true)]
    public async Task Child_stops_with_a_full_disk()
    {
        const int count = 3000;
        var disk = SmallDisk.Folder;
        await using var folder = new LogFolder();
        folder.Options.Path = Path.Combine(disk, "jtfa.db");
        folder.Options.QueueLimit = count;
        folder.Options.GroupCommitMs = 10_000; // nothing is due by itself: the clock stands still
        var log = await folder.StartAsync(new ManualClock());
        await AppendAsync(log, 0, 100);
        var ballast = SmallDisk.Fill();
        var id = 100;
        for (; folder.Lines.Of("Refused").Count == 0; id += 10) await AppendAsync(log, id, 10);
        await LogFolder.AppendAsync(log, id, count);
        Assert.InRange(log.InMemory, count / 2, count);

        await log.DisposeAsync();
        var more = SmallDisk.Fill("more"); // whatever was given back is taken by others

        Assert.Equal(0, log.Lost);
        Assert.Contains("the next start writes them", Assert.Single(folder.Lines.Of("LeftInSpool")), StringComparison.Ordinal);
        Assert.True(new FileInfo(Path.Combine(disk, "jtfa.db.reserve")).Length > 0);
        File.Delete(ballast);
        File.Delete(more);
        var next = await folder.StartAsync();
        await next.FlushAsync(Cancel);
        await folder.HoldsAllAsync(next, count);
        await next.DisposeAsync();
        Assert.Empty(Directory.GetFiles(disk, "*.spool*").Concat(Directory.GetFiles(disk, "*.reserve*")));
    }

    [Theory]
    [InlineData("database", "decisions wait in the spool, since the database: the disk is full|nothing can be written beside the database")]
    [InlineData("spool", "nothing can be written beside the spool")]
    [InlineData("csv", "the CSV file takes no rows, they wait in memory|nothing can be written beside the CSV file")]
    public async Task What_cannot_be_written_is_told_without_its_path_until_it_can(string file, string faults)
    {
        await using var folder = new LogFolder();
        await SmallDisk.RunAsync<FullDiskTests>(
            nameof(Child_tells_what_it_cannot_write), folder.Folder, new() { ["JTFA_TEST_FILE"] = file, ["JTFA_TEST_FAULTS"] = faults });
    }

    [Fact(Explicit = true)]
    public async Task Child_tells_what_it_cannot_write()
    {
        var disk = SmallDisk.Folder;
        var file = Environment.GetEnvironmentVariable("JTFA_TEST_FILE");
        await using var folder = new LogFolder();
        if (file == "database") (folder.Options.Path, folder.Options.SpoolPath) = (Path.Combine(disk, "jtfa.db"), folder.InFolder("spool"));
        if (file == "spool") folder.Options.SpoolPath = Path.Combine(disk, "spool");
        if (file == "csv") folder.Options.Csv = Path.Combine(disk, "decisions.csv");
        var log = await folder.StartAsync(new ManualClock());
        await AppendAsync(log, 0, 100);
        Assert.Empty(log.TryWriting().Faults);

        var ballast = SmallDisk.Fill();
        await AppendAsync(log, 100, 10_000);
        var writing = log.TryWriting();
        var expected = Environment.GetEnvironmentVariable("JTFA_TEST_FAULTS")!.Split('|');
        Assert.Equal(expected.Length, writing.Faults.Count);
        Assert.All(expected.Zip(writing.Faults), pair => Assert.StartsWith(pair.First, pair.Second, StringComparison.Ordinal));
        Assert.DoesNotContain(writing.Faults, fault => fault.Contains(disk, StringComparison.Ordinal));
        Assert.False(writing.RefusesDecisions);

        File.Delete(ballast);
        await AppendAsync(log, 10_100, 100);
        Assert.Empty(log.TryWriting().Faults);
        Assert.Empty(Directory.GetFiles(disk, "*.probe"));
    }

    [Fact(Explicit = true)]
    public async Task Child_fills_its_disk()
    {
        var disk = SmallDisk.Folder;
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
}
