namespace Orleans.Embedded.Tests;

/// <summary>How timers are changed, and how they end.</summary>
public sealed class TimerChangeTests(EngineFixture engine) : TimedTests(engine)
{
    [Fact]
    public async Task A_timer_that_iNever_due_can_be_started_and_stopped()
    {
        var (clock, actor, ticks) = (await StartClockAsync(), NewActor(), new Tally());
        IGrainTimer? timer = null;
        await actor.PlayAsync(Act(actor => timer = actor.RegisterGrainTimer(_ => Count(ticks), new GrainTimerCreationOptions(Never, Never)))).Soon();
        await clock.GrowsAsync(3).Soon();
        Assert.Equal(0, ticks.Count);

        await actor.PlayAsync(Act(_ => timer!.Change(Soon, Period))).Soon();
        await ticks.ReachesAsync(2).Soon();
        var stoppedAt = 0;
        await actor.PlayAsync(Act(_ =>
        {
            timer!.Change(Never, Never);
            stoppedAt = ticks.Count;
        })).Soon();
        await clock.GrowsAsync(5).Soon();

        // One tick may have been due already, and waited for the request that stopped the timer.
        Assert.InRange(ticks.Count, stoppedAt, stoppedAt + 1);
    }

    [Fact]
    public async Task A_change_within_a_tick_counts_from_its_end()
    {
        var (clock, ticks, gate) = (await StartClockAsync(), new Tally(), Signal());
        await NewReentrantActor().PlayAsync(Act(actor =>
        {
            IGrainTimer? timer = null;
            timer = actor.RegisterGrainTimer(
                async _ =>
                {
                    ticks.Add();
                    if (ticks.Count > 1) return;
                    timer!.Change(Soon, Never);
                    await gate.Task;
                },
                new GrainTimerCreationOptions(Soon, Never));
        })).Soon();
        await ticks.ReachesAsync(1).Soon();
        await clock.GrowsAsync(5).Soon();
        Assert.Equal(1, ticks.Count);

        gate.SetResult();
        await ticks.ReachesAsync(2).Soon();
        await clock.GrowsAsync(5).Soon();
        Assert.Equal(2, ticks.Count);
    }

    [Fact]
    public async Task A_disposed_timer_ticks_no_more_and_cancels_its_token()
    {
        var (clock, ticks) = (await StartClockAsync(), new Tally());
        var (before, after) = (true, false);
        await NewActor().PlayAsync(Act(actor =>
        {
            IGrainTimer? timer = null;
            timer = actor.RegisterGrainTimer(
                token =>
                {
                    before = token.IsCancellationRequested;
                    timer!.Dispose();
                    timer.Dispose();
                    timer.Change(Soon, Soon);
                    after = token.IsCancellationRequested;
                    return Count(ticks);
                },
                new GrainTimerCreationOptions(Soon, Soon));
        })).Soon();
        await ticks.ReachesAsync(1).Soon();
        await clock.GrowsAsync(5).Soon();

        Assert.Equal((1, false, true), (ticks.Count, before, after));
    }

    [Fact]
    public async Task A_grains_timers_end_with_its_activation()
    {
        var (clock, key, ticks, deactivated) = (await StartClockAsync(), NewKey(), new Tally(), Signal());
        var last = 0;
        Engine.Acts.Set(key, Moment.Deactivating, (_, _) =>
        {
            last = ticks.Count;
            deactivated.SetResult();
            return Task.CompletedTask;
        });
        var actor = NewActor(key);
        await actor.PlayAsync(Act(actor => Every(actor, Soon, ticks))).Soon();
        await ticks.ReachesAsync(3).Soon();
        await actor.PlayAsync(Act(actor => actor.DeactivateOnIdle())).Soon();
        await deactivated.Soon();
        await clock.GrowsAsync(5).Soon();

        Assert.Equal(last, ticks.Count);
    }

    [Fact]
    public async Task Times_out_of_bounds_are_refused()
    {
        var negative = TimeSpan.FromMilliseconds(-2);
        await NewActor().PlayAsync(Act(actor =>
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => actor.RegisterGrainTimer(_ => Task.CompletedTask, new GrainTimerCreationOptions(negative, Never)));
            using var timer = actor.RegisterGrainTimer(_ => Task.CompletedTask, new GrainTimerCreationOptions(Never, Never));
            Assert.Throws<ArgumentOutOfRangeException>(() => timer.Change(Never, negative));
            Assert.Throws<ArgumentOutOfRangeException>(() => timer.Change(TimeSpan.FromDays(50), Never));
        })).Soon();
    }
}
