namespace Orleans.Embedded.Tests;

/// <summary>What tests of timers say. Time is told by the ticks of another grain.</summary>
public abstract class TimedTests(EngineFixture engine) : EngineTests(engine)
{
    /// <summary>Due at once.</summary>
    protected static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(1);

    /// <summary>The time between ticks.</summary>
    protected static readonly TimeSpan Period = TimeSpan.FromMilliseconds(5);

    /// <summary>Not due at all.</summary>
    protected static readonly TimeSpan Never = Timeout.InfiniteTimeSpan;

    /// <summary>Counts ticks.</summary>
    protected static IGrainTimer Every(Actor actor, TimeSpan period, Tally ticks) =>
        actor.RegisterGrainTimer(_ => Count(ticks), new GrainTimerCreationOptions(Soon, period));

    /// <summary>Ticks once.</summary>
    protected static IGrainTimer Once(Actor actor, Func<CancellationToken, Task> tick) =>
        actor.RegisterGrainTimer(tick, new GrainTimerCreationOptions(Soon, Never));

    /// <summary>Counts a tick.</summary>
    protected static Task Count(Tally ticks)
    {
        ticks.Add();
        return Task.CompletedTask;
    }

    /// <summary>Counts every 5 ms or later.</summary>
    protected async Task<Tally> StartClockAsync()
    {
        var ticks = new Tally();
        await NewActor().PlayAsync(Act(actor => Every(actor, Period, ticks))).Soon();
        return ticks;
    }
}
