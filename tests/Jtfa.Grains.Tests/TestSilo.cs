using System.Diagnostics;
using System.Threading.Channels;
using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Storage;
using Orleans.TestingHost;

namespace Jtfa.Grains.Tests;

/// <summary>
/// A silo, or a few, with the grains and one scene, a clock that tests move, and a log and cameras that are not there. The clock is the
/// grains' alone: the silo's own work, the pulling agents that deliver streams included, goes by the system's.
/// </summary>
internal sealed class TestSilo : IAsyncDisposable
{
    public const string SceneName = "yard";

    // How long a grain must be idle, by the system's clock, to be collected.
    private static readonly TimeSpan s_age = TimeSpan.FromSeconds(1);

    private readonly InProcessTestCluster _cluster;
    private readonly List<(FollowedDecisions Follower, IDecisionFollower Reference)> _followers = [];

    private TestSilo(SceneOptions scene, MemoryDecisionLog log, KeptStorage? storage, ManualClock clock, SceneOptions[] others, int silos)
    {
        (Log, Clock) = (log, clock);
        var builder = new InProcessTestClusterBuilder((short)silos);
        builder.ConfigureSilo((_, silo) =>
        {
            if (storage is null) silo.AddMemoryGrainStorage(JtfaNames.Storage);
            else silo.Services.AddKeyedSingleton<IGrainStorage>(JtfaNames.Storage, storage);
            silo.AddTestGrains(scene, log, Cameras, clock, isAlone: silos == 1);
            silo.Configure<ScenesOptions>(options => options.Scenes.AddRange(others));
            silo.Configure<GrainCollectionOptions>(options => (options.CollectionAge, options.CollectionQuantum) = (Idle, Idle / 4));
            // The placement of a grain that another calls waits by the clock of the one that calls: it neither tries again nor gives up.
            silo.Configure<SiloMessagingOptions>(
                options => (options.PlacementMaxRetries, options.PlacementTimeout) = (0, TimeSpan.FromDays(1)));
            silo.Services.UseTimeProviderForBackgroundAreas(TimeProvider.System);
            silo.Services.AddSingleton<TimeProvider>(services => new GrainsClock(clock, services));
            silo.Services.AddKeyedSingleton(TimeProviderNames.Grains, (services, _) => services.GetRequiredService<TimeProvider>());
            silo.Services.Configure<StreamPullingAgentOptions>(
                JtfaNames.Streams, options => options.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(10));
        });
        builder.ConfigureClient(client => client.AddMemoryStreams(JtfaNames.Streams));
        builder.Options.ConfigureFileLogging = false;
        _cluster = builder.Build();
    }

    /// <summary>How long a grain must be idle to be collected.</summary>
    public static TimeSpan Idle { get; } = TimeSpan.FromMinutes(2);

    public ManualClock Clock { get; }

    public MemoryDecisionLog Log { get; }

    public CameraPipelinesFake Cameras { get; } = new();

    public ISceneGrain Scene => _cluster.Client.GetGrain<ISceneGrain>(SceneName);

    public IGrainFactory Grains => _cluster.Client;

    /// <summary>The clock, in seconds since 1970.</summary>
    public double Now => Clock.UnixSeconds();

    /// <summary>Starts a silo.</summary>
    /// <param name="scene">Its scene; null takes <see cref="SceneOf"/>.</param>
    /// <param name="log">The log; null takes an empty one.</param>
    /// <param name="storage">The storage; null takes one that lasts as long as the silo.</param>
    /// <param name="clock">The clock, where it goes on from another silo's.</param>
    /// <param name="others">Further scenes.</param>
    public static async Task<TestSilo> StartAsync(
        SceneOptions? scene = null, MemoryDecisionLog? log = null, KeptStorage? storage = null, ManualClock? clock = null,
        params SceneOptions[] others)
    {
        clock ??= new ManualClock();
        var silo = new TestSilo(scene ?? SceneOf(), log ?? new MemoryDecisionLog(), storage, clock, others, silos: 1);
        await silo._cluster.DeployAsync();
        return silo;
    }

    /// <summary>Starts two silos.</summary>
    public static async Task<TestSilo> StartTwoAsync(SceneOptions? scene = null)
    {
        var clock = new ManualClock();
        var silo = new TestSilo(scene ?? SceneOf(), new MemoryDecisionLog(), null, clock, [], silos: 2);
        await silo._cluster.DeployAsync();
        return silo;
    }

    /// <summary>A scene of K views needed and N expected; T = 120 ms, W = 100 ms, linger = 250 ms.</summary>
    public static SceneOptions SceneOf(int k = 3, int n = 4) => new() { Name = SceneName, K = k, N = n };

    /// <summary>The lane that has a decision's window.</summary>
    public IFusionWindowGrain Lane(ScenePolicy policy, long decision) =>
        _cluster.Client.GetGrain<IFusionWindowGrain>($"{SceneName}/{policy.LaneOf(decision)}");

    /// <summary>Adds tokens to a decision's window, as a gateway does.</summary>
    public Task AddAsync(long decision, ScenePolicy policy, params IReadOnlyList<SampleToken> tokens) =>
        Lane(policy, decision).AddAsync(SampleTokens.Batch(decision, policy, tokens));

    public ICameraViewGrain Camera(string name) => _cluster.Client.GetGrain<ICameraViewGrain>($"{SceneName}/{name}");

    public void Advance(double milliseconds) => Clock.Advance(TimeSpan.FromMilliseconds(milliseconds));

    /// <summary>The scene's decisions, as they are published.</summary>
    public async Task<ChannelReader<Decision>> FollowAsync()
    {
        var follower = new FollowedDecisions();
        await FollowAsync(follower);
        return follower.Decisions;
    }

    /// <summary>Has a follower follow the scene.</summary>
    /// <returns>What was published last.</returns>
    public async Task<PublishedMark> FollowAsync(FollowedDecisions follower)
    {
        // A client holds its observers weakly.
        var reference = _followers.Find(known => known.Follower == follower).Reference;
        if (reference is null) _followers.Add((follower, reference = _cluster.Client.CreateObjectReference<IDecisionFollower>(follower)));
        return await Scene.FollowAsync(reference);
    }

    /// <summary>Has a follower follow the scene no more.</summary>
    public Task UnfollowAsync(FollowedDecisions follower) =>
        Scene.UnfollowAsync(_followers.Find(known => known.Follower == follower).Reference);

    /// <summary>Ends the scene's activation, as where its silo stops; the next call brings up another.</summary>
    public Task EndSceneAsync() => _cluster.DeactivateAsync(Scene);

    /// <summary>The silos.</summary>
    public IReadOnlyList<SiloAddress> Silos => [.. _cluster.Silos.Select(silo => silo.SiloAddress)];

    /// <summary>The silo that a grain is on; null where it is not active.</summary>
    public async Task<SiloAddress?> SiloOfAsync(IAddressable grain, CancellationToken cancellationToken) =>
        await Grains.GetGrain<IManagementGrain>(0).GetActivationAddress(grain, cancellationToken);

    /// <summary>Moves a grain to a silo, with what it takes along.</summary>
    public Task MoveAsync(IAddressable grain, SiloAddress to) => _cluster.MigrateAsync(grain, to);

    /// <summary>Moves a grain to the silo that it is not on.</summary>
    public async Task MoveAsync(IAddressable grain, CancellationToken cancellationToken)
    {
        var from = await SiloOfAsync(grain, cancellationToken);
        await MoveAsync(grain, Silos.First(silo => !silo.Equals(from)));
    }

    /// <summary>
    /// Nobody calls until idle grains have been collected. Timers tick every second, each when the tick before has ended.
    /// </summary>
    public async Task StayIdleAsync(CancellationToken cancellationToken)
    {
        var armed = Clock.Armed;
        for (var second = 0; second < 2 * Idle.TotalSeconds; second++) await TickAsync();
        await CollectAsync(Grains, TickAsync);

        async Task TickAsync()
        {
            Advance(1000);

            // A tick's turn has ended when its timer is set again.
            do
            {
                cancellationToken.ThrowIfCancellationRequested();
                await Task.Yield();
            }
            while (Clock.Armed < armed);
        }
    }

    /// <summary>The next append that the log is asked for, with time passing meanwhile.</summary>
    public async Task<Decision> AttemptInTimeAsync(CancellationToken cancellationToken)
    {
        Decision? attempt;
        while (!Log.Attempts.TryRead(out attempt))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Scene.GetStatisticsAsync(cancellationToken);
            Advance(50);
        }

        return attempt;
    }

    /// <summary>Asks the scene until its statistics are as expected; the test's timeout ends a wait in vain.</summary>
    public async Task<SceneStatistics> StatisticsWhenAsync(Predicate<SceneStatistics> expected, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var statistics = await Scene.GetStatisticsAsync(cancellationToken);
            if (expected(statistics)) return statistics;
            await Task.Yield();
        }
    }

    /// <summary>
    /// The same, with time passing meanwhile: for what rests on a timer that is set on a turn which nobody waits for.
    /// </summary>
    public async Task<SceneStatistics> StatisticsInTimeAsync(Predicate<SceneStatistics> expected, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var statistics = await Scene.GetStatisticsAsync(cancellationToken);
            if (expected(statistics)) return statistics;
            foreach (var (_, reference) in _followers) await Scene.FollowAsync(reference); // however long it takes, they are still there
            Advance(50);
        }
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    // Idleness is told by the system's clock, so time passes by both before the collector is asked to look, and while it looks.
    private static async Task CollectAsync(IGrainFactory grains, Func<Task> tick)
    {
        for (var since = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(since) < 2 * s_age;) await tick();
        var collecting = grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(s_age);
        while (!collecting.IsCompleted) await tick();
        await collecting;
    }

    // The clock of grains alone. Orleans' system targets, the pulling agents among them, take their timers from the same provider as
    // grains: theirs run on real time. A grain's timer is made on one of its turns. What tells whose turn it is needs timers itself, so it
    // is asked for late.
    private sealed class GrainsClock(ManualClock clock, IServiceProvider services) : TimeProvider
    {
        private readonly Lazy<IGrainContextAccessor> _contexts = new(services.GetRequiredService<IGrainContextAccessor>);

        public override long TimestampFrequency => clock.TimestampFrequency;

        public override long GetTimestamp() => clock.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var isGrains = _contexts.Value.GrainContext is { } context && !context.GrainId.IsSystemTarget();
            return (isGrains ? clock : System).CreateTimer(callback, state, dueTime, period);
        }
    }
}
