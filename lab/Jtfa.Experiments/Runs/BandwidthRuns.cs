using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Jtfa.Core;
using Jtfa.Experiments.Nodes;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Vectors;
using Jtfa.Experiments.Windows;
using Jtfa.Interfaces;
using Jtfa.Testbed.Hosts;
using Jtfa.Testbed.Links;

namespace Jtfa.Experiments.Runs;

/// <summary>
/// A4: accuracy against bandwidth. In one run each view sends its moments in every way at once, so that accuracies are compared on the same
/// frames over the same links. The silo decides on packets: tokens of each length and encoding, and penultimate vectors and feature maps
/// encoded plain. Chunks carry the same vectors as int8 and fp32; a replay of the trace decides on them by the same rules.
/// </summary>
internal sealed class BandwidthRuns(ExperimentSettings settings, HostNetwork network) : IExperimentSet
{
    private const string ProfileName = "wifi-good";
    private const int N = 4;
    private const int K = 3;
    private const double T = 120;
    private const int ShippedDimension = 16;
    private const double MsPerSecond = 1000;
    private static readonly int[] s_dimensions = [2, 4, 8, ShippedDimension, 32, 64];
    private static readonly TimeSpan s_start = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(2); // 80 cameras begin at once
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(0.3);
    private static readonly TimeSpan s_end = TimeSpan.FromMilliseconds(T + 300);

    private readonly string _folder = Path.Combine(settings.Folder, "work", "a4");
    private IReadOnlyList<IPEndPoint> _ports = [];
    private Socket? _sink;
    private int _rate;
    private FusionNode? _fusion;
    private HostProcesses? _vectors;
    private HostProcesses? _silos;

    public IReadOnlyList<(string Cell, TimeSpan Estimate)> Cells =>
        [.. settings.Scale.Rates.Select(rate => ($"{rate}hz", s_start + s_warmUp + settings.Scale.Bandwidth + s_end))];

    public async Task<IReadOnlyList<RunResult>> RunAsync(PlannedRun run, CancellationToken cancellationToken)
    {
        var rate = int.Parse(run.Cell.AsSpan(0, run.Cell.Length - 2), CultureInfo.InvariantCulture);
        var width = MsPerSecond / rate;
        if (_sink is null) await BindAsync();
        var isNew = await BeAtAsync(rate, Path.Combine(_folder, run.Name), cancellationToken);
        await using var links = await ImpairedLinks.StartAsync(network.Air, [.. Links(_fusion!)], run.Seed);
        await links.AllTalkAsync(_ports.Count, cancellationToken);
        await Task.Delay(isNew ? s_warmUp : s_settle, cancellationToken);
        var measured = await Measurement.TakeAsync(settings.Scale.Bandwidth, rate, N, cancellationToken);
        await Task.Delay(s_end, cancellationToken);
        _vectors!.MustRun();
        _silos!.MustRun();
        await links.StopAsync();

        var trace = settings.PathOf(run, "pcap");
        links.WriteTrace(trace);
        await links.WriteFatesAsync(settings.PathOf(run, "fates.csv"));
        return [.. await ResultsAsync(run, _fusion!, trace, measured, width, cancellationToken)];
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _sink?.Dispose();
    }

    // Stops the programs of another rate and starts those of this one; successive runs of one rate share them.
    private async Task<bool> BeAtAsync(int rate, string folder, CancellationToken cancellationToken)
    {
        if (_silos is not null && rate == _rate) return false;
        await StopAsync();
        var scenes = Tokens()
            .Select(token => new FusionScene(token.Scene, K, T, MsPerSecond / rate) { Head = Path.Combine(token.Model, "head.npz") });
        var cameras = Tokens().Select(token => new ViewCamera(token.Scene, token.Encoding, token.Model, rate));
        _rate = rate;
        _fusion = await FusionNode.StartAsync(network.Fusion, settings.Program, folder, [.. scenes], cancellationToken);
        _vectors = await HostProcesses.StartAsync(network.Views, CameraNodes.NameOf, folder, view =>
            CameraNodes.Command(settings.Program, "vector-camera", settings.Photographs, view, rate, _ports[N + view]));
        _silos = await CameraSilos.StartAsync(
            network.Views, settings.Program, folder, settings.Photographs, [.. cameras], [.. _ports.Take(N)], cancellationToken);
        return true;
    }

    private async Task StopAsync()
    {
        foreach (var node in (IAsyncDisposable?[])[_silos, _vectors, _fusion])
        {
            if (node is not null) await node.DisposeAsync();
        }

        (_silos, _vectors, _fusion) = (null, null, null);
    }

    private IEnumerable<Packet> Tokens()
    {
        foreach (var d in s_dimensions)
        {
            var model = d == ShippedDimension ? settings.Program.Models : ModelOf($"d{d}");
            foreach (var encoding in Enum.GetValues<TokenEncoding>())
                yield return new Packet(SceneOf(d, encoding), "token", d, encoding, model);
        }

        foreach (var what in (string[])["penultimate", "feature-map"])
            yield return new Packet(
                what, what, FusionHead.Load(Path.Combine(ModelOf(what), "head.npz")).Dimension, TokenEncoding.Plain, ModelOf(what));
    }

    private string ModelOf(string name) => Path.Combine(settings.Program.Models, "experiments", name);

    private static string SceneOf(int d, TokenEncoding encoding) => $"d{d}-{encoding.ToString().ToLowerInvariant()}";

    // Nobody reads the vectors: they are taken from the trace.
    private async Task BindAsync()
    {
        _ports = await ImpairedLinks.ReserveAsync(network.Air, 2 * N);
        _sink = await network.Fusion.BindUdpAsync();
    }

    private IEnumerable<RelayLink> Links(FusionNode fusion) =>
        _ports.Select(
            (port, link) => new RelayLink(
                port, link < N ? fusion.Ports[0] : (IPEndPoint)_sink!.LocalEndPoint!, settings.Profiles[ProfileName].ForLink(link % N)));

    private async Task<List<RunResult>> ResultsAsync(
        PlannedRun run, FusionNode fusion, string trace, Measurement measured, double width, CancellationToken cancellationToken)
    {
        var results = new List<RunResult>();
        var arrivals = Arrivals.OfTrace(trace);
        var yardstick = await DecisionsAsync(fusion, SceneOf(ShippedDimension, TokenEncoding.HMix), measured, width, cancellationToken);
        var right = yardstick.ToDictionary(decision => decision.Id, decision => decision.Correct);
        foreach (var token in Tokens())
        {
            var decisions = await DecisionsAsync(fusion, token.Scene, measured, width, cancellationToken);
            var values = measured.Figures(decisions, K, width);
            AddBandwidth(values, arrivals.OfScene(token.Scene), measured);
            AddDifference(values, decisions.Select(decision => (decision.Id, decision.Correct)), right);
            results.Add(Result(run, token.What, token.Dimension, token.Encoding.ToString().ToLowerInvariant(), measured, values));
        }

        var frames = VectorTrace.Read(trace);
        foreach (var what in Enum.GetValues<VectorKind>())
        {
            foreach (var format in Enum.GetValues<VectorFormat>()) results.Add(Vector(run, frames, what, format, measured, width, right));
        }

        return results;
    }

    private static async Task<IReadOnlyList<Decision>> DecisionsAsync(
        FusionNode fusion, string scene, Measurement measured, double width, CancellationToken cancellationToken)
    {
        var decisions = await fusion.DecisionsAsync(scene, measured.From - 1, measured.To + 1, cancellationToken);
        return [.. decisions.Where(decision => measured.Holds(decision.Id, width))];
    }

    private RunResult Vector(
        PlannedRun run, VectorTrace frames, VectorKind what, VectorFormat format, Measurement measured, double width, Dictionary<long,
        bool> right)
    {
        var name = what == VectorKind.Penultimate ? "penultimate" : "feature-map";
        var scene = VectorChunk.NameOf(what, format);
        var arrivals = new Arrivals(frames.Arrivals).OfScene(scene);
        var head = FusionHead.Load(Path.Combine(ModelOf(name), "head.npz"));
        var decisions = WindowReplay.KOfN(arrivals, new ReplayPolicy(K, N, T / MsPerSecond, width / MsPerSecond), head).Decisions;
        var values = measured.Figures(decisions, K, width);
        AddBandwidth(values, arrivals, measured);
        AddDifference(
            values, decisions.Where(decision => measured.Holds(decision.Id, width))
                .Select(decision => (decision.Id, decision.Correct)), right);
        if (frames.Counts.TryGetValue(scene, out var counts) && counts.Begun > 0)
            values[ValueNames.WholeShare] = (double)counts.Whole / counts.Begun;
        return Result(run, name, head.Dimension, format.ToString().ToLowerInvariant(), measured, values);
    }

    // A view sends once a moment; the length is the mean of what came.
    private static void AddBandwidth(Dictionary<string, double> values, Arrivals arrivals, Measurement measured)
    {
        var inside = arrivals.All.Where(arrival => arrival.Timestamp >= measured.From && arrival.Timestamp < measured.To).ToList();
        if (inside.Count == 0) return;
        var perSecond = inside.Select(arrival => arrival.Moment).Distinct().Count() / measured.Seconds;
        var kbit = 8 / 1000.0 * perSecond;
        values[ValueNames.PayloadKbps] = kbit * inside.Average(arrival => arrival.Bytes);
        values[ValueNames.WireKbps] = kbit * inside.Average(
            arrival => arrival.Bytes + (Measurement.WireOverhead * Math.Ceiling((double)arrival.Bytes / VectorChunk.MaxDatagramBytes)));
    }

    private static void AddDifference(
        Dictionary<string, double> values, IEnumerable<(long Id, bool Correct)> decisions, Dictionary<long, bool> right)
    {
        var differences = decisions.Where(decision => right.ContainsKey(decision.Id))
            .Select(decision => (decision.Correct ? 1.0 : 0) - (right[decision.Id] ? 1 : 0)).ToList();
        if (differences.Count > 0) values[ValueNames.AccuracyDifference] = differences.Average();
    }

    private static RunResult Result(
        PlannedRun run, string what, int d, string encoding, Measurement measured, Dictionary<string, double> values) => new(
        ExperimentNames.Bandwidth,
        new Dictionary<string, string>
        {
            [FactorNames.What] = what,
            [FactorNames.Dimension] = d.ToString(CultureInfo.InvariantCulture),
            [FactorNames.Encoding] = encoding,
            [FactorNames.Rate] = measured.Rate.ToString(CultureInfo.InvariantCulture),
        },
        run.Repeat,
        run.Seed,
        values);

    /// <summary>Numbers that are sent as packets of a scene of their own.</summary>
    private sealed record Packet(string Scene, string What, int Dimension, TokenEncoding Encoding, string Model);
}
