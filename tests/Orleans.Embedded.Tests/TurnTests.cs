namespace Orleans.Embedded.Tests;

/// <summary>One request of a grain at a time, each piece of it on the grain's own scheduler.</summary>
public sealed class TurnTests(EngineFixture engine) : EngineTests(engine)
{
    [Fact]
    public async Task Requests_of_many_callers_never_overlap()
    {
        var actor = NewActor();
        int inside = 0, most = 0, played = 0;
        var act = Act(async _ =>
        {
            most = Math.Max(most, Interlocked.Increment(ref inside));
            var before = played;
            await Task.Yield();
            played = before + 1;
            Interlocked.Decrement(ref inside);
        });

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            () => Task.WhenAll(Enumerable.Range(0, 100).Select(_ => actor.PlayAsync(act)))))).Soon();

        Assert.Equal(1, most);
        Assert.Equal(800, played);
    }

    [Fact]
    public async Task What_follows_an_await_is_back_on_the_grains_scheduler()
    {
        var actor = NewActor();
        var schedulers = new List<TaskScheduler>();
        await actor.PlayAsync(Act(async _ =>
        {
            schedulers.Add(TaskScheduler.Current);
            await Task.Yield();
            schedulers.Add(TaskScheduler.Current);
            schedulers.Add(await Task.Run(() => TaskScheduler.Current));
            schedulers.Add(TaskScheduler.Current);
        })).Soon();

        Assert.NotSame(TaskScheduler.Default, schedulers[0]);
        Assert.Same(schedulers[0], schedulers[1]);
        Assert.Same(TaskScheduler.Default, schedulers[2]);
        Assert.Same(schedulers[0], schedulers[3]);
    }

    [Fact]
    public async Task A_caller_that_is_a_grain_comes_back_to_its_own_scheduler()
    {
        var (caller, called) = (NewActor(), NewActor());
        TaskScheduler? before = null, inside = null, after = null;
        var leaf = Act(_ => inside = TaskScheduler.Current);
        await caller.PlayAsync(Act(async _ =>
        {
            before = TaskScheduler.Current;
            await called.PlayAsync(leaf);
            after = TaskScheduler.Current;
        })).Soon();

        Assert.Same(before, after);
        Assert.NotSame(before, inside);
    }

    [Fact]
    public async Task Branches_of_one_request_are_never_on_two_threads()
    {
        var actor = NewActor();
        int inside = 0, most = 0, pieces = 0;
        await actor.PlayAsync(Act(_ => Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            for (var i = 0; i < 50; i++)
            {
                most = Math.Max(most, Interlocked.Increment(ref inside));
                pieces++;
                Interlocked.Decrement(ref inside);
                await Task.Yield();
            }
        })))).Soon();

        Assert.Equal(1, most);
        Assert.Equal(500, pieces);
    }

    [Fact]
    public async Task Grains_run_beside_each_other()
    {
        var (first, second) = (NewActor(), NewActor());
        var ran = Signal();
        var waits = first.PlayAsync(Act(_ => ran.Task));
        await second.PlayAsync(Act(_ => ran.SetResult())).Soon();
        await waits.Soon();
    }

    [Fact]
    public async Task A_callers_async_locals_do_not_reach_the_grain()
    {
        var actor = await AwakeActorAsync();
        var mood = new AsyncLocal<string?> { Value = "caller's" };
        var moods = new List<string?>();
        var act = Act(async _ =>
        {
            moods.Add(mood.Value);
            await Task.Yield();
            moods.Add(mood.Value);
            mood.Value = "grain's";
        });
        await Task.WhenAll(actor.PlayAsync(act), actor.PlayAsync(act)).Soon();

        Assert.Equal([null, null, null, null], moods);
    }
}
