using System.Globalization;

namespace Jtfa.Cluster.Tests.Processes;

/// <summary>What came of one fault of a schedule.</summary>
/// <param name="Name">What was done.</param>
/// <param name="LogGap">Longest time in which no decision of one scene came to the log, seconds.</param>
/// <param name="HeardGap">Longest time in which clients at all fusion silos heard of no decision of one scene, seconds.</param>
/// <param name="Recovery">From the fault's end until every scene had decided again, seconds.</param>
internal sealed record FaultFigures(string Name, double LogGap, double HeardGap, double Recovery);

/// <summary>
/// Faults in an order that follows from a seed, each kind as often as any other. Each is healed, every scene decides again and the log has
/// caught up before the next begins. A silo that ends by itself is started again, as its supervisor does.
/// </summary>
internal sealed class FaultSchedule(HostsStage stage, ITestOutputHelper output, int seed) : IAsyncDisposable
{
    // Less than four scenes' tokens and decisions take.
    private const int SlowKilobits = 200;

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(25);

    // Between faults, so that a gap belongs to one of them.
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(2);

    private readonly Random _random = new(seed);
    private readonly string[] _scenes = [.. stage.Cluster.Plan.SceneNames];
    private readonly LogWatch _log = new(stage.Cluster.ConnectionString, () => stage.Heard.Now);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Runs so many faults.</summary>
    public async Task<List<FaultFigures>> RunAsync(int count)
    {
        stage.Follow();
        _log.Start();
        await stage.Heard.AllDecideAfterAsync(_scenes, stage.Heard.Now, s_deadline);
        await Task.Delay(TimeSpan.FromSeconds(5), Cancellation);
        output.WriteLine($"seed {seed}; what | longest gap in the log s | heard s | from the fault's end until all decide s");
        var done = new List<FaultFigures>();
        while (done.Count < count)
        {
            var kinds = Kinds();
            _random.Shuffle(kinds);
            foreach (var (name, fault) in kinds.Take(count - done.Count)) done.Add(await RunAsync(name, fault));
        }

        return done;
    }

    /// <summary>The decisions that a client has heard of.</summary>
    public HashSet<(string Scene, long Decision)> Heard() =>
        [.. _scenes.SelectMany(scene => stage.Heard.Of(scene).Select(heard => (scene, heard.Decision)))];

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    private (string Name, Func<Task> Fault)[] Kinds()
    {
        var (fusion, other, third) = (AnyOf(stage.Cluster.Fusion), AnyOf(stage.Cluster.Fusion), AnyOf(stage.Cluster.Fusion));
        var (camera, member) = (AnyOf(stage.Cluster.Cameras), AnyOf(stage.Cluster.Members));
        return
        [
            ($"{fusion.Name} killed", () => KillAsync(fusion)),
            ($"{other.Name} stopped", () => StopAsync(other)),
            ($"{fusion.Name} hangs", () => HangAsync(fusion)),
            ($"{camera.Name} killed", () => KillAsync(camera)),
            ($"{third.Name} cut off", () => CutAsync(third)),
            ($"{member.Name} on a slow link", () => SlowAsync(member)),
            ("database stopped", () => AwayAsync(stage.Database.StopAsync)),
            ("database killed", () => AwayAsync(stage.Database.KillAsync)),
            ("disks full too", FullAsync),
        ];
    }

    private ClusterSilo AnyOf(IReadOnlyList<ClusterSilo> members) => members[_random.Next(members.Count)];

    private async Task<FaultFigures> RunAsync(string name, Func<Task> fault)
    {
        var from = stage.Heard.Now;
        await fault();
        var end = stage.Heard.Now;
        double again;
        try
        {
            again = await stage.Heard.AllDecideAfterAsync(_scenes, end, s_deadline);
        }
        catch (TimeoutException)
        {
            output.WriteLine($"{name}: not every scene has decided since");
            throw;
        }

        await CatchUpAsync();
        await Task.Delay(s_rest, Cancellation);
        foreach (var ended in stage.Cluster.Members.Where(member => member.Program.HasExited)) await ended.StartAsync();
        var figures = new FaultFigures(
            name, _log.LongestGap(_scenes, from, stage.Heard.Now), stage.Heard.LongestGap(_scenes, from, stage.Heard.Now), again - end);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{figures.Name,-24} | {figures.LogGap,6:F2} | {figures.HeardGap,6:F2} | {figures.Recovery,6:F2}"));
        return figures;
    }

    // What waited for the database is written.
    private async Task CatchUpAsync()
    {
        var heard = Heard();
        await ClusterStage.UntilAsync(async () =>
        {
            var logged = await stage.Cluster.ReadLogAsync();
            return heard.IsSubsetOf(logged.Numbers.Keys);
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

    // Shorter than the others need to give it up, or longer: then it ends by itself when it goes on.
    private async Task HangAsync(ClusterSilo member)
    {
        member.Program.Pause();
        await WaitAsync(1, 10);
        member.Program.Continue();
    }

    private async Task CutAsync(ClusterSilo member)
    {
        await stage.Network.ConnectAsync(member.Host!, isConnected: false, Cancellation);
        await WaitAsync(1, 10);
        await stage.Network.ConnectAsync(member.Host!, isConnected: true, Cancellation);
    }

    private async Task SlowAsync(ClusterSilo member)
    {
        await stage.Network.SlowAsync(member.Host!, SlowKilobits, Cancellation);
        await WaitAsync(2, 10);
        await stage.Network.HastenAsync(member.Host!, Cancellation);
    }

    private async Task AwayAsync(Func<Task> stop)
    {
        await stop();
        await WaitAsync(1, 6);
        await stage.Database.StartAgainAsync(Cancellation);
    }

    // Nothing can be spooled while the database is away.
    private async Task FullAsync()
    {
        var ballast = stage.Cluster.Fusion.Select(member => member.FillDisk()).ToList();
        await AwayAsync(stage.Database.StopAsync);
        ballast.ForEach(File.Delete);
    }

    private Task WaitAsync(double least, double most) =>
        Task.Delay(TimeSpan.FromSeconds(least + (_random.NextDouble() * (most - least))), Cancellation);
}
