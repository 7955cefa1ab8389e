using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Orleans.Embedded.Tests;

/// <summary>Timers, whose ticks are requests of their grain.</summary>
public sealed class TimerTests(EngineFixture engine) : TimedTests(engine)
{
    [Fact]
    public async Task Ticks_run_on_the_grains_scheduler()
    {
        var ticked = Signal();
        TaskScheduler? own = null, before = null, after = null;
        await NewActor().PlayAsync(Act(actor =>
        {
            own = TaskScheduler.Current;
            Once(actor, async _ =>
            {
                before = TaskScheduler.Current;
                await Task.Yield();
                after = TaskScheduler.Current;
                ticked.SetResult();
            });
        })).Soon();
        await ticked.Soon();

        Assert.NotSame(TaskScheduler.Default, own);
        Assert.Same(own, before);
        Assert.Same(own, after);
    }

    [Fact]
    public async Task A_tick_waits_for_a_running_request()
    {
        var (clock, ticks) = (await StartClockAsync(), new Tally());
        await NewActor().PlayAsync(Act(async actor =>
        {
            Every(actor, Period, ticks);
            await clock.GrowsAsync(5);
            Assert.Equal(0, ticks.Count);
        })).Soon();
        await ticks.ReachesAsync(1).Soon();
    }

    [Fact]
    public async Task A_request_waits_for_a_running_tick()
    {
        var (actor, gate, ticking) = (NewActor(), Signal(), Signal());
        var played = false;
        await actor.PlayAsync(Act(actor => Once(actor, async _ =>
        {
            ticking.SetResult();
            await gate.Task;
        }))).Soon();
        await ticking.Soon();
        var request = actor.PlayAsync(Act(_ => played = true));
        await actor.InterleaveAsync(Act(_ => { })).Soon();

        Assert.False(played);
        gate.SetResult();
        await request.Soon();
    }

    [Fact]
    public async Task Interleaving_ticks_run_beside_a_request()
    {
        var ticks = new Tally();
        await NewActor().PlayAsync(Act(async actor =>
        {
            actor.RegisterGrainTimer(_ => Count(ticks), new GrainTimerCreationOptions(Soon, Period) { Interleave = true });
            await ticks.ReachesAsync(2);
        })).Soon();
    }

    [Fact]
    public async Task Ticks_of_a_reentrant_grain_interleave()
    {
        var ticks = new Tally();
        await NewReentrantActor().PlayAsync(Act(async actor =>
        {
            Every(actor, Period, ticks);
            await ticks.ReachesAsync(2);
        })).Soon();
    }

    [Fact]
    public async Task Ticks_of_one_timer_never_overlap()
    {
        var (clock, ticks, gate) = (await StartClockAsync(), new Tally(), Signal());
        await NewReentrantActor().PlayAsync(Act(actor => actor.RegisterGrainTimer(
            async _ =>
            {
                ticks.Add();
                await gate.Task;
            },
            new GrainTimerCreationOptions(Soon, Soon) { Interleave = true }))).Soon();
        await ticks.ReachesAsync(1).Soon();
        await clock.GrowsAsync(5).Soon();

        Assert.Equal(1, ticks.Count);
        gate.SetResult();
        await ticks.ReachesAsync(2).Soon();
    }

    [Fact]
    public async Task The_period_counts_from_the_end_of_a_tick()
    {
        var (clock, done, period) = (await StartClockAsync(), Signal(), TimeSpan.FromMilliseconds(50));
        var ended = 0L;
        var gap = TimeSpan.Zero;
        await NewActor().PlayAsync(Act(actor => actor.RegisterGrainTimer(
            async _ =>
            {
                if (ended != 0) gap = Stopwatch.GetElapsedTime(ended);
                if (ended != 0) done.TrySetResult();
                await clock.GrowsAsync(20); // 100 ms at least: longer than the period.
                ended = Stopwatch.GetTimestamp();
            },
            new GrainTimerCreationOptions(Soon, period)))).Soon();
        await done.Soon();

        Assert.True(gap > period * 0.9, $"{gap}");
    }

    [Fact]
    public async Task Without_a_period_there_is_one_tick()
    {
        var (clock, ticks) = (await StartClockAsync(), new Tally());
        await NewActor().PlayAsync(Act(actor => Once(actor, _ => Count(ticks)))).Soon();
        await ticks.ReachesAsync(1).Soon();
        await clock.GrowsAsync(5).Soon();

        Assert.Equal(1, ticks.Count);
    }

    [Fact]
    public async Task A_failing_tick_is_logged_and_the_timer_goes_on()
    {
        var (ticks, message) = (new Tally(), NewKey());
        await NewActor().PlayAsync(Act(actor => actor.RegisterGrainTimer(
            _ =>
            {
                ticks.Add();
                throw new InvalidOperationException(message);
            },
            new GrainTimerCreationOptions(Soon, Period)))).Soon();
        await ticks.ReachesAsync(3).Soon();
        await Engine.Journal.HasAsync(LogLevel.Warning, message).Soon();
    }

    [Fact]
    public async Task A_timer_of_OnActivateAsync_ticks_only_after_it()
    {
        var (clock, key, ticks) = (await StartClockAsync(), NewKey(), new Tally());
        var during = -1;
        Engine.Acts.Set(key, Moment.Activating, async (actor, _) =>
        {
            Every(actor, Soon, ticks);
            await clock.GrowsAsync(5);
            during = ticks.Count;
        });
        await NewActor(key).PlayAsync(WhichActivation()).Soon();
        await ticks.ReachesAsync(1).Soon();

        Assert.Equal(0, during);
    }

    [Fact]
    public async Task A_timer_gives_its_state_to_each_tick()
    {
        var given = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await NewActor().PlayAsync(Act(actor => actor.RegisterGrainTimer(
            (state, _) => Task.FromResult(given.TrySetResult(state)), "state", new GrainTimerCreationOptions(Soon, Never)))).Soon();

        Assert.Equal("state", await given.Task.Soon());
    }

    [Fact]
    public async Task A_timer_is_registered_on_the_grains_turns_only()
    {
        await NewActor().PlayAsync(Act(actor => Task.Run(
            () => Assert.ThrowsAny<Exception>(() => Every(actor, Period, new Tally()))))).Soon();
    }
}
