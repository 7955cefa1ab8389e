using System.Diagnostics;
using System.Globalization;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>A second process, which is this test assembly again, writes a log and is killed in the midst of it.</summary>
public class KillTests
{
    private const string PathVariable = "JTFA_TEST_LOG";
    private const string BurstVariable = "JTFA_TEST_BURST";

    // A kill may cost the group that gathers and the one that is being committed; on a busy machine that takes its time.
    private static readonly TimeSpan s_safe = TimeSpan.FromSeconds(1.5);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, 50)]
    [InlineData(true, 50)]
    [InlineData(false, 5000)]
    [InlineData(true, 5000)]
    public async Task Every_decision_older_than_a_group_commit_is_there_after_a_kill_and_none_twice(
        bool databaseAway, int per10Milliseconds)
    {
        await using var folder = new LogFolder();
        await (await folder.StartAsync()).DisposeAsync();
        if (databaseAway) folder.RefuseInserts();

        var appended = await RunAndKillAsync(folder, per10Milliseconds);
        if (databaseAway) folder.AcceptInserts();

        Assert.Equal("ok", folder.Execute("PRAGMA integrity_check"));
        var log = await folder.StartAsync();
        await log.FlushAsync(Cancel);
        // However much more is appended than can be written: what is missing is the end, there is no gap.
        var ids = await folder.ReadIdsAsync();
        Assert.Equal(Enumerable.Range(0, ids.Length).Select(id => (long)id), ids);
        Assert.True(ids.Length > appended, $"{ids.Length} rows, but decision {appended} was appended {s_safe} before the kill");
        Assert.Equal(0, log.Lost);
    }

    [Fact]
    public async Task A_CSV_file_that_another_process_writes_is_refused()
    {
        await using var folder = new LogFolder();
        using var child = Start(folder, burst: 1);
        await child.ReadLineUntilAsync("appended ", Cancel);

        folder.Options.Csv = folder.InFolder("decisions.csv");
        Assert.Contains("cannot be written to", await folder.RefusalAsync(), StringComparison.Ordinal);

        child.Kill();
        await child.WaitForExitAsync(Cancel);
    }

    /// <summary>The second process' part: appends until it is killed, saying now and then which decision it appended when.</summary>
    [Fact(Explicit = true)]
    public async Task Child_appends_until_it_is_killed()
    {
        var path = Environment.GetEnvironmentVariable(PathVariable);
        Assert.SkipWhen(path is null, "Run by the other tests only.");
        await using var folder = new LogFolder();
        folder.Options.Path = path;
        folder.Options.Csv = Path.Combine(Path.GetDirectoryName(path)!, "decisions.csv");
        folder.Options.GroupCommitMs = 50;
        var burst = int.Parse(Environment.GetEnvironmentVariable(BurstVariable)!, CultureInfo.InvariantCulture);
        var log = await folder.StartAsync();
        await using var output = new StreamWriter(Console.OpenStandardOutput());
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (var id = 0; await tick.WaitForNextTickAsync(Cancel); id += burst)
        {
            await LogFolder.AppendAsync(log, id, id + burst);
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"appended {id} {Stopwatch.GetTimestamp()}"));
            await output.FlushAsync(Cancel);
        }
    }

    /// <returns>A decision that was appended longer before the kill than a kill may cost.</returns>
    private static async Task<long> RunAndKillAsync(LogFolder folder, int burst)
    {
        using var child = Start(folder, burst);
        (long Id, long Time)? first = null;
        while (true)
        {
            var words = (await child.ReadLineUntilAsync("appended ", Cancel)).Split(' ');
            var (id, time) = (long.Parse(words[1], CultureInfo.InvariantCulture), long.Parse(words[2], CultureInfo.InvariantCulture));
            if (first is null && id >= 500) first = (id, time);
            if (first is not { } old || Stopwatch.GetElapsedTime(old.Time, time) < s_safe) continue;
            child.Kill(); // SIGKILL
            await child.WaitForExitAsync(Cancel);
            return old.Id;
        }
    }

    private static Process Start(LogFolder folder, int burst) => ChildProcess.Start<KillTests>(
        nameof(Child_appends_until_it_is_killed),
        // What a killed process leaves in its temporary folder goes with this one's.
        new()
        {
            ["TMPDIR"] = folder.Root,
            [PathVariable] = folder.Options.Path,
            [BurstVariable] = burst.ToString(CultureInfo.InvariantCulture),
        });
}
