using Microsoft.Extensions.Logging;

namespace Orleans.Embedded.Tests;

/// <summary>What comes back from a call: answers, failures, cancellations, or nothing.</summary>
public sealed class CallTests(EngineFixture engine) : EngineTests(engine)
{
    [Fact]
    public async Task An_exception_reaches_the_caller_with_its_type_and_message()
    {
        var actor = NewActor();
        var late = Act(async _ =>
        {
            await Task.Yield();
            throw new KeyNotFoundException("no key 東京");
        });
        var early = Asks(string (_) => throw new KeyNotFoundException("no key 東京"));

        foreach (var act in new[] { late, early })
        {
            Assert.Equal("no key 東京", (await Assert.ThrowsAsync<KeyNotFoundException>(() => actor.PlayAsync(act).Soon())).Message);
            Assert.Equal("no key 東京", (await Assert.ThrowsAsync<KeyNotFoundException>(() => actor.PlayValueAsync(act).AsTask().Soon())).Message);
        }
    }

    [Fact]
    public async Task An_exception_passes_through_grains_and_the_silos_border()
    {
        var actor = NewActor();
        var fails = Act(_ => throw new StageFrightException("Hamlet", 3));
        var outside = Engine.Outside.GetGrain<IPlainActor>(NewKey());
        var exception = await Assert.ThrowsAsync<StageFrightException>(() => outside.DirectAsync(actor, fails).Soon());

        Assert.Equal(("Hamlet forgot line 3", 3), (exception.Message, exception.Line));
    }

    [Fact]
    public async Task A_failed_call_leaves_the_activation_as_it_is()
    {
        var actor = NewActor();
        var before = await actor.PlayAsync(WhichActivation()).Soon();
        await Assert.ThrowsAsync<InvalidOperationException>(() => actor.PlayAsync(Act(_ => throw new InvalidOperationException("no"))).Soon());

        Assert.Equal(before, await actor.PlayAsync(WhichActivation()).Soon());
    }

    [Fact]
    public async Task A_value_task_answers()
    {
        Assert.Equal("value", await NewActor().PlayValueAsync(Asks(_ => "value")).AsTask().Soon());
    }

    [Fact]
    public async Task Cancelling_a_running_call_frees_the_caller_and_tells_the_grain_on_its_turn()
    {
        var actor = NewActor();
        using var cancellation = new CancellationTokenSource();
        var (started, gate, told) = (Signal(), Signal(), Signal());
        TaskScheduler? own = null, telling = null;
        var call = actor.PlayCancellableAsync(
            Cancellable(async (_, token) =>
            {
                own = TaskScheduler.Current;
                token.Register(() =>
                {
                    telling = TaskScheduler.Current;
                    told.SetResult();
                });
                started.SetResult();
                await gate.Task;
            }),
            cancellation.Token);
        await started.Soon();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.Soon());
        await told.Soon();
        Assert.Same(own, telling);

        gate.SetResult();
        await actor.PlayAsync(WhichActivation()).Soon();
    }

    [Fact]
    public async Task A_call_that_is_cancelled_while_it_waits_never_runs()
    {
        var actor = await AwakeActorAsync();
        using CancellationTokenSource cancelRunning = new(), cancelWaiting = new();
        var (started, told) = (Signal(), Signal());
        var played = false;
        var running = actor.PlayCancellableAsync(
            Cancellable(async (_, token) =>
            {
                using var registration = token.Register(told.SetResult);
                started.SetResult();
                await told.Task;
            }),
            cancelRunning.Token);
        await started.Soon();
        var waiting = actor.PlayCancellableAsync(Act(_ => played = true), cancelWaiting.Token);
        await actor.InterleaveAsync(Act(_ => { })).Soon(); // Sent after it from here, so it is in the mailbox.
        await cancelWaiting.CancelAsync();
        await cancelRunning.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Soon());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.Soon());
        await told.Soon(); // The grain heard of the second cancellation, and so of the first.
        await actor.PlayAsync(Act(_ => { })).Soon();
        Assert.False(played);
    }

    [Fact]
    public async Task A_call_with_a_cancelled_token_is_not_sent()
    {
        var key = NewKey();
        var activated = false;
        Engine.Acts.Set(key, Moment.Constructing, (_, _) => Task.FromResult(activated = true));
        var call = async () => await NewActor(key).PlayCancellableAsync(WhichActivation(), new CancellationToken(canceled: true)).Soon();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(call);
        Assert.False(activated);
    }

    [Fact]
    public async Task A_call_that_cancels_itself_is_cancelled_for_its_caller()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => NewActor().PlayAsync(Act(_ => throw new OperationCanceledException("changed my mind"))).Soon());
    }

    [Fact]
    public async Task A_token_that_is_never_cancelled_changes_nothing()
    {
        using var cancellation = new CancellationTokenSource();
        var answer = Engine.Acts.Add((_, token) => Task.FromResult($"{token.CanBeCanceled} {token.IsCancellationRequested}"));

        Assert.Equal("True False", await NewActor().PlayCancellableAsync(answer, cancellation.Token).Soon());
    }

    [Fact]
    public async Task Nobody_waits_for_a_one_way_call()
    {
        var actor = await AwakeActorAsync();
        var (gate, played) = (Signal(), Signal());
        var blocking = actor.PlayAsync(Act(_ => gate.Task));
        await actor.NotifyAsync(Act(_ => played.SetResult())).Soon();

        Assert.False(played.Task.IsCompleted);
        gate.SetResult();
        await blocking.Soon();
        await played.Soon();
    }

    [Fact]
    public async Task A_one_way_call_fails_in_the_log_only()
    {
        var actor = await AwakeActorAsync();
        var message = NewKey();
        var before = await actor.PlayAsync(WhichActivation()).Soon();
        await actor.NotifyAsync(Act(_ => throw new InvalidOperationException(message))).Soon();
        await Engine.Journal.HasAsync(LogLevel.Warning, message).Soon();

        Assert.Equal(before, await actor.PlayAsync(WhichActivation()).Soon());
    }
}

/// <summary>An exception of the application's own.</summary>
[GenerateSerializer]
public sealed class StageFrightException(string actor, int line) : Exception($"{actor} forgot line {line}")
{
    /// <summary>Which line.</summary>
    [Id(0)] public int Line { get; set; } = line;
}
