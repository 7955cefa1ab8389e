using System.Diagnostics;
using System.Globalization;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>A second process, which is this test assembly again, writes a log and is killed in the midst of it.</summary>
public class KillTests
{
    private const string PathVariable = "JTFA_TEST_LOG";

    // A kill may cost the group that gathers and the one that is being committed, which on a busy machine takes its time.
    private static readonly TimeSpan s_groupCommit = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_safe = 4 * s_groupCommit + TimeSpan.FromMilliseconds(300);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_decision_older_than_a_group_commit_is_there_after_a_kill_and_none_twice(bool databaseAway)
    {
        await using var folder = new LogFolder();
        await (await folder.StartAsync()).DisposeAsync();
        if (databaseAway)
            folder.RefuseInserts();

        var appended = await RunAndKillAsync(folder);
        if (databaseAway)
            folder.AcceptInserts();

        Assert.Equal("ok", folder.Execute("PRAGMA integrity_check"));
        var log = await folder.StartAsync();
        await log.FlushAsync(Cancel);
        var ids = await folder.ReadIdsAsync();
        Assert.Equal(Enumerable.Range(0, ids.Length).Select(id => (long)id), ids);
        Assert.True(ids.Length > appended, $"{ids.Length} rows, but decision {appended} was appended {s_safe} before the kill");
        Assert.Equal(0, log.Lost);
    }

    [Fact]
    public async Task A_CSV_file_that_another_process_writes_is_refused()
    {
        await using var folder = new LogFolder();
        using var child = Start(folder);
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
        folder.Options.GroupCommitMs = (int)s_groupCommit.TotalMilliseconds;
        var log = await folder.StartAsync();
        await using var output = new StreamWriter(Console.OpenStandardOutput());
        for (var id = 0; !Cancel.IsCancellationRequested; id++)
        {
            await log.AppendAsync(LogFolder.Decision(id));
            if (id % 10 != 0)
                continue;
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"appended {id} {Stopwatch.GetTimestamp()}"));
            await output.FlushAsync(Cancel);
        }
    }

    /// <returns>A decision that was appended longer before the kill than a kill may cost.</returns>
    private static async Task<long> RunAndKillAsync(LogFolder folder)
    {
        using var child = Start(folder);
        (long Id, long Time)? first = null;
        while (true)
        {
            var words = (await child.ReadLineUntilAsync("appended ", Cancel)).Split(' ');
            var (id, time) = (long.Parse(words[1], CultureInfo.InvariantCulture), long.Parse(words[2], CultureInfo.InvariantCulture));
            if (first is null && id >= 1000)
                first = (id, time);
            if (first is not { } old || Stopwatch.GetElapsedTime(old.Time, time) < s_safe)
                continue;
            child.Kill(); // SIGKILL
            await child.WaitForExitAsync(Cancel);
            return old.Id;
        }
    }

    private static Process Start(LogFolder folder) =>
        ChildProcess.Start<KillTests>(nameof(Child_appends_until_it_is_killed), new() { [PathVariable] = folder.Options.Path });
}
