using System.Globalization;
using System.Net;
using Jtfa.Core;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Windows;
using Jtfa.Testbed;

namespace Jtfa.Experiments.Published;

/// <summary>
/// Beside the published implementation, on the loopback: published producers into both fusion nodes, our cameras into the published one,
/// and one recorded trace into both at several speeds. The nodes start with the first repeat and stay until this is disposed of.
/// Not for concurrent use.
/// </summary>
public sealed class PublishedComparison : IAsyncDisposable
{
    private const double PaperRate = 5;
    private const double PerMillion = 1e6;
    private const double WarmUpSpeed = 1000;
    private static readonly double[] s_rates = [PaperRate, 20];
    private static readonly double[] s_speeds = [1, 10, 100, 1000];
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(1);

    private readonly PublishedSettings _settings;
    private readonly ReferenceFolder _reference;
    private readonly List<MeasuredNode> _nodes = [];
    private Sources? _sources;

    /// <summary>Looks whether the published scripts are there.</summary>
    /// <exception cref="TestbedException">One is missing; the message says what to fetch.</exception>
    public PublishedComparison(PublishedSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _settings = settings with { Scratch = Path.GetFullPath(settings.Scratch) };
        _reference = new ReferenceFolder(settings.Reference);
    }

    /// <summary>Runs all cells once.</summary>
    /// <param name="repeat">Which repeat, from 0; nodes take turns in being first.</param>
    /// <param name="seed">Its seed; the first repeat's is that of the links behind which the trace is recorded.</param>
    /// <param name="cancellationToken">Ends it; the programs end when this is disposed of.</param>
    /// <exception cref="TestbedException">There is no Python with numpy and msgpack, or a program did not do what it should.</exception>
    public async Task<IReadOnlyList<RunResult>> RunAsync(int repeat, ulong seed, CancellationToken cancellationToken)
    {
        _sources ??= await StartAsync(seed, cancellationToken);
        var run = new Run(repeat, seed);
        var results = new List<RunResult>();
        foreach (var rate in s_rates) results.AddRange(await FromProducersAsync(_sources, run, rate, cancellationToken));
        results.Add(await FromCamerasAsync(_sources, run, cancellationToken));
        foreach (var speed in s_speeds) results.AddRange(await FromTraceAsync(_sources, run, speed, cancellationToken));
        return results;
    }

    /// <summary>Stops the nodes.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask()));
        _nodes.Clear();
        _sources = null;
    }

    private async Task<Sources> StartAsync(ulong seed, CancellationToken cancellationToken)
    {
        var python = await PythonProgram.FindAsync(null, cancellationToken);
        Directory.CreateDirectory(_settings.Scratch);
        var path = _settings.Trace ?? await CameraTrace.RecordAsync(_settings, PaperRate, seed, cancellationToken);
        var trace = new TokenTrace(path, _settings.Scratch);
        var tokens = new ProducerTokens(Arrivals.OfTrace(path), SenderGroup.Views, _settings.Scratch);
        var published = await AddAsync(PublishedNode.StartAsync(python, _reference, _settings, cancellationToken));
        var byArrival = await AddAsync(SiloNode.StartAsync(WindowKeying.Arrival, _settings, cancellationToken));
        var bySequence = await AddAsync(SiloNode.StartAsync(WindowKeying.Sequence, _settings, cancellationToken));
        foreach (var node in _nodes)
        {
            await trace.ReplayAsync(node.EndPoint, WarmUpSpeed, s_warmUp, 1, cancellationToken);
            await node.SettleAsync(cancellationToken);
        }

        return new Sources(python, trace, tokens, published, byArrival, bySequence);
    }

    private async Task<MeasuredNode> AddAsync(Task<MeasuredNode> starting)
    {
        var node = await starting;
        _nodes.Add(node);
        return node;
    }

    private async Task<List<RunResult>> FromProducersAsync(Sources sources, Run run, double rate, CancellationToken cancellationToken)
    {
        await using var tokens = new TokenSwitch();
        await using var producers = await SenderGroup.ProducersAsync(
            sources.Python, _reference, sources.Tokens, rate, tokens.EndPoint, _settings.Scratch);
        await producers.ReachAsync(tokens, cancellationToken);
        var results = new List<RunResult>();
        foreach (var node in run.InTurn(sources.ByArrival, sources.Published))
        {
            var factors = Factors(node, "published-producers", rate, 1);
            results.Add(await MeasureAsync(node, run, factors, Pass(tokens, cancellationToken), cancellationToken));
        }

        return results;
    }

    private async Task<RunResult> FromCamerasAsync(Sources sources, Run run, CancellationToken cancellationToken)
    {
        await using var tokens = new TokenSwitch();
        await using var cameras = await SenderGroup.CamerasAsync(_settings, PaperRate, _ => tokens.EndPoint);
        await cameras.ReachAsync(tokens, cancellationToken);
        var factors = Factors(sources.Published, "jtfa-cameras", PaperRate, 1);
        return await MeasureAsync(sources.Published, run, factors, Pass(tokens, cancellationToken), cancellationToken);
    }

    private Func<IPEndPoint, Task<long>> Pass(TokenSwitch tokens, CancellationToken cancellationToken) =>
        to => tokens.PassAsync(to, _settings.Duration, cancellationToken);

    private async Task<List<RunResult>> FromTraceAsync(Sources sources, Run run, double speed, CancellationToken cancellationToken)
    {
        var results = new List<RunResult>();
        foreach (var node in run.InTurn(sources.BySequence, sources.Published))
        {
            var factors = Factors(node, "trace", PaperRate, speed);
            results.Add(await MeasureAsync(node, run, factors, ReplayAsync, cancellationToken));
        }

        return results;
        Task<long> ReplayAsync(IPEndPoint to) =>
            sources.Trace.ReplayAsync(to, speed, _settings.Duration, _settings.MinTokens, cancellationToken);
    }

    private async Task<RunResult> MeasureAsync(
        MeasuredNode node, Run run, Dictionary<string, string> factors, Func<IPEndPoint, Task<long>> feed,
        CancellationToken cancellationToken)
    {
        var (begin, cpu) = (TimeProvider.System.UnixSeconds(), node.CpuSeconds);
        var sent = await feed(node.EndPoint);
        var seconds = TimeProvider.System.UnixSeconds() - begin;
        await node.SettleAsync(cancellationToken);
        var decisions = node.Decisions(begin, TimeProvider.System.UnixSeconds());
        var values = DecisionFigures.Compute(decisions, seconds, moments: null, _settings.K, _settings.N);
        values[ValueNames.TokensSent] = sent;
        if (sent > 0) values[ValueNames.FusedShare] = decisions.Sum(decision => (double)decision.M) / sent;
        if (node.Received(sent, decisions) is > 0 and var received)
            values[ValueNames.CpuPerMillion] = (node.CpuSeconds - cpu) / received * PerMillion;

        return new RunResult(ExperimentNames.Reference, factors, run.Repeat, run.Seed, values);
    }

    private static Dictionary<string, string> Factors(MeasuredNode node, string source, double rate, double speed) => new()
    {
        [FactorNames.Node] = node.Name,
        [FactorNames.Source] = source,
        [FactorNames.Rate] = rate.ToString(CultureInfo.InvariantCulture),
        [FactorNames.Speed] = speed.ToString(CultureInfo.InvariantCulture),
    };

    private sealed record Run(int Repeat, ulong Seed)
    {
        public MeasuredNode[] InTurn(MeasuredNode one, MeasuredNode other) => Repeat % 2 == 0 ? [one, other] : [other, one];
    }

    private sealed record Sources(
        string Python, TokenTrace Trace, ProducerTokens Tokens, MeasuredNode Published, MeasuredNode ByArrival, MeasuredNode BySequence);
}
