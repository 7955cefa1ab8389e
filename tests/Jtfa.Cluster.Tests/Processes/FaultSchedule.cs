using System.Globalization;

namespace Jtfa.Cluster.Tests.Processes;

/// <summary>What came of one fault of a schedule.</summary>
/// <param name="Name">What was done.</param>
/// <param name="LogGap">Longest time in which no decision of one scene came to the log, seconds.</param>
/// <param name="StreamGap">Longest time in which a client that follows the scenes heard of no decision of one, seconds.</param>
/// <param name="Recovery">From the fault's end until every scene had decided again, seconds.</param>
internal sealed record FaultFigures(string Name, double LogGap, double StreamGap, double Recovery);

/// <summary>
/// Faults in an order that follows from a seed, each kind as often as any other. Each is healed, and every scene decides again, before the
/// next begins.
/// </summary>
internal sealed class FaultSchedule(ClusterStage stage, ITestOutputHelper output, int seed) : IAsyncDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(25);

    // Between faults, so that a gap belongs to one of them.
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(2);

    private readonly Random _random = new(seed);
    private readonly string[] _scenes = [.. stage.Cluster.Plan.SceneNames];
    private readonly LogWatch _log = new(stage.Cluster.ConnectionString, () => stage.Client.Now);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Runs so many faults.</summary>
    public async Task<List<FaultFigures>> RunAsync(int count)
    {
        stage.Client.Follow(_scenes);
        _log.Start();
        await stage.Client.AllDecideAfterAsync(_scenes, stage.Client.Now, s_deadline);
        await Task.Delay(TimeSpan.FromSeconds(5), Cancellation);
        output.WriteLine($"seed {seed}; what | longest gap in the log s | in the stream s | from the fault's end until all decide s");
        var done = new List<FaultFigures>();
        while (done.Count < count)
        {
            var kinds = Kinds();
            _random.Shuffle(kinds);
            foreach (var (name, fault) in kinds.Take(count - done.Count)) done.Add(await RunAsync(name, fault));
        }

        return done;
    }

    /// <summary>The decisions that the client has heard of.</summary>
    public List<(string Scene, long Decision)> Heard() =>
        [.. _scenes.SelectMany(scene => stage.Client.Heard(scene).Select(heard => (scene, heard.Decision)))];

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    private (string Name, Func<Task> Fault)[] Kinds()
    {
        var fusion = stage.Cluster.Fusion[_random.Next(stage.Cluster.Fusion.Count)];
        var other = stage.Cluster.Fusion[_random.Next(stage.Cluster.Fusion.Count)];
        var camera = stage.Cluster.Cameras[_random.Next(stage.Cluster.Cameras.Count)];
        return
        [
            ($"{fusion.Name} killed", () => KillAsync(fusion)),
            ($"{other.Name} stopped", () => StopAsync(other)),
            ($"{fusion.Name} hangs", () => HangAsync(fusion)),
            ($"{camera.Name} killed", () => KillAsync(camera)),
            ("database stopped", () => AwayAsync(stage.Database.StopAsync)),
            ("database killed", () => AwayAsync(stage.Database.KillAsync)),
        ];
    }

    private async Task<FaultFigures> RunAsync(string name, Func<Task> fault)
    {
        var from = stage.Client.Now;
        await fault();
        var end = stage.Client.Now;
        var again = await stage.Client.AllDecideAfterAsync(_scenes, end, s_deadline);
        await CatchUpAsync();
        await Task.Delay(s_rest, Cancellation);
        var figures = new FaultFigures(
            name, _log.LongestGap(_scenes, from, stage.Client.Now), stage.Client.LongestGap(_scenes, from, stage.Client.Now), again - end);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{figures.Name,-18} | {figures.LogGap,6:F2} | {figures.StreamGap,6:F2} | {figures.Recovery,6:F2}"));
        return figures;
    }

    // What waited for the database is written.
    private async Task CatchUpAsync()
    {
        var heard = Heard();
        await ClusterStage.UntilAsync(async () =>
        {
            var logged = await stage.Cluster.ReadLogAsync();
            return heard.TrueForAll(logged.Numbers.ContainsKey);
        });
    }

    private async Task KillAsync(ClusterSilo member)
    {
        await member.KillAsync();
        await WaitAsync(0, 4);
        await member.StartAsync();
    }

    private async Task StopAsync(ClusterSilo member)
    {
        await member.StopAsync();
        await WaitAsync(0, 2);
        await member.StartAsync();
    }

    // Shorter than the others need to give it up, or longer: then it ends by itself, and its supervisor starts it again.
    private async Task HangAsync(ClusterSilo member)
    {
        member.Program.Pause();
        await WaitAsync(1, 10);
        member.Program.Continue();
        await WaitAsync(3, 3);
        if (!member.Program.HasExited) return;
        await member.StartAsync();
    }

    private async Task AwayAsync(Func<Task> stop)
    {
        await stop();
        await WaitAsync(1, 6);
        await stage.Database.StartAgainAsync(Cancellation);
    }

    private Task WaitAsync(double least, double most) =>
        Task.Delay(TimeSpan.FromSeconds(least + (_random.NextDouble() * (most - least))), Cancellation);
}
