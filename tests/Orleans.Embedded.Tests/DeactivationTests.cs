namespace Orleans.Embedded.Tests;

/// <summary>How an activation ends, and what becomes of the calls that meet its end.</summary>
public sealed class DeactivationTests(EngineFixture engine) : EngineTests(engine)
{
    [Fact]
    public async Task The_call_that_asks_for_deactivation_completes_and_the_next_gets_a_new_activation()
    {
        var key = NewKey();
        var events = new List<string>();
        Engine.Acts.Set(key, Moment.Activating, (_, _) => Note(events, "activated"));
        Engine.Acts.Set(key, Moment.Deactivating, (actor, _) => Note(events, $"{actor.Reason.ReasonCode}"));
        Engine.Acts.Set(key, Moment.Disposing, (_, _) => Note(events, "disposed"));
        var actor = NewActor(key);
        var first = await actor.PlayAsync(Asks(async actor =>
        {
            actor.DeactivateOnIdle();
            await Task.Yield();
            await Note(events, "played");
            return actor.Activation.ToString();
        })).Soon();
        var second = await actor.PlayAsync(WhichActivation()).Soon();

        Assert.NotEqual(first, second);
        Assert.Equal(["activated", "played", "ApplicationRequested", "disposed", "activated"], events);
    }

    [Fact]
    public async Task Calls_that_wait_are_answered_by_the_next_activation()
    {
        var actor = await AwakeActorAsync();
        var (deactivating, gate) = (Signal(), Signal());
        var last = actor.PlayAsync(Asks(async actor =>
        {
            actor.DeactivateOnIdle();
            deactivating.SetResult();
            await gate.Task;
            return actor.Activation.ToString();
        }));
        await deactivating.Soon();
        var which = WhichActivation();
        var waiting = Enumerable.Range(0, 50).Select(i => i % 2 == 0 ? actor.PlayAsync(which) : actor.InterleaveAsync(which)).ToArray();
        gate.SetResult();

        var answers = await Task.WhenAll(waiting).Soon();
        Assert.Single(answers.Distinct());
        Assert.NotEqual(await last, answers[0]);
    }

    [Fact]
    public async Task No_request_runs_beside_or_after_OnDeactivateAsync()
    {
        var key = NewKey();
        var (deactivating, gate) = (Signal(), Signal());
        var events = new List<string>();
        var first = true;
        Engine.Acts.Set(key, Moment.Deactivating, async (_, _) =>
        {
            if (!first) return;
            first = false;
            deactivating.SetResult();
            await gate.Task;
            await Note(events, "deactivated");
        });
        var actor = NewActor(key);
        var before = await actor.PlayAsync(AsksToGo()).Soon();
        await deactivating.Soon();
        var act = Asks(async actor =>
        {
            await Note(events, "played");
            return actor.Activation.ToString();
        });
        var waiting = Task.WhenAll(actor.PlayAsync(act), actor.InterleaveAsync(act), actor.ReadAsync(act));
        gate.SetResult();

        Assert.DoesNotContain(before, await waiting.Soon());
        Assert.Equal(["deactivated", "played", "played", "played"], events);
    }

    [Fact]
    public async Task A_failing_OnDeactivateAsync_does_not_keep_the_activation()
    {
        var key = NewKey();
        Engine.Acts.Set(key, Moment.Deactivating, (_, _) => throw new InvalidOperationException("no"));
        var actor = NewActor(key);
        var first = await actor.PlayAsync(AsksToGo()).Soon();

        Assert.NotEqual(first, await actor.PlayAsync(WhichActivation()).Soon());
    }

    [Fact]
    public async Task A_failing_Dispose_does_not_keep_the_activation()
    {
        var key = NewKey();
        Engine.Acts.Set(key, Moment.Disposing, (_, _) => throw new InvalidOperationException("no"));
        var actor = NewActor(key);
        var first = await actor.PlayAsync(AsksToGo()).Soon();

        Assert.NotEqual(first, await actor.PlayAsync(WhichActivation()).Soon());
    }

    [Fact]
    public async Task A_grain_calls_others_while_it_deactivates()
    {
        var (key, other) = (NewKey(), NewActor());
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var act = Asks(_ => "other");
        Engine.Acts.Set(key, Moment.Deactivating, async (_, _) => heard.TrySetResult(await other.PlayAsync(act)));
        await NewActor(key).PlayAsync(AsksToGo()).Soon();

        Assert.Equal("other", await heard.Task.Soon());
    }

    [Fact]
    public async Task OnDeactivateAsync_runs_once_when_it_is_asked_for_twice()
    {
        var key = NewKey();
        int deactivated = 0, disposed = 0;
        Engine.Acts.Set(key, Moment.Deactivating, (_, _) => Task.FromResult(deactivated++));
        Engine.Acts.Set(key, Moment.Disposing, (_, _) => Task.FromResult(disposed++));
        var actor = NewActor(key);
        await actor.PlayAsync(Act(actor =>
        {
            actor.DeactivateOnIdle();
            actor.DeactivateOnIdle();
        })).Soon();
        await actor.PlayAsync(WhichActivation()).Soon();

        Assert.Equal(1, deactivated);
        Assert.Equal(1, disposed);
    }

    [Fact]
    public async Task All_interleaving_requests_end_before_OnDeactivateAsync()
    {
        var key = NewKey();
        var events = new List<string>();
        var (started, gate) = (Signal(), Signal());
        Engine.Acts.Set(key, Moment.Deactivating, (_, _) => Note(events, "deactivated"));
        var actor = NewReentrantActor(key);
        var slow = actor.PlayAsync(Act(async _ =>
        {
            started.SetResult();
            await gate.Task;
            await Note(events, "slow");
        }));
        await started.Soon();
        await actor.PlayAsync(Asks(async actor =>
        {
            actor.DeactivateOnIdle();
            await Note(events, "quick");
            return "";
        })).Soon();
        var next = actor.PlayAsync(WhichActivation());
        gate.SetResult();
        await Task.WhenAll(slow, next).Soon();

        Assert.Equal(["quick", "slow", "deactivated"], events);
    }

    private static Task Note(List<string> events, string what)
    {
        events.Add(what);
        return Task.CompletedTask;
    }

    private string AsksToGo() => Asks(actor =>
    {
        actor.DeactivateOnIdle();
        return actor.Activation.ToString();
    });
}
