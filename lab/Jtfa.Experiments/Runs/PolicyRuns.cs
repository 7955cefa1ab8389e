using System.Globalization;
using System.Net;
using Jtfa.Core;
using Jtfa.Experiments.Nodes;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Windows;
using Jtfa.Testbed.Hosts;
using Jtfa.Testbed.Links;

namespace Jtfa.Experiments.Runs;

/// <summary>
/// A2 and A3, the tail, and the strategies: one run of a profile serves all. Each policy is a scene of the fusion node, and the relay sends
/// each datagram to all of them, so that policies are compared on the very same packets.
/// </summary>
internal sealed class PolicyRuns(ExperimentSettings settings, HostNetwork network) : IExperimentSet
{
    private const int N = 4;
    private const double Rate = 20;
    private const double Width = 50;
    private const double Longest = 250;

    // Conservative: T shorter than the cameras' period, so that a decision is made before the next moment.
    private static readonly double[] s_conservative = [20, 40];
    private static readonly double[] s_relaxed = [120, Longest];
    private static readonly double[] s_otherWidths = [25, 100];
    private static readonly double[] s_delays = [30, 60, 120];
    private static readonly FusionScene s_main = Scene(3, 120, Width);
    private static readonly IReadOnlyList<FusionScene> s_scenes =
    [
        s_main,
        .. from t in (double[])[.. s_conservative, .. s_relaxed]
           from k in (int[])[2, 3, 4]
           where (k, t) != (s_main.K, s_main.T)
           select Scene(k, t, Width),
        .. from t in (double[])[s_conservative[^1], Longest] from w in s_otherWidths select Scene(3, t, w),
    ];

    // Replaying costs nothing, so more policies are replayed than run live.
    private static readonly IReadOnlyList<FusionScene> s_replayed =
        [.. s_scenes.Concat(
            from t in (double[])[10, 20, 40, 60, 120, Longest, 500] from k in (int[])[1, 2, 3, 4] select Scene(k, t, Width)).Distinct()];

    private static readonly TimeSpan s_settle = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan s_end = TimeSpan.FromMilliseconds(Longest + 300);

    private readonly string _folder = Path.Combine(settings.Folder, "work", "policies");
    private readonly FusionHead _head = FusionHead.Load(Path.Combine(settings.Program.Models, "head.npz"));
    private IReadOnlyList<IPEndPoint> _ports = [];
    private FusionNode? _fusion;
    private CameraNodes? _cameras;

    public IReadOnlyList<(string Cell, TimeSpan Estimate)> Cells =>
        [.. settings.Profiles.Keys.Select(profile => (profile, settings.Scale.Policies + s_settle + s_end + TimeSpan.FromSeconds(0.4)))];

    public async Task<IReadOnlyList<RunResult>> RunAsync(PlannedRun run, CancellationToken cancellationToken)
    {
        if (_fusion is null) await StartAsync(cancellationToken);
        var profile = settings.Profiles[run.Cell];
        await using var links = await ImpairedLinks.StartAsync(
            network.Air, [.. _ports.Select((port, view) => Link(port, profile.ForLink(view)))], run.Seed);
        await links.AllTalkAsync(_ports.Count, cancellationToken);
        await Task.Delay(s_settle, cancellationToken);
        var measured = await Measurement.TakeAsync(settings.Scale.Policies, Rate, N, cancellationToken);
        await Task.Delay(s_end, cancellationToken);
        _cameras!.MustRun();
        var relay = await links.StopAsync();
        var trace = settings.PathOf(run, "pcap");
        links.WriteTrace(trace);
        await links.WriteFatesAsync(settings.PathOf(run, "fates.csv"));
        var arrivals = Arrivals.OfTrace(trace);

        var results = new List<RunResult> { RelayRuns.Result(run, profile.Name, LinkSources.Policies, relay.ErrorMs) };
        foreach (var scene in s_scenes) results.Add(Result(run, scene, "live", await LiveAsync(scene, measured, cancellationToken)));
        results.AddRange(s_replayed.Select(scene => Result(run, scene, "replayed", Replayed(scene, arrivals, measured))));
        results.AddRange(Strategies(run, arrivals, measured));
        results.Add(await TailAsync(run, arrivals, measured, cancellationToken));
        return results;
    }

    public async ValueTask DisposeAsync()
    {
        if (_cameras is not null) await _cameras.DisposeAsync();
        if (_fusion is not null) await _fusion.DisposeAsync();
    }

    private static FusionScene Scene(int k, double t, double w) => new(Name(k, t, w), k, t, w);

    private static string Name(int k, double t, double w) => string.Create(CultureInfo.InvariantCulture, $"K{k}-T{t}-W{w}");

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        _ports = await ImpairedLinks.ReserveAsync(network.Air, network.Views.Count);
        _fusion = await FusionNode.StartAsync(network.Fusion, settings.Program, _folder, s_scenes, cancellationToken);
        _cameras = await CameraNodes.StartAsync(
            network.Views, settings.Program, _folder, settings.Photographs, TokenEncoding.HMix, Rate, _ports);
    }

    private RelayLink Link(IPEndPoint port, LinkProfile profile) =>
        new(port, _fusion!.Ports[0], profile) { Also = [.. _fusion.Ports.Skip(1)] };

    private async Task<Dictionary<string, double>> LiveAsync(FusionScene scene, Measurement measured, CancellationToken cancellationToken)
    {
        var decisions = await _fusion!.DecisionsAsync(scene.Name, measured.From - 1, measured.To + (scene.T / 1000) + 1, cancellationToken);
        return measured.Figures(decisions, scene.K, scene.W);
    }

    private Dictionary<string, double> Replayed(FusionScene scene, Arrivals arrivals, Measurement measured) =>
        measured.Figures(WindowReplay.KOfN(arrivals, Policy(scene), _head).Decisions, scene.K, scene.W);

    private IEnumerable<RunResult> Strategies(PlannedRun run, Arrivals arrivals, Measurement measured)
    {
        var policy = Policy(s_main);
        RunResult ResultOf(string strategy, ReplayedWindows windows, int? k) => Result(
            run, ExperimentNames.Strategies, [new(FactorNames.Profile, run.Cell), new(FactorNames.Strategy, strategy)],
            measured.Figures(windows.Decisions, k, s_main.W));
        yield return ResultOf(StrategyNames.KOfN, WindowReplay.KOfN(arrivals, policy, _head), policy.K);
        yield return ResultOf(StrategyNames.WaitForAll, WindowReplay.WaitForAll(arrivals, policy, _head), policy.N);
        foreach (var delay in s_delays)
            yield return ResultOf(StrategyNames.Delay(delay), WindowReplay.DelayBuffer(arrivals, policy, _head, delay / 1000), null);
    }

    private async Task<RunResult> TailAsync(PlannedRun run, Arrivals arrivals, Measurement measured, CancellationToken cancellationToken)
    {
        var tokens = new List<Span>();
        foreach (var camera in _cameras!.Spans) tokens.AddRange(await camera.ReadNewAsync(cancellationToken));
        var spans = await _fusion!.Spans.ReadNewAsync(cancellationToken);
        var decisions = spans.Where(
            span => span.Name == "decision" && span.Text("scene") == s_main.Name && measured.Holds(span.Number("decision"), s_main.W));
        var times = new TailTimes(tokens, arrivals, [.. spans.Where(span => span.Name == "commit log")]);
        return Result(run, ExperimentNames.Tail, [new(FactorNames.Profile, run.Cell)], times.Values(decisions));
    }

    private static ReplayPolicy Policy(FusionScene scene) => new(scene.K, scene.N, scene.T / 1000, scene.W / 1000);

    private static RunResult Result(PlannedRun run, FusionScene scene, string how, IReadOnlyDictionary<string, double> values) => Result(
        run,
        scene.T <= s_conservative[^1] ? ExperimentNames.Conservative : ExperimentNames.Relaxed,
        [
            new(FactorNames.Profile, run.Cell), new(FactorNames.K, Text(scene.K)), new(FactorNames.T, Text(scene.T)),
            new(FactorNames.W, Text(scene.W)),
            new(FactorNames.How, how),
        ],
        values);

    private static RunResult Result(
        PlannedRun run, string experiment, KeyValuePair<string, string>[] factors, IReadOnlyDictionary<string, double> values) =>
        new(experiment, new Dictionary<string, string>(factors), run.Repeat, run.Seed, values);

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
