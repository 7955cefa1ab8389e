using System.Collections.Frozen;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Silo.Trust;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Ingress;

/// <summary>
/// The scenes of this gateway: each one's routing, which its grain tells at once when it changes; and each one's views, of which its grain
/// is told.
/// </summary>
internal sealed partial class SceneRoutes : IGatewayObserver, IAsyncDisposable
{
    // A scene with tokens is told of its views so often; SceneViews rests on this.
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(500);

    // One without is called so often, for changes of routing that did not come through, and within the scene's lease.
    private const int QuietPeriods = 20;

    // Many scenes are called in turns within a period: all at once would keep tokens waiting.
    private const int ScenesATurn = 50;
    private const int MostTurns = 10;

    private readonly IGrainFactory _grains;
    private readonly TimeProvider _clock;
    private readonly WallClock _wall;
    private readonly ILogger _logger;
    private readonly FrozenDictionary<string, SceneRoute> _routes;
    private readonly FrozenDictionary<int, SceneRoute> _byIndex;
    private readonly CancellationTokenSource _stop = new();
    private readonly string _gateway = $"{Environment.MachineName}/{Guid.NewGuid():N}";
    private readonly IGatewayObserver _self;
    private Task _refreshing = Task.CompletedTask;
    private int _clockEpoch;

    public SceneRoutes(
        IGrainFactory grains, SceneCatalog scenes, ViewKeys keys, IOptions<IngressOptions> options, IngressCounters counters,
        TimeProvider clock, WallClock wall, ILoggerFactory loggers)
    {
        (_grains, _clock, _wall, _logger) = (grains, clock, wall, loggers.CreateLogger<SceneRoutes>());
        _self = grains.CreateObjectReference<IGatewayObserver>(this);
        var limits = options.Value;
        Pending = new Quota(limits.MaxPendingTokens);
        var windows = new Quota(limits.MaxOpenWindows);
        var (lanes, sampler) = (loggers.CreateLogger<LaneFeed>(), new RejectSampler(clock));
        _routes = scenes.Names.ToFrozenDictionary(name => name, RouteTo);
        _byIndex = scenes.All.Where(scene => scene.Index > 0).ToFrozenDictionary(scene => scene.Index, scene => _routes[scene.Name]);
        First = _routes[scenes.Names.First()];
        wall.WasSet += MoveClock;

        SceneRoute RouteTo(string name)
        {
            SceneRoute? route = null;
            var scene = scenes[name];
            var keyer = new DecisionKeyer(limits.MaxAge / 1000, limits.MaxAhead / 1000, open: new Quota(limits.MaxSceneWindows, windows));
            return route = new SceneRoute(
                name, scene.Views, new TokenGuard(scene.Authentication, keys, name), scene.Head.MaxNorm, scene.Model, keyer,
                new Quota(limits.MaxScenePendingTokens, Pending),
                lane => FeedOf($"{name}/{lane}"));

            LaneFeed FeedOf(string key) => new(route!, key, grains.GetGrain<IFusionWindowGrain>(key), counters, sampler, clock, lanes);
        }
    }

    /// <summary>The first scene: that of sockets that name none.</summary>
    public SceneRoute First { get; }

    /// <summary>Tokens of all scenes on their way to lanes.</summary>
    public Quota Pending { get; }

    /// <summary>
    /// The clock epoch that tokens are sent on in: the latest that any scene knows, and one more each time this clock is set back. All
    /// scenes are told of it, so that the log can order several scenes' decisions by it.
    /// </summary>
    public int ClockEpoch => Volatile.Read(ref _clockEpoch);

    /// <summary>How long the longest-lived window that is open now may take to fire.</summary>
    public TimeSpan LongestTimeout => _routes.Values.Max(route => route.LongestTimeout);

    /// <summary>Windows open in all scenes.</summary>
    public int OpenWindows => _routes.Values.Sum(route => route.OpenWindows);

    /// <summary>Windows open, by scene.</summary>
    public IEnumerable<KeyValuePair<string, int>> OpenWindowsByScene =>
        _routes.Values.Select(route => KeyValuePair.Create(route.Name, route.OpenWindows));

    /// <summary>A scene by its name.</summary>
    public SceneRoute? Find(string name) => _routes.GetValueOrDefault(name);

    /// <summary>A scene by its name in UTF-8, without making a string of it.</summary>
    public SceneRoute? Find(ReadOnlySpan<byte> name)
    {
        Span<char> characters = stackalloc char[TokenPacket.MaxSceneBytes];
        if (!Encoding.UTF8.TryGetChars(name, characters, out var length)) return null;
        return _routes.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(characters[..length], out var route) ? route : null;
    }

    /// <summary>A scene by the number that it is configured with.</summary>
    public SceneRoute? Find(int index) => _byIndex.GetValueOrDefault(index);

    /// <inheritdoc />
    public Task RouteAsync(string scene, SceneRouting routing)
    {
        if (Find(scene) is { } route) Set(route, routing);
        return Task.CompletedTask;
    }

    /// <summary>Calls every scene until each has answered once, then goes on calling.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var route in _routes.Values) // there from the start
        {
            IngressCounters.AddTokens(route.Tag, 0);
            IngressCounters.AddCopies(route.Tag, 0);
            IngressCounters.AddSaved(route.Tag, 0);
            IngressCounters.AddHeld(route.Tag, 0);
        }

        await Task.WhenAll(_routes.Values.Select(route => CallFirstAsync(route, cancellationToken)));
        _refreshing = RefreshAsync(_stop.Token);
    }

    /// <summary>Calls no more.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _refreshing;
    }

    public async ValueTask DisposeAsync()
    {
        _wall.WasSet -= MoveClock;
        await StopAsync();
        _stop.Dispose();
    }

    private async Task CallAsync(SceneRoute route, ViewTraffic[] traffic, CancellationToken cancellationToken) =>
        Set(
            route,
            await _grains.GetGrain<ISceneGrain>(route.Name).ReportTrafficAsync(_gateway, _self, traffic).WaitAsync(cancellationToken));

    private void Set(SceneRoute route, SceneRouting routing)
    {
        route.Set(routing);
        var known = ClockEpoch;
        while (routing.ClockEpoch > known)
        {
            var before = known;
            known = Interlocked.CompareExchange(ref _clockEpoch, routing.ClockEpoch, before);
            if (known == before) return;
        }
    }

    // On the thread that notices the step, before it looks at the tokens that came after it.
    private void MoveClock(double at, double by)
    {
        if (by < 0) Interlocked.Increment(ref _clockEpoch);
        foreach (var route in _routes.Values) route.MoveClock(by);
        _ = TellClockAsync(new ClockStep(at, by), _stop.Token);
    }

    private async Task TellClockAsync(ClockStep step, CancellationToken cancellationToken)
    {
        foreach (var some in _routes.Values.Chunk(ScenesATurn))
            await Task.WhenAll(some.Select(route => TellClockAsync(route, step, cancellationToken)));
    }

    [SuppressMessage(
        "Design", "CA1031", Justification = "A scene that cannot answer now is told of the epoch again, when it is called next.")]
    private async Task TellClockAsync(SceneRoute route, ClockStep? step, CancellationToken cancellationToken)
    {
        try
        {
            Set(
                route,
                await _grains.GetGrain<ISceneGrain>(route.Name).TakeClockAsync(ClockEpoch, step).WaitAsync(cancellationToken));
        }
        catch (Exception exception)
        {
            if (!cancellationToken.IsCancellationRequested) LogUntold(exception, route.Name);
        }
    }

    // A database that is away ends the start, which then waits for it.
    private static bool IsOfDatabase(Exception exception) =>
        exception is DbException || (exception.InnerException is { } cause && IsOfDatabase(cause));

    // Its silo may have died a moment ago, and the cluster not know yet.
    private async Task CallFirstAsync(SceneRoute route, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await CallAsync(route, [], cancellationToken);
                return;
            }
            catch (Exception exception) when (GrainCalls.IsAway(exception) && !IsOfDatabase(exception))
            {
                LogRefreshFailed(exception, route.Name);
                await Task.Delay(s_period, _clock, cancellationToken);
            }
        }
    }

    // Quiet scenes take turns of a period each, so that a thousand of them cost a few calls a period.
    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var turns = Math.Clamp(_routes.Count / ScenesATurn, 1, MostTurns);
        using var timer = new PeriodicTimer(s_period / turns, _clock);
        try
        {
            for (var turn = 0L; await timer.WaitForNextTickAsync(cancellationToken); turn++)
            {
                var quietTurn = turn / turns % QuietPeriods;
                for (var index = (int)(turn % turns); index < _routes.Count; index += turns)
                {
                    var route = _routes.Values[index];
                    var traffic = route.TakeTraffic(_clock.UnixSeconds());
                    if (traffic.Length > 0 || index / turns % QuietPeriods == quietTurn)
                        _ = RefreshAsync(route, traffic, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It calls no more.
        }
    }

    // Each scene by itself: one that does not answer must not keep the others' changes of policy back.
    [SuppressMessage("Design", "CA1031", Justification = "A scene that cannot answer now keeps the routing it had, and is called again.")]
    private async Task RefreshAsync(SceneRoute route, ViewTraffic[] traffic, CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync(route, traffic, cancellationToken);
            if (route.ClockEpoch < ClockEpoch) await TellClockAsync(route, null, cancellationToken);
        }
        catch (Exception exception)
        {
            if (!cancellationToken.IsCancellationRequested) LogRefreshFailed(exception, route.Name);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scene {Scene} was not told that the clock was set; it is called again")]
    private partial void LogUntold(Exception exception, string scene);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scene {Scene} did not tell its routing; the one known stays")]
    private partial void LogRefreshFailed(Exception exception, string scene);
}
