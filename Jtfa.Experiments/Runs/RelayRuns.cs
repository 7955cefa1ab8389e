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

    private readonly List<IAsyncDisposable> _up = [];
    private IReadOnlyList<IPEndPoint> _ports = [];
    private Socket? _end;

    public IReadOnlyList<(string Cell, TimeSpan Estimate)> Cells => [("50hz", settings.Scale.Relay + TimeSpan.FromSeconds(0.5))];

    public async Task<IReadOnlyList<RunResult>> RunAsync(PlannedRun run, CancellationToken cancellationToken)
    {
        if (_up.Count == 0) await StartAsync();
        var to = (IPEndPoint)_end!.LocalEndPoint!;
        var profile = settings.Profiles[ProfileName];
        await using var links = await ImpairedLinks.StartAsync(network.Air, [.. _ports.Select((port, view) => new RelayLink(port, to, profile.Of(view)))], run.Seed);
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
        foreach (var up in _up) await up.DisposeAsync();
        _end?.Dispose();
    }

    // Nobody reads what comes: the kernel throws away what has no room.
    private async Task StartAsync()
    {
        _ports = await ImpairedLinks.ReserveAsync(network.Air, network.Views.Count);
        _end = await network.Fusion.MakeAsync(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(network.Fusion.Address, 0));
            return socket;
        });
        _up.Add(await CameraNodes.StartRandomAsync(network.Views, settings.Program, Path.Combine(settings.Folder, "work", "relay"), Rate, _ports));
    }
}
