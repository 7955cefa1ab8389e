namespace Orleans.Embedded.Tests;

/// <summary>Which requests of a grain may run while another of its requests waits for something.</summary>
public sealed class ReentrancyTests(EngineFixture engine) : EngineTests(engine)
{
    [Fact]
    public async Task A_request_waits_for_the_one_before()
    {
        var actor = await AwakeActorAsync();
        var (gate, started) = (Signal(), Signal());
        var first = actor.PlayAsync(Act(_ => gate.Task));
        var second = actor.PlayAsync(Act(_ => started.SetResult()));
        await actor.InterleaveAsync(Act(_ => { })).Soon(); // Sent last and run: the mailbox has seen all three.

        Assert.False(started.Task.IsCompleted);
        gate.SetResult();
        await Task.WhenAll(first, second).Soon();
    }

    [Fact]
    public async Task Requests_of_a_reentrant_grain_interleave()
    {
        var actor = NewReentrantActor();
        var gate = Signal();
        var first = actor.PlayAsync(Act(_ => gate.Task));
        await actor.PlayAsync(Act(_ => gate.SetResult())).Soon();
        await first.Soon();
    }

    [Fact]
    public async Task Interleaving_turns_are_still_one_at_a_time()
    {
        var actor = NewReentrantActor();
        var allHere = Signal();
        int inside = 0, most = 0, here = 0;
        var act = Act(async _ =>
        {
            if (++here == 100) allHere.SetResult();
            await allHere.Task;
            for (var i = 0; i < 20; i++)
            {
                most = Math.Max(most, Interlocked.Increment(ref inside));
                Interlocked.Decrement(ref inside);
                await Task.Yield();
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => actor.PlayAsync(act))).Soon();

        Assert.Equal(1, most);
    }

    [Fact]
    public async Task An_always_interleaving_request_runs_beside_any_other_and_holds_none_up()
    {
        var actor = NewActor();
        var (first, second) = (Signal(), Signal());
        var interleaving = actor.InterleaveAsync(Act(_ => first.Task));
        var blocking = actor.PlayAsync(Act(_ => second.Task));
        await actor.InterleaveAsync(Act(_ => second.SetResult())).Soon();
        await blocking.Soon();
        await actor.PlayAsync(Act(_ => first.SetResult())).Soon();
        await interleaving.Soon();
    }

    [Fact]
    public async Task Reads_run_beside_reads()
    {
        var actor = NewActor();
        var gate = Signal();
        var first = actor.ReadAsync(Act(_ => gate.Task));
        await actor.ReadAsync(Act(_ => gate.SetResult())).Soon();
        await first.Soon();
    }

    [Fact]
    public async Task A_write_waits_for_a_read_and_later_reads_do_not_wait_for_the_write()
    {
        var actor = await AwakeActorAsync();
        var (gate, wrote) = (Signal(), Signal());
        var read = actor.ReadAsync(Act(_ => gate.Task));
        var write = actor.PlayAsync(Act(_ => wrote.SetResult()));
        await actor.ReadAsync(Act(_ => { })).Soon();

        Assert.False(wrote.Task.IsCompleted);
        gate.SetResult();
        await Task.WhenAll(read, write).Soon();
    }

    [Fact]
    public async Task A_read_waits_for_a_write()
    {
        var actor = await AwakeActorAsync();
        var (gate, started) = (Signal(), Signal());
        var write = actor.PlayAsync(Act(_ => gate.Task));
        var read = actor.ReadAsync(Act(_ => started.SetResult()));
        await actor.InterleaveAsync(Act(_ => { })).Soon();

        Assert.False(started.Task.IsCompleted);
        gate.SetResult();
        await Task.WhenAll(write, read).Soon();
    }

    [Fact]
    public async Task Reads_that_wait_behind_a_write_start_together_with_the_first_of_them()
    {
        var actor = await AwakeActorAsync();
        var (writing, reading, released) = (Signal(), Signal(), Signal());
        var write = actor.PlayAsync(Act(_ => writing.Task));
        var firstRead = actor.ReadAsync(Act(_ => reading.Task));
        var behind = actor.PlayAsync(Act(_ => released.Task));
        var secondRead = actor.ReadAsync(Act(_ => reading.SetResult()));

        writing.SetResult();
        await Task.WhenAll(write, firstRead, secondRead).Soon();
        released.SetResult();
        await behind.Soon();
    }

    [Fact]
    public async Task A_reentrant_grain_calls_itself_through_another()
    {
        var (actor, other) = (NewReentrantActor(), NewActor());
        var inner = Asks(_ => "back");
        var answer = await actor.PlayAsync(Asks(_ => other.DirectAsync(actor, inner))).Soon();

        Assert.Equal("back", answer);
    }

    [Fact]
    public async Task A_grain_calls_an_interleaving_method_of_itself_through_another()
    {
        var (actor, other) = (NewActor(), NewActor());
        var inner = Asks(_ => "back");
        var middle = Asks(_ => actor.InterleaveAsync(inner));
        var answer = await actor.PlayAsync(Asks(_ => other.PlayAsync(middle))).Soon();

        Assert.Equal("back", answer);
    }

    [Fact]
    public async Task An_interleaving_request_is_not_held_up_by_one_that_waits_before_it()
    {
        var key = NewKey();
        var (activated, gate) = (Signal(), Signal());
        Engine.Acts.Set(key, Moment.Activating, (_, _) => activated.Task);
        var actor = NewActor(key);
        var first = actor.PlayAsync(Act(_ => gate.Task));
        var second = actor.PlayAsync(Act(_ => { }));
        var interleaving = actor.InterleaveAsync(Act(_ => gate.SetResult()));
        activated.SetResult();

        await Task.WhenAll(first, second, interleaving).Soon();
    }
}
