namespace Jtfa.Grains.Tests.Orleans;

/// <summary>One request of a grain at a time, but for those that interleave; and never two pieces of any on two threads.</summary>
public sealed class TurnTests(OrleansSilo silo) : OrleansTests(silo)
{
    [Fact(Timeout = TestTimeout)]
    public async Task Requests_of_many_callers_run_one_at_a_time()
    {
        var probe = NewProbe();
        int inside = 0, most = 0, ran = 0;
        var act = Act(async _ =>
        {
            most = Math.Max(most, ++inside);
            var before = ran;
            await Task.Yield();
            ran = before + 1;
            inside--;
        });

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            () => Task.WhenAll(Enumerable.Range(0, 100).Select(_ => probe.RunAsync(act))), Cancellation)));

        Assert.Equal((1, 800), (most, ran));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task What_follows_an_await_is_back_on_the_grains_turn()
    {
        var schedulers = new List<TaskScheduler>();
        await NewProbe().RunAsync(Act(async _ =>
        {
            schedulers.Add(TaskScheduler.Current);
            await Task.Yield();
            schedulers.Add(TaskScheduler.Current);
            schedulers.Add(await Task.Run(() => TaskScheduler.Current));
            schedulers.Add(TaskScheduler.Current);
        }));

        Assert.NotSame(TaskScheduler.Default, schedulers[0]);
        Assert.Same(schedulers[0], schedulers[1]);
        Assert.Same(TaskScheduler.Default, schedulers[2]);
        Assert.Same(schedulers[0], schedulers[3]);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_request_waits_for_the_one_before_and_one_that_interleaves_for_none()
    {
        var probe = NewProbe();
        var (started, gate, second) = (Signal(), Signal(), Signal());
        var running = probe.RunAsync(Act(_ =>
        {
            started.SetResult();
            return gate.Task;
        }));
        await started.Task;
        var waiting = probe.RunAsync(Act(_ => second.SetResult()));
        var beside = probe.RunBesideAsync(Act(_ => second.Task));
        await probe.RunBesideAsync(Act(_ => { }));

        Assert.False(second.Task.IsCompleted);
        gate.SetResult();
        await Task.WhenAll(running, waiting, beside);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Requests_that_interleave_need_no_lock_between_two_awaits()
    {
        var probe = NewProbe();
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

        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => probe.RunBesideAsync(act)));

        Assert.Equal(1, most);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_tick_waits_for_a_request_unless_its_timer_interleaves()
    {
        var (waited, ticks) = (Signal(), new List<string>());
        await NewProbe().RunAsync(Act(async probe =>
        {
            var interleaved = Signal();
            Once(probe, interleave: false, () =>
            {
                ticks.Add("waiting");
                waited.SetResult();
            });
            Once(probe, interleave: true, () =>
            {
                ticks.Add("interleaving");
                interleaved.SetResult();
            });
            await interleaved.Task;
            await Task.Yield();
            ticks.Add("request");
        }));
        await waited.Task;

        Assert.Equal(["interleaving", "request", "waiting"], ticks);

        static void Once(Probe probe, bool interleave, Action tick) => probe.RegisterGrainTimer(
            _ =>
            {
                tick();
                return Task.CompletedTask;
            },
            new GrainTimerCreationOptions(TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan) { Interleave = interleave });
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_timer_that_is_set_again_ticks_again_also_after_a_tick_that_failed()
    {
        var again = Signal();
        var ticks = 0;
        await NewProbe().RunAsync(Act(probe =>
        {
            IGrainTimer? timer = null;
            timer = probe.RegisterGrainTimer(
                _ =>
                {
                    if (++ticks == 3)
                    {
                        again.SetResult();
                        return Task.CompletedTask;
                    }

                    Set();
                    throw new InvalidOperationException("A tick that fails.");
                },
                new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
            Set();

            void Set() => timer!.Change(TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        }));

        await again.Task;
    }

    [Fact(Timeout = TestTimeout)]
    public async Task What_a_grain_throws_reaches_its_caller_with_type_and_message()
    {
        var fails = Act(void (_) => throw new ArgumentException("K=9: allowed is 1 … N (4)"));
        var fault = await Assert.ThrowsAsync<ArgumentException>(() => NewProbe().RunAsync(fails));
        Assert.Equal("K=9: allowed is 1 … N (4)", fault.Message);
    }
}
