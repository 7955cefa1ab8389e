using Microsoft.Extensions.DependencyInjection;

namespace Orleans.Embedded.Tests;

/// <summary>How a grain comes to life.</summary>
public sealed class ActivationTests(EngineFixture engine) : EngineTests(engine)
{
    [Fact]
    public async Task The_first_call_activates_once_however_many_call_at_once()
    {
        var key = NewKey();
        int constructed = 0, activated = 0;
        Engine.Acts.Set(key, Moment.Constructing, (_, _) => Task.FromResult(Interlocked.Increment(ref constructed)));
        Engine.Acts.Set(key, Moment.Activating, (_, _) => Task.FromResult(Interlocked.Increment(ref activated)));
        var actor = NewActor(key);
        Assert.Equal(0, constructed);

        var which = WhichActivation();
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => actor.PlayAsync(which)))).Soon();

        Assert.Single(answers.Distinct());
        Assert.Equal(1, constructed);
        Assert.Equal(1, activated);
    }

    [Fact]
    public async Task No_request_runs_before_OnActivateAsync_has_ended()
    {
        var key = NewKey();
        var (activating, gate) = (Signal(), Signal());
        var events = new List<string>();
        Engine.Acts.Set(key, Moment.Activating, async (_, _) =>
        {
            activating.SetResult();
            await gate.Task;
            events.Add("activated");
        });
        var actor = NewActor(key);
        var request = actor.PlayAsync(Act(_ => events.Add("request")));
        await activating.Soon();
        var interleaving = actor.InterleaveAsync(Act(_ => events.Add("request")));
        gate.SetResult();
        await Task.WhenAll(request, interleaving).Soon();

        Assert.Equal(["activated", "request", "request"], events);
    }

    [Fact]
    public async Task Activation_runs_on_the_grains_scheduler()
    {
        var key = NewKey();
        TaskScheduler? activating = null, activated = null;
        Engine.Acts.Set(key, Moment.Activating, async (_, _) =>
        {
            await Task.Yield();
            activating = TaskScheduler.Current;
        });
        await NewActor(key).PlayAsync(Act(_ => activated = TaskScheduler.Current)).Soon();

        Assert.NotNull(activating);
        Assert.Same(activated, activating);
    }

    [Fact]
    public async Task A_failing_OnActivateAsync_fails_the_calls_that_wait_and_the_next_call_tries_again()
    {
        var key = NewKey();
        var (activating, gate) = (Signal(), Signal());
        var tries = 0;
        Engine.Acts.Set(key, Moment.Activating, async (_, _) =>
        {
            if (++tries > 1) return;
            activating.SetResult();
            await gate.Task;
            throw new InvalidOperationException("not today");
        });
        var actor = NewActor(key);
        var act = Asks(_ => "played");
        var first = actor.PlayAsync(act);
        await activating.Soon();
        var others = Task.WhenAll(actor.PlayAsync(act), actor.InterleaveAsync(act));
        gate.SetResult();

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => first.Soon());
        Assert.Equal("not today", exception.Message);

        // Whether these were sent early enough to share the failure is up to the engine; they are answered in any case.
        if (await Record.ExceptionAsync(() => others.Soon()) is { } shared) Assert.Equal("not today", Assert.IsType<InvalidOperationException>(shared).Message);
        Assert.Equal("played", await actor.PlayAsync(act).Soon());
        Assert.Equal(2, tries);
    }

    [Fact]
    public async Task A_failed_activation_is_disposed_but_not_deactivated()
    {
        var key = NewKey();
        var disposed = Signal();
        var deactivated = false;
        Engine.Acts.Set(key, Moment.Activating, (_, _) => throw new InvalidOperationException("not today"));
        Engine.Acts.Set(key, Moment.Deactivating, (_, _) => Task.FromResult(deactivated = true));
        Engine.Acts.Set(key, Moment.Disposing, (_, _) =>
        {
            disposed.SetResult();
            return Task.CompletedTask;
        });

        await Assert.ThrowsAsync<InvalidOperationException>(() => NewActor(key).PlayAsync(WhichActivation()).Soon());
        await disposed.Soon();
        Assert.False(deactivated);
    }

    [Fact]
    public async Task A_failing_constructor_fails_the_call_and_the_next_call_tries_again()
    {
        var key = NewKey();
        var tries = 0;
        Engine.Acts.Set(key, Moment.Constructing, (_, _) => ++tries == 1 ? throw new InvalidOperationException("not today") : Task.CompletedTask);
        var actor = NewActor(key);
        var exception = await Assert.ThrowsAnyAsync<Exception>(() => actor.PlayAsync(WhichActivation()).Soon());

        Assert.Contains("not today", exception.ToString(), StringComparison.Ordinal);
        await actor.PlayAsync(WhichActivation()).Soon();
        Assert.Equal(2, tries);
    }

    [Fact]
    public async Task A_grain_calls_others_while_it_activates()
    {
        var (key, other) = (NewKey(), NewActor());
        var act = Asks(_ => "other");
        var heard = "";
        Engine.Acts.Set(key, Moment.Activating, async (_, _) => heard = await other.PlayAsync(act));
        await NewActor(key).PlayAsync(WhichActivation()).Soon();

        Assert.Equal("other", heard);
    }

    [Fact]
    public async Task A_grain_that_asks_to_go_each_time_it_activates_fails_its_callers()
    {
        var key = NewKey();
        var tries = 0;
        Engine.Acts.Set(key, Moment.Activating, (actor, _) =>
        {
            tries++;
            actor.DeactivateOnIdle();
            return Task.CompletedTask;
        });

        await Assert.ThrowsAnyAsync<OrleansMessageRejectionException>(() => NewActor(key).PlayAsync(WhichActivation()).Soon());
        Assert.Equal(3, tries);
    }

    [Fact]
    public async Task Each_activation_has_services_of_its_own_scope()
    {
        IServiceProvider? ofFirst = null, ofContext = null, ofSecond = null;
        await NewActor().PlayAsync(Act(actor => (ofFirst, ofContext) = (actor.Services, actor.Context.ActivationServices))).Soon();
        await NewActor().PlayAsync(Act(actor => ofSecond = actor.Services)).Soon();

        Assert.Same(ofFirst, ofContext);
        Assert.NotSame(ofFirst, ofSecond);
        Assert.Same(Engine.Acts, ofFirst!.GetRequiredService<Acts>());
    }
}
