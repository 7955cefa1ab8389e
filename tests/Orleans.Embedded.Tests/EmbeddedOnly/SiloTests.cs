#if !ORLEANS
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.TestingHost;

namespace Orleans.Embedded.Tests;

/// <summary>One silo, never two; and how it stops.</summary>
public sealed class SiloTests
{
    private readonly Acts _acts = new();

    [Fact]
    public void A_second_silo_is_refused()
    {
        Assert.Contains("never a cluster", Assert.Throws<NotSupportedException>(() => new InProcessTestClusterBuilder(2)).Message, StringComparison.Ordinal);

        var primary = new IPEndPoint(IPAddress.Loopback, 11111);
        var builder = Host.CreateEmptyApplicationBuilder(new());
        Assert.Throws<NotSupportedException>(() => builder.UseOrleans(silo => silo.UseLocalhostClustering(primarySiloEndpoint: primary)));
    }

    [Fact]
    public async Task Stopping_lets_running_calls_end_and_gives_waiting_ones_back()
    {
        await using var cluster = EngineFixture.Build(_acts);
        await cluster.DeployAsync();
        var actor = cluster.Client.GetGrain<IPlainActor>("key");
        var (started, gate) = (Signal(), Signal());
        var reasons = new List<DeactivationReasonCode>();
        _acts.Set("key", Moment.Deactivating, (actor, _) =>
        {
            reasons.Add(actor.Reason.ReasonCode);
            return Task.CompletedTask;
        });
        var running = actor.PlayAsync(_acts.Add(async (_, _) =>
        {
            started.SetResult();
            await gate.Task;
            return "played";
        }));
        await started.Soon();
        var waiting = actor.PlayAsync(_acts.Add((_, _) => Task.FromResult("")));
        var stopping = cluster.StopAllSilosAsync();
        Assert.False(stopping.IsCompleted);
        gate.SetResult();
        await stopping.Soon();

        Assert.Equal("played", await running.Soon());
        await Assert.ThrowsAsync<OrleansMessageRejectionException>(() => waiting.Soon());
        await Assert.ThrowsAsync<OrleansMessageRejectionException>(() => actor.PlayAsync(_acts.Add((_, _) => Task.FromResult(""))).Soon());
        Assert.Equal([DeactivationReasonCode.ShuttingDown], reasons);
    }

    [Fact]
    public async Task A_grain_that_stops_may_call_those_that_still_run_but_wakes_none()
    {
        await using var cluster = EngineFixture.Build(_acts);
        await cluster.DeployAsync();
        var asleep = cluster.Client.GetGrain<IPlainActor>("asleep");
        var nothing = _acts.Add((_, _) => Task.FromResult(""));
        Exception? refusal = null;
        _acts.Set("key", Moment.Deactivating, async (_, _) => refusal = await Record.ExceptionAsync(() => asleep.PlayAsync(nothing)));
        await cluster.Client.GetGrain<IPlainActor>("key").PlayAsync(nothing).Soon();
        await cluster.StopAllSilosAsync().Soon();

        Assert.IsType<OrleansMessageRejectionException>(refusal);
    }

    [Fact]
    public async Task Stopping_does_not_wait_for_ever()
    {
        await using var cluster = EngineFixture.Build(_acts, silo => silo.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromMilliseconds(200)));
        await cluster.DeployAsync();
        var hurried = Signal();
        var (started, stuck) = (Signal(), new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously));
        _acts.Set("hurried", Moment.Deactivating, async (_, token) =>
        {
            await using var registration = token.Register(hurried.SetResult);
            await hurried.Task;
        });
        await cluster.Client.GetGrain<IPlainActor>("hurried").PlayAsync(_acts.Add((_, _) => Task.FromResult(""))).Soon();
        var call = cluster.Client.GetGrain<IPlainActor>("stuck").PlayAsync(_acts.Add((_, _) =>
        {
            started.SetResult();
            return stuck.Task;
        }));
        await started.Soon();
        await cluster.StopAllSilosAsync().Soon();

        await hurried.Soon();
        Assert.False(call.IsCompleted);
        stuck.SetResult("");
        await call.Soon();
    }

    [Fact]
    public async Task Calls_while_the_silo_stops_are_all_answered_or_given_back()
    {
        await using var cluster = EngineFixture.Build(_acts);
        await cluster.DeployAsync();
        int played = 0, answered = 0, refused = 0;
        var act = _acts.Add(async (_, _) =>
        {
            Interlocked.Increment(ref played);
            await Task.Yield();
            return "";
        });
        var underWay = Signal();
        var callers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; Volatile.Read(ref refused) < 100; i++)
            {
                if (i == 100) underWay.TrySetResult();
                var calls = Enumerable.Range(0, 10).Select(k => cluster.Client.GetGrain<IPlainActor>($"{k}").PlayAsync(act));
                foreach (var call in calls.ToArray())
                {
                    if (await Record.ExceptionAsync(() => call) is { } refusal)
                    {
                        Assert.IsType<OrleansMessageRejectionException>(refusal);
                        Interlocked.Increment(ref refused);
                    }
                    else
                    {
                        Interlocked.Increment(ref answered);
                    }
                }
            }
        })).ToArray();
        await underWay.Soon();
        await cluster.StopAllSilosAsync().Soon();
        await Task.WhenAll(callers).Soon();

        Assert.Equal(played, answered);
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
#endif
