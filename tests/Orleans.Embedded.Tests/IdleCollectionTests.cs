using Orleans.Configuration;
using Orleans.TestingHost;

namespace Orleans.Embedded.Tests;

/// <summary>Tests that measure what they allow for; none runs beside them.</summary>
[CollectionDefinition(nameof(Unhurried), DisableParallelization = true)]
public sealed class Unhurried;

/// <summary>What becomes of activations that nobody calls.</summary>
[Collection(nameof(Unhurried))]
public sealed class IdleCollectionTests : IAsyncLifetime
{
    private static readonly TimeSpan s_age = TimeSpan.FromMilliseconds(1200);

    private readonly Acts _acts = new();
    private readonly InProcessTestCluster _cluster;
    private readonly string _which;

    public IdleCollectionTests()
    {
        _cluster = EngineFixture.Build(_acts, silo => silo.Configure<GrainCollectionOptions>(options =>
        {
            options.CollectionQuantum = TimeSpan.FromMilliseconds(200);
            options.CollectionAge = s_age;
        }));
        _which = _acts.Add((actor, _) => Task.FromResult($"{actor.Activation}"));
    }

    public async ValueTask InitializeAsync() => await _cluster.DeployAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task An_idle_activation_is_collected_and_a_call_makes_another()
    {
        var (actor, collected) = NewActor();
        var first = await actor.PlayAsync(_which).Soon();

        Assert.Equal(DeactivationReasonCode.ActivationIdle, await collected.Soon());
        Assert.NotEqual(first, await actor.PlayAsync(_which).Soon());
    }

    [Fact]
    public async Task A_call_that_runs_keeps_its_activation()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (actor, _) = NewActor();
        var running = actor.PlayAsync(_acts.Add(async (actor, _) =>
        {
            await gate.Task;
            return $"{actor.Activation}";
        }));
        await OthersAreCollectedAsync();
        gate.SetResult();

        Assert.Equal(await running.Soon(), await actor.PlayAsync(_which).Soon());
    }

    [Fact]
    public async Task An_activation_can_delay_its_collection_and_take_that_back()
    {
        var (actor, collected) = NewActor();
        var (forever, _) = NewActor();
        var first = await actor.PlayAsync(Delays(TimeSpan.FromMinutes(1))).Soon();
        var second = await forever.PlayAsync(Delays(Timeout.InfiniteTimeSpan)).Soon();
        await OthersAreCollectedAsync();

        Assert.Equal(second, await forever.PlayAsync(_which).Soon());
        Assert.Equal(first, await actor.PlayAsync(Delays(TimeSpan.Zero)).Soon());
        await collected.Soon();
    }

    [Fact]
    public async Task Ticks_keep_an_activation_only_where_the_timer_says_so()
    {
        var (kept, _) = NewActor();
        var (other, collected) = NewActor();
        var first = await kept.PlayAsync(Ticks(keepAlive: true)).Soon();
        await other.PlayAsync(Ticks(keepAlive: false)).Soon();
        await collected.Soon();
        await OthersAreCollectedAsync();

        Assert.Equal(first, await kept.PlayAsync(_which).Soon());
    }

    private string Delays(TimeSpan time) => _acts.Add((actor, _) =>
    {
        actor.Delay(time);
        return Task.FromResult($"{actor.Activation}");
    });

    private string Ticks(bool keepAlive) => _acts.Add((actor, _) =>
    {
        var period = TimeSpan.FromMilliseconds(20);
        actor.RegisterGrainTimer(_ => Task.CompletedTask, new GrainTimerCreationOptions(period, period) { KeepAlive = keepAlive });
        return Task.FromResult($"{actor.Activation}");
    });

    // Takes twice the time that an activation must be idle for.
    private async Task OthersAreCollectedAsync()
    {
        for (var i = 0; i < 2; i++)
        {
            var (other, collected) = NewActor();
            await other.PlayAsync(_which).Soon();
            await collected.Soon();
        }
    }

    private (IActor Actor, Task<DeactivationReasonCode> Collected) NewActor()
    {
        var key = Guid.NewGuid().ToString("N");
        var collected = new TaskCompletionSource<DeactivationReasonCode>(TaskCreationOptions.RunContinuationsAsynchronously);
        _acts.Set(key, Moment.Deactivating, (actor, _) => Task.FromResult(collected.TrySetResult(actor.Reason.ReasonCode)));
        return (_cluster.Client.GetGrain<IPlainActor>(key), collected.Task);
    }
}
