using System.Globalization;

namespace Jtfa.Cluster.Tests.Processes;

/// <summary>What came of one failure.</summary>
/// <param name="Name">What was done.</param>
/// <param name="LogGap">Longest time in which no decision of one scene came to the log, seconds.</param>
/// <param name="StreamGap">Longest time in which a client that follows the scenes' streams heard of no decision of one of them,
/// seconds.</param>
/// <param name="Decisions">Decisions that the client heard of.</param>
/// <param name="Undecided">Windows of one scene that a camera sent tokens of and that were never decided, at most.</param>
/// <param name="MissingRows">Of these, decisions that are not in the log once it has settled.</param>
/// <param name="DuplicateRows">Decisions that stand in the log twice.</param>
/// <param name="Repeated">Decisions heard of twice.</param>
/// <param name="OutOfOrder">Decisions heard of before one that stands before them in the log.</param>
/// <param name="RunningTwice">Scenes and cameras with two activations.</param>
internal sealed record FailureFigures(
    string Name, double LogGap, double StreamGap, int Decisions, int Undecided, int MissingRows, int DuplicateRows, int Repeated,
    int OutOfOrder, int RunningTwice);

/// <summary>Does one failure after another to a cluster under load, and measures each.</summary>
internal sealed class FailureRun(RunningCluster cluster, ClusterClient client, ITestOutputHelper output) : IAsyncDisposable
{
    // After each failure, for what it left behind to show.
    private static readonly TimeSpan s_after = TimeSpan.FromSeconds(LongForm.IsAsked ? 10 : 6);
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(25);

    private static readonly TimeSpan s_noticed = TimeSpan.FromSeconds(LongForm.IsAsked ? 15 : 8);

    private readonly string[] _scenes = [.. cluster.Plan.SceneNames];
    private readonly LogWatch _log = new(cluster.ConnectionString, () => client.Heard.Now);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Waits until every scene decides, and a little longer: the runtime compiles what it runs for the first time.</summary>
    public async Task WarmUpAsync()
    {
        client.Follow(_scenes);
        _log.Start();
        await client.Heard.AllDecideAfterAsync(_scenes, client.Heard.Now, s_deadline);
        await Task.Delay(s_after, Cancellation);
        output.WriteLine(
            "what                              | log gap s | stream gap s | decisions | undecided | missing in log | twice in log | " +
            "heard twice | out of order | running twice");
    }

    /// <summary>Does something, and measures from then until a while after it.</summary>
    public async Task<FailureFigures> MeasureAsync(string name, Func<Task> failure)
    {
        var from = client.Heard.Now;
        await failure();
        await client.Heard.AllDecideAfterAsync(_scenes, client.Heard.Now, s_deadline);
        await Task.Delay(s_after, Cancellation);
        var to = client.Heard.Now;

        // Decisions at the end may be on their way to the log.
        await Task.Delay(TimeSpan.FromSeconds(2), Cancellation);
        var figures = await FiguresAsync(name, from, to);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{figures.Name,-33} | {figures.LogGap,9:F2} | {figures.StreamGap,12:F2} | {figures.Decisions,9} | {figures.Undecided,9} | " +
            $"{figures.MissingRows,14} | {figures.DuplicateRows,12} | {figures.Repeated,11} | {figures.OutOfOrder,12} | " +
            $"{figures.RunningTwice,13}"));
        return figures;
    }

    /// <summary>Kills a silo and waits until every scene decides again.</summary>
    public async Task KillAsync(ClusterSilo member)
    {
        var killed = client.Heard.Now;
        await member.KillAsync();

        // Scenes that were not on it decide on; the others when the cluster has noticed.
        await Task.Delay(s_noticed, Cancellation);
        var again = await client.Heard.AllDecideAfterAsync(_scenes, killed + s_noticed.TotalSeconds, s_deadline);
        output.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"  {member.Name} killed at {killed:F1} s; all scenes decided at {again:F1} s"));
    }

    /// <summary>
    /// Has a silo stand still and go on. The others have given it up by then, so it ends, and its supervisor starts it again.
    /// </summary>
    public async Task HangAsync(ClusterSilo member, TimeSpan time)
    {
        var stopped = client.Heard.Now;
        member.Program.Pause();
        await Task.Delay(time, Cancellation);
        member.Program.Continue();
        await member.Program.ExitAsync();
        await member.StartAsync();
        var again = await client.Heard.AllDecideAfterAsync(_scenes, client.Heard.Now, s_deadline);
        output.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"  {member.Name} hung at {stopped:F1} s; all decided at {again:F1} s"));
    }

    /// <summary>Stops and starts every silo, one after the other.</summary>
    public async Task RestartAllAsync()
    {
        foreach (var member in cluster.Members)
        {
            await member.StopAsync();
            await member.StartAsync();
            await Task.Delay(TimeSpan.FromSeconds(3), Cancellation);
        }
    }

    /// <summary>Says how much memory each silo holds.</summary>
    public void WriteMemory()
    {
        foreach (var member in cluster.Members)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{member.Name}: {member.ResidentMegabytes:F0} MB resident"));
    }

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    private async Task<FailureFigures> FiguresAsync(string name, double from, double to)
    {
        var (logged, captured) = (await cluster.ReadLogAsync(), await cluster.ReadCapturedAsync());
        var (decisions, undecided, missing, repeated, disordered) = (0, 0, 0, 0, 0);
        foreach (var scene in _scenes)
        {
            var heard = client.Heard.Of(scene).Where(heard => heard.At > from && heard.At < to).Select(heard => heard.Decision).ToList();
            decisions += heard.Count;

            // Windows are numbered one after another: by the time of their captures.
            var without = Enumerable.Range(0, (int)(heard.Max() - heard.Min())).Select(i => heard.Min() + i)
                .Where(decision => captured.Contains((scene, decision)) && !logged.Numbers.ContainsKey((scene, decision))).ToList();
            undecided = Math.Max(undecided, without.Count);
            if (without.Count > 0) output.WriteLine($"  {scene}, captured at: {string.Join(' ', without.Select(TimeOf))}");
            repeated += heard.Count - heard.Distinct().Count();
            missing += heard.Distinct().Count(decision => !logged.Numbers.ContainsKey((scene, decision)));
            var numbers = heard.Where(decision => logged.Numbers.ContainsKey((scene, decision)))
                .Select(decision => logged.Numbers[(scene, decision)]).ToList();
            disordered += numbers.Zip(numbers.Skip(1)).Count(pair => pair.Second < pair.First);
        }

        return new FailureFigures(
            name, _log.LongestGap(_scenes, from, to), client.Heard.LongestGap(_scenes, from, to), decisions, undecided,
            missing, logged.Duplicates, repeated, disordered, await CountRunningTwiceAsync());
    }

    private string TimeOf(long decision) =>
        DateTime.UnixEpoch.AddSeconds(decision / cluster.Plan.RateHz).ToString("mm:ss.ff", CultureInfo.InvariantCulture);

    private async Task<int> CountRunningTwiceAsync() => (await client.ActiveGrainsAsync())
        .Where(grain => grain.Type is "scene" or "cameraview").GroupBy(grain => (grain.Type, grain.Key)).Count(same => same.Count() > 1);
}
