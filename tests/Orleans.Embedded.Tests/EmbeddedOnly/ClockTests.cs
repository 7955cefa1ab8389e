#if !ORLEANS
using Microsoft.Extensions.DependencyInjection;

namespace Orleans.Embedded.Tests;

/// <summary>The engine runs on whatever clock its host has.</summary>
public sealed class ClockTests
{
    [Fact]
    public async Task A_timer_of_the_clock_is_changed_and_disposed_of_without_being_locked()
    {
        var (acts, clock, ticks) = (new Acts(), new WatchfulClock(), new Tally());
        await using var cluster = EngineFixture.Build(acts, silo => silo.Services.AddSingleton<TimeProvider>(clock));
        await cluster.DeployAsync();
        var never = Timeout.InfiniteTimeSpan;
        await cluster.Client.GetGrain<IPlainActor>("key").PlayAsync(acts.Add((actor, _) =>
        {
            var changed = actor.RegisterGrainTimer(_ => Task.CompletedTask, new GrainTimerCreationOptions(never, never));
            changed.Change(TimeSpan.FromHours(1), never);
            changed.Dispose();
            actor.RegisterGrainTimer(
                _ =>
                {
                    ticks.Add();
                    return Task.CompletedTask;
                },
                new GrainTimerCreationOptions(TimeSpan.Zero, TimeSpan.Zero));
            return Task.FromResult("");
        })).Soon();
        await ticks.ReachesAsync(3).Soon();

        Assert.True(clock.Uses > 5);
        Assert.Equal(0, clock.UsesUnderLock);
    }

    // Locks of its own could be taken in the other order, which is a deadlock that comes once in a million.
    private sealed class WatchfulClock : TimeProvider
    {
        private int _uses;
        private int _usesUnderLock;

        public int Uses => Volatile.Read(ref _uses);

        public int UsesUnderLock => Volatile.Read(ref _usesUnderLock);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new WatchfulTimer(this, base.CreateTimer(callback, state, dueTime, period));

        private void Watch(object timer)
        {
            Interlocked.Increment(ref _uses);
            if (Monitor.IsEntered(timer)) Interlocked.Increment(ref _usesUnderLock);
        }

        private sealed class WatchfulTimer(WatchfulClock clock, ITimer timer) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                clock.Watch(this);
                return timer.Change(dueTime, period);
            }

            public void Dispose()
            {
                clock.Watch(this);
                timer.Dispose();
            }

            public ValueTask DisposeAsync() => timer.DisposeAsync();
        }
    }
}
#endif
