using System.Collections.Concurrent;
using Jtfa.Silo.Time;

namespace Jtfa.Silo.Tests.Time;

/// <summary>Timers are tested beside no other: those of this process take the pool's threads.</summary>
[CollectionDefinition(nameof(PreciseTimeProviderTests), DisableParallelization = true)]
public sealed class TimersAloneCollection;

/// <summary>Timers that keep to the millisecond.</summary>
[Collection(nameof(PreciseTimeProviderTests))]
public sealed class PreciseTimeProviderTests
{
    private static readonly PreciseTimeProvider s_clock = PreciseTimeProvider.Instance;

    // Orleans' stall detector expects each tick at its multiple of the period. With delays that add up, half a millisecond a tick, a silo
    // took itself for stalled most of the time, and needed 8 s to notice that another hung.
    [Fact(Timeout = 60_000)]
    public async Task A_periods_ticks_are_at_its_multiples_however_many_have_been()
    {
        var period = TimeSpan.FromMilliseconds(100);
        var ticks = new BlockingCollection<TimeSpan>();
        var start = s_clock.GetTimestamp();
        await using var timer = s_clock.CreateTimer(_ => ticks.Add(s_clock.GetElapsedTime(start)), null, period, period);
        var seen = ticks.GetConsumingEnumerable(TestContext.Current.CancellationToken).Take(40).ToList();

        // One of the last ten is hardly late, though each of them may be: others use this machine.
        var least = seen.TakeLast(10).Min(at => at.TotalMilliseconds % period.TotalMilliseconds);
        Assert.InRange(least, 0, 5);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_timer_is_never_early_and_one_that_was_changed_or_disposed_of_fires_no_more_as_it_was()
    {
        var fired = new BlockingCollection<string>();
        var start = s_clock.GetTimestamp();
        var once = Timeout.InfiniteTimeSpan;
        await using var changed = s_clock.CreateTimer(_ => fired.Add("changed"), null, TimeSpan.FromMilliseconds(20), once);
        changed.Change(TimeSpan.FromMilliseconds(60), once);
        var gone = s_clock.CreateTimer(_ => fired.Add("gone"), null, TimeSpan.FromMilliseconds(30), TimeSpan.FromMilliseconds(1));
        await gone.DisposeAsync();

        Assert.Equal("changed", fired.Take(TestContext.Current.CancellationToken));
        Assert.InRange(s_clock.GetElapsedTime(start).TotalMilliseconds, 60, double.MaxValue);
        Assert.Empty(fired);
    }
}
