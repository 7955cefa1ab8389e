using System.Globalization;
using Jtfa.Silo.Cameras;

namespace Jtfa.Silo.Tests.Cameras;

public sealed class CaptureScheduleTests
{
    private static readonly DateTimeOffset s_oddMoment = Fixtures.Start.AddMilliseconds(37.3);
    private readonly ManualClock _time = new(s_oddMoment);
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(10)]
    [InlineData(30)]
    [InlineData(7.3)]
    [InlineData(0.25)]
    public async Task Captures_fall_on_wall_clock_multiples_of_the_period(double rate)
    {
        var schedule = new CaptureSchedule(_time, rate);
        for (var i = 0; i < 20; i++)
        {
            var tick = await NextAsync(schedule);
            var unix = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;
            Assert.Equal(tick, (long)Math.Round(unix * rate));
            Assert.Equal(tick, schedule.NearestTick(_time.GetUtcNow()));
            Assert.Equal(tick, schedule.LastTickUntil(_time.GetUtcNow()));
            Assert.InRange(unix - (tick / rate), -1e-6, 0.0011); // a timer takes whole milliseconds
        }
        Assert.Equal(0, schedule.Missed);
    }

    [Fact]
    public async Task Ten_thousand_late_wakes_shift_nothing()
    {
        var schedule = new CaptureSchedule(_time, 30);
        var random = new Random(1);
        var first = await NextAsync(schedule);
        for (var i = 1L; i <= 10_000; i++)
        {
            var tick = await NextAsync(schedule, TimeSpan.FromMilliseconds(random.NextDouble() * 12));
            Assert.Equal(first + i, tick);
            Assert.InRange((_time.GetUtcNow() - schedule.DueAt(tick)).TotalMilliseconds, 0, 13);
            _time.Advance(TimeSpan.FromMilliseconds(random.NextDouble() * 15)); // the work
        }
        // n/30 s, exactly: a drift of 1 µs a tick would show as 10 ms.
        Assert.Equal(Math.Ceiling((first + 10_000) * 10_000_000m / 30), (schedule.DueAt(first + 10_000) - DateTimeOffset.UnixEpoch).Ticks);
        Assert.Equal(0, schedule.Missed);
    }

    [Fact]
    public async Task Ticks_that_pass_during_the_work_are_skipped_and_counted()
    {
        var schedule = new CaptureSchedule(_time, 10);
        var first = await NextAsync(schedule);
        _time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.Equal(first + 3, await NextAsync(schedule));
        Assert.Equal(2, schedule.Missed);
        Assert.Equal(first + 4, await NextAsync(schedule));
        Assert.Equal(2, schedule.Missed);
    }

    [Theory]
    [InlineData(49, 1, 0)]
    [InlineData(50, 2, 1)] // beyond half a period, round(time · rate) is the next tick: this one is missed
    [InlineData(130, 3, 2)]
    public async Task A_tick_is_used_within_half_a_period_only(double lateMs, long expected, long missed)
    {
        var schedule = new CaptureSchedule(_time, 10);
        var first = await NextAsync(schedule);
        _time.Advance(schedule.DueAt(first + 1).AddMilliseconds(-10) - _time.GetUtcNow()); // so that the timer fires on the tick
        var next = schedule.NextAsync(_cancellation).AsTask();
        await _time.AdvanceToNextTimerAsync(TimeSpan.FromMilliseconds(lateMs), _cancellation);
        Assert.Equal(first + expected, await RunAsync(next, TimeSpan.Zero));
        Assert.Equal(missed, schedule.Missed);
    }

    [Fact]
    public async Task A_clock_set_forward_misses_only_what_could_have_been_captured()
    {
        var schedule = new CaptureSchedule(_time, 10);
        await NextAsync(schedule);
        _time.Set(TimeSpan.FromDays(1));
        var tick = await NextAsync(schedule);
        Assert.Equal(schedule.FirstTickFrom(s_oddMoment.AddDays(1)), tick - 1);
        Assert.InRange(schedule.Missed, 0, 2);
    }

    [Theory]
    [InlineData(-3600_000)]
    [InlineData(-1)]
    public async Task A_clock_set_back_is_followed_at_once(double byMs)
    {
        var schedule = new CaptureSchedule(_time, 10);
        await NextAsync(schedule);
        var next = schedule.NextAsync(_cancellation).AsTask();
        await _time.AdvanceToNextTimerAsync(TimeSpan.Zero, _cancellation);
        await next;
        _time.Set(TimeSpan.FromMilliseconds(byMs));
        var before = _time.GetTimestamp();
        var tick = await NextAsync(schedule);
        Assert.Equal((long)Math.Round((_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds * 10), tick);
        Assert.InRange(_time.GetElapsedTime(before).TotalMilliseconds, 1, 102);
        Assert.Equal(0, schedule.Missed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1001)]
    [InlineData(1e-6)]
    [InlineData(double.NaN)]
    public void Rates_outside_the_range_are_refused(double rate) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new CaptureSchedule(_time, rate));

    [Fact]
    public async Task Waiting_can_be_cancelled()
    {
        using var stop = new CancellationTokenSource();
        var next = new CaptureSchedule(_time, 10).NextAsync(stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    [Theory(Explicit = true)]
    [InlineData(10)]
    [InlineData(30)]
    [InlineData(100)]
    public async Task Precision_on_this_machine(double rate)
    {
        var schedule = new CaptureSchedule(TimeProvider.System, rate);
        var late = new List<double>();
        for (var i = 0; i < 10 * rate; i++)
        {
            var tick = await schedule.NextAsync(_cancellation);
            late.Add((TimeProvider.System.GetUtcNow() - schedule.DueAt(tick)).TotalMilliseconds);
        }
        late.Sort();
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{rate} Hz: late by {late[0]:F2} … {late[^1]:F2} ms, median {late[late.Count / 2]:F2}, "
            + $"p99 {late[late.Count * 99 / 100]:F2}, {schedule.Missed} missed for {late.Count}"));
    }

    private Task<long> NextAsync(CaptureSchedule schedule, TimeSpan late = default) =>
        RunAsync(schedule.NextAsync(_cancellation).AsTask(), late);

    // Moves the clock from timer to timer until the schedule has come to its tick.
    private async Task<long> RunAsync(Task<long> next, TimeSpan late)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_cancellation);
        while (!next.IsCompleted)
        {
            var advancing = _time.AdvanceToNextTimerAsync(late, ended.Token);
            if (await Task.WhenAny(next, advancing) == advancing) await advancing;
        }
        await ended.CancelAsync(); // or a wait left over would move the clock at the next timer
        return await next;
    }
}
