using System.Collections.Concurrent;
using Jtfa.Grains;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>Stands for a scene as a gateway knows it: its routing, and the gateways that have called.</summary>
internal sealed class RecordedScene(SceneOptions scene) : ISceneGrain
{
    private volatile IGatewayObserver? _gateway;
    private volatile SceneRouting _routing = new(AxisHead.Dimension, scene.ToPolicy(), 0, scene.ToPolicy(), 0);
    private int _calls;

    /// <summary>The routing that it answers with.</summary>
    public SceneRouting Routing
    {
        get => _routing;
        set => _routing = value;
    }

    /// <summary>How often gateways have called.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>How it was told that a gateway's clock was set.</summary>
    public ConcurrentBag<ClockStep> Steps { get; } = [];

    /// <summary>The gateway that called last.</summary>
    public IGatewayObserver? Gateway => _gateway;

    /// <summary>Tells the gateway that called last a routing, and answers with it from now on.</summary>
    public Task TellAsync(SceneRouting routing)
    {
        Routing = routing;
        return _gateway!.RouteAsync(scene.Name, routing);
    }

    public Task<SceneRouting> ReportTrafficAsync(string gateway, IGatewayObserver? changes, ViewTraffic[] views)
    {
        Interlocked.Increment(ref _calls);
        _gateway = changes;
        return Task.FromResult(_routing);
    }

    public Task<SceneRouting> TakeClockAsync(int epoch, ClockStep? step)
    {
        if (step is not null) Steps.Add(step);
        _routing = _routing.InEpoch(Math.Max(epoch, _routing.ClockEpoch));
        return Task.FromResult(_routing);
    }

    public Task<SceneRouting> GetRoutingAsync(CancellationToken cancellationToken) => Task.FromResult(_routing);

    public Task<SceneRouting> SetPolicyAsync(ScenePolicy policy, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<long[]> ReportAsync(LaneReport report) => throw new NotSupportedException();

    public Task<PublishedMark> FollowAsync(IDecisionFollower follower) => throw new NotSupportedException();

    public Task UnfollowAsync(IDecisionFollower follower) => throw new NotSupportedException();

    public Task<SceneStatistics> GetStatisticsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Decision[]> GetRecentAsync(int count, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<SceneSnapshot> GetSnapshotAsync(SnapshotSpan span, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task AnnounceAsync(int view, string camera, string? fault, bool switchedOff, bool givesPictures) =>
        throw new NotSupportedException();
}
