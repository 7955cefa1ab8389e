using System.Net;
using System.Net.Sockets;
using Jtfa.Experiments.Nodes;
using Jtfa.Experiments.Results;
using Jtfa.Testbed.Hosts;
using Jtfa.Testbed.Links;

namespace Jtfa.Experiments.Runs;

/// <summary>What the relay itself adds to the delays that it is asked for, at 4 × 50 Hz.</summary>
internal sealed class RelayRuns(ExperimentSettings settings, HostNetwork network) : IExperimentSet
{
    private const double Rate = 50;
    private const string ProfileName = "wifi-busy";

    private HostProcesses? _cameras;
    private IReadOnlyList<IPEndPoint> _ports = [];
    private Socket? _end;

    public IReadOnlyList<(string Cell, TimeSpan Estimate)> Cells => [("50hz", settings.Scale.Relay + TimeSpan.FromSeconds(0.5))];

    public async Task<IReadOnlyList<RunResult>> RunAsync(PlannedRun run, CancellationToken cancellationToken)
    {
        if (_cameras is null) await StartAsync();
        var to = (IPEndPoint)_end!.LocalEndPoint!;
        var profile = settings.Profiles[ProfileName];
        await using var links = await ImpairedLinks.StartAsync(
            network.Air, [.. _ports.Select((port, view) => new RelayLink(port, to, profile.ForLink(view)))], run.Seed);
        await links.AllTalkAsync(_ports.Count, cancellationToken);
        await Task.Delay(settings.Scale.Relay, cancellationToken);
        var relay = await links.StopAsync();
        await links.WriteFatesAsync(settings.PathOf(run, "fates.csv"));
        return [Result(run, ProfileName, LinkSources.Bar, relay.ErrorMs)];
    }

    /// <summary>A run's result from what a relay says of itself.</summary>
    public static RunResult Result(PlannedRun run, string profile, string source, Core.PercentileSketch errorMs) => new(
        ExperimentNames.Relay,
        new Dictionary<string, string> { [FactorNames.Profile] = profile, [FactorNames.Source] = source },
        run.Repeat,
        run.Seed,
        errorMs.Count == 0 ? [] : new Dictionary<string, double>
        {
            [ValueNames.ErrorP50] = errorMs.Quantile(0.5),
            [ValueNames.ErrorP99] = errorMs.Quantile(0.99),
            [ValueNames.ErrorMax] = errorMs.Max,
        });

    public async ValueTask DisposeAsync()
    {
        if (_cameras is not null) await _cameras.DisposeAsync();
        _end?.Dispose();
    }

    // Tokens of random numbers cost nothing to make: this is about the path alone.
    private IReadOnlyList<string> Camera(int view) => settings.Program.With(
        "camera", "--source", "random", "--camera", CameraNodes.Names[view], "--view", $"{view}", "--rate", $"{Rate}", "--to",
        $"{_ports[view]}");

    // Nobody reads what comes: the kernel throws away what has no room.
    private async Task StartAsync()
    {
        _ports = await ImpairedLinks.ReserveAsync(network.Air, network.Views.Count);
        _end = await network.Fusion.BindUdpAsync();
        _cameras = await HostProcesses.StartAsync(
            network.Views, CameraNodes.NameOf, Path.Combine(settings.Folder, "work", "relay"), Camera);
    }
}
