using System.Globalization;
using System.Net;
using Jtfa.Core;
using Jtfa.Experiments.Nodes;
using Jtfa.Experiments.Results;
using Jtfa.Testbed.Hosts;
using Jtfa.Testbed.Links;

namespace Jtfa.Experiments.Runs;

/// <summary>A1: the encodings, all else equal.</summary>
internal sealed class EncodingRuns(ExperimentSettings settings, HostNetwork network) : IExperimentSet
{
    private const double Rate = 20;
    private static readonly FusionScene s_scene = new("a1", K: 3, T: 120, W: 50);
    private static readonly TimeSpan s_start = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(0.3);
    private static readonly TimeSpan s_end = TimeSpan.FromMilliseconds(s_scene.T + 300);

    private readonly string _folder = Path.Combine(settings.Folder, "work", "a1");
    private FusionNode? _fusion;
    private IReadOnlyList<IPEndPoint> _ports = [];

    public IReadOnlyList<(string Cell, TimeSpan Estimate)> Cells =>
        [.. from profile in settings.Scale.EncodingProfiles from encoding in Enum.GetValues<TokenEncoding>(
            ) select ($"{profile}+{encoding}", s_start + settings.Scale.Encodings + s_settle + s_end)];

    public async Task<IReadOnlyList<RunResult>> RunAsync(PlannedRun run, CancellationToken cancellationToken)
    {
        if (_fusion is null) await StartAsync(cancellationToken);
        var profile = settings.Profiles[run.Cell.Split('+')[0]];
        var encoding = Enum.Parse<TokenEncoding>(run.Cell.Split('+')[1]);
        await using var links = await ImpairedLinks.StartAsync(
            network.Air, [.. _ports.Select((port, view) => new RelayLink(port, _fusion!.Ports[0], profile.ForLink(view)))], run.Seed);
        await using var cameras = await CameraNodes.StartAsync(
            network.Views, settings.Program, _folder, settings.Photographs, encoding, Rate, _ports);
        await links.AllTalkAsync(_ports.Count, cancellationToken);
        await Task.Delay(s_settle, cancellationToken);
        var measured = await Measurement.TakeAsync(settings.Scale.Encodings, Rate, _ports.Count, cancellationToken);
        await Task.Delay(s_end, cancellationToken);
        cameras.MustRun();
        await links.StopAsync();
        await links.WriteFatesAsync(settings.PathOf(run, "fates.csv"));

        var decisions = await _fusion!.DecisionsAsync(s_scene.Name, measured.From, measured.To + (s_scene.T / 1000) + 1, cancellationToken);
        var values = measured.Figures(decisions, s_scene.K, s_scene.W);
        var (datagrams, bytes) = links.SentInto(measured.From, measured.To);
        measured.AddBandwidth(values, datagrams, bytes);
        return [new RunResult(ExperimentNames.Encodings, Factors(profile.Name, encoding), run.Repeat, run.Seed, values)];
    }

    public async ValueTask DisposeAsync()
    {
        if (_fusion is not null) await _fusion.DisposeAsync();
    }

    private static Dictionary<string, string> Factors(string profile, TokenEncoding encoding) => new()
    {
        [FactorNames.Profile] = profile,
        [FactorNames.Encoding] = encoding.ToString().ToLowerInvariant(),
        [FactorNames.Rate] = Rate.ToString(CultureInfo.InvariantCulture),
    };

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        _ports = await ImpairedLinks.ReserveAsync(network.Air, network.Views.Count);
        _fusion = await FusionNode.StartAsync(network.Fusion, settings.Program, _folder, [s_scene], cancellationToken);
    }
}
