namespace Jtfa.Grains.Tests.Orleans;

/// <summary>How activations begin and end, and what becomes of the calls that meet their end.</summary>
public sealed class ActivationTests(OrleansSilo silo) : OrleansTests(silo)
{
    [Fact(Timeout = TestTimeout)]
    public async Task No_request_runs_before_OnActivateAsync_has_ended_and_where_it_fails_the_next_call_tries_again()
    {
        var key = NewKey();
        var (activating, gate) = (Signal(), Signal());
        var events = new List<string>();
        Silo.Acts.WhenActivating(key, async _ =>
        {
            activating.TrySetResult();
            await gate.Task;
            events.Add("activated");
            if (events.Count == 1) throw new IOException("The log is away.");
        });
        var request = Act(_ => events.Add("request"));

        var first = NewProbe(key).RunAsync(request);
        await activating.Task;
        gate.SetResult();

        Assert.Equal("The log is away.", (await Assert.ThrowsAsync<IOException>(() => first)).Message);
        await NewProbe(key).RunBesideAsync(request);
        Assert.Equal(["activated", "activated", "request"], events);
    }

    // Orleans promises no order between calls that do not await each other, and our callers rely on none.
    [Fact(Timeout = TestTimeout)]
    public async Task A_caller_that_awaits_each_call_is_served_once_and_in_that_order_whatever_becomes_of_the_activation()
    {
        var probe = NewProbe();
        var served = new List<int>();
        var activations = new HashSet<string>();
        for (var call = 0; call < 100; call++)
        {
            var number = call;
            activations.Add(await probe.RunAsync(Act(probe =>
            {
                served.Add(number);
                if (number % 10 == 0) probe.DeactivateOnIdle();
                return Task.FromResult(probe.Activation);
            })));
        }

        Assert.Equal(Enumerable.Range(0, 100), served);
        Assert.Equal(11, activations.Count);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Calls_that_meet_an_activations_end_are_answered_by_the_next_once_OnDeactivateAsync_has_ended()
    {
        var key = NewKey();
        var (deactivating, gate) = (Signal(), Signal());
        var events = new List<string>();
        Silo.Acts.WhenDeactivating(key, async probe =>
        {
            deactivating.TrySetResult();
            await gate.Task;
            events.Add("deactivated");
        });
        var probe = NewProbe(key);
        var before = await probe.RunAsync(Act(probe =>
        {
            probe.DeactivateOnIdle();
            return Task.FromResult(probe.Activation);
        }));
        await deactivating.Task;
        var request = Act(probe =>
        {
            events.Add("request");
            return Task.FromResult(probe.Activation);
        });
        var waiting = Task.WhenAll(probe.RunAsync(request), probe.RunBesideAsync(request));
        gate.SetResult();

        Assert.DoesNotContain(before, await waiting);
        Assert.Equal(["deactivated", "request", "request"], events);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task An_idle_activation_is_collected_and_one_that_works_or_is_always_active_is_not()
    {
        var (started, gate) = (Signal(), Signal());
        var working = NewProbe();
        var running = working.RunAsync(Act(async probe =>
        {
            started.SetResult();
            await gate.Task;
            return probe.Activation;
        }));
        await started.Task;
        var constant = Silo.Client.GetGrain<IConstantProbeGrain>(NewKey());
        var before = await constant.RunAsync(Which);
        var key = NewKey();
        var collected = Signal();
        Silo.Acts.WhenDeactivating(key, probe => Task.FromResult(collected.TrySetResult()));
        var idle = NewProbe(key);
        var first = await idle.RunAsync(Which);

        var collector = Silo.Client.GetGrain<IManagementGrain>(0);
        while (!collected.Task.IsCompleted) await collector.ForceActivationCollection(TimeSpan.FromMilliseconds(1));

        Assert.NotEqual(first, await idle.RunAsync(Which));
        Assert.Equal(before, await constant.RunAsync(Which));
        gate.SetResult();
        Assert.Equal(await running, await working.RunAsync(Which));
    }
}
