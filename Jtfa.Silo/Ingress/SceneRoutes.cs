using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Ingress;

/// <summary>The scenes of this gateway: each one's routing, asked of its grain again and again, so that a change of policy arrives; and each one's views, of which its grain is told.</summary>
internal sealed partial class SceneRoutes : IAsyncDisposable
{
    // SceneGrain.Notice rests on this.
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(250);

    private readonly IGrainFactory _grains;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly FrozenDictionary<string, SceneRoute> _routes;
    private readonly CancellationTokenSource _stop = new();
    private readonly string _gateway = $"{Environment.MachineName}/{Guid.NewGuid():N}";
    private Task _refreshing = Task.CompletedTask;

    public SceneRoutes(IGrainFactory grains, SceneCatalog scenes, IOptions<IngressOptions> options, TimeProvider clock, ILogger<SceneRoutes> logger)
    {
        (_grains, _clock, _logger) = (grains, clock, logger);
        var limits = options.Value;
        _routes = scenes.Names.ToFrozenDictionary(name => name, name => new SceneRoute(
            name, new DecisionKeyer(limits.MaxAge / 1000, limits.MaxAhead / 1000, maxOpen: limits.MaxOpenWindows)));
        First = _routes[scenes.Names.First()];
    }

    /// <summary>The first scene: that of sockets that name none.</summary>
    public SceneRoute First { get; }

    /// <summary>How long the longest-lived window that is open now may take to fire.</summary>
    public TimeSpan LongestTimeout => _routes.Values.Max(route => route.LongestTimeout);

    /// <summary>Windows open in all scenes.</summary>
    public int OpenWindows => _routes.Values.Sum(route => route.OpenWindows);

    /// <summary>Windows open, by scene.</summary>
    public IEnumerable<KeyValuePair<string, int>> OpenWindowsByScene => _routes.Values.Select(route => KeyValuePair.Create(route.Name, route.OpenWindows));

    /// <summary>A scene by its name.</summary>
    public SceneRoute? Find(string name) => _routes.GetValueOrDefault(name);

    /// <summary>A scene by its name in UTF-8, without making a string of it.</summary>
    public SceneRoute? Find(ReadOnlySpan<byte> name)
    {
        Span<char> characters = stackalloc char[TokenPacket.MaxSceneBytes];
        if (!Encoding.UTF8.TryGetChars(name, characters, out var length)) return null;
        return _routes.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(characters[..length], out var route) ? route : null;
    }

    /// <summary>Asks every scene until each has answered once, then goes on asking.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var route in _routes.Values) IngressCounters.AddTokens(route.Tag, 0); // there from the start
        await Task.WhenAll(_routes.Values.Select(route => AskFirstAsync(route, cancellationToken)));
        _refreshing = Task.WhenAll(_routes.Values.Select(route => RefreshAsync(route, _stop.Token)));
    }

    /// <summary>Asks no more.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _refreshing;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private Task<SceneRouting> RoutingOf(SceneRoute route, CancellationToken cancellationToken) =>
        _grains.GetGrain<ISceneGrain>(route.Name).GetRoutingAsync(cancellationToken);

    // Its silo may have died a moment ago, and the cluster not know yet.
    private async Task AskFirstAsync(SceneRoute route, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                route.Set(await RoutingOf(route, cancellationToken));
                return;
            }
            catch (Exception exception) when (exception is OrleansMessageRejectionException or TimeoutException)
            {
                LogRefreshFailed(exception, route.Name);
                await Task.Delay(s_period, _clock, cancellationToken);
            }
        }
    }

    // Each scene by itself: one that does not answer must not keep the others' changes of policy back.
    [SuppressMessage("Design", "CA1031", Justification = "A scene that cannot answer now keeps the routing it had, and is asked again.")]
    private async Task RefreshAsync(SceneRoute route, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(s_period, _clock);
        try
        {
            do
            {
                try
                {
                    route.Set(await RoutingOf(route, cancellationToken));
                    if (route.TakeTraffic() is { Length: > 0 } traffic) await _grains.GetGrain<ISceneGrain>(route.Name).ReportTrafficAsync(_gateway, traffic);
                }
                catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
                {
                    LogRefreshFailed(exception, route.Name);
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // It is asked no more.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scene {Scene} did not tell its routing; the one known stays")]
    private partial void LogRefreshFailed(Exception exception, string scene);
}
