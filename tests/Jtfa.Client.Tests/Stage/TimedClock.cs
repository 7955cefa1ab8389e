using System.Threading.Channels;

namespace Jtfa.Client.Tests.Stage;

/// <summary>A clock that a test moves, and that tells of each wait that begins: how long it is to be.</summary>
internal sealed class TimedClock : ManualClock
{
    private readonly Channel<TimeSpan> _waits = Channel.CreateUnbounded<TimeSpan>();

    /// <summary>Waits that began.</summary>
    public ChannelReader<TimeSpan> Waits => _waits.Reader;

    /// <summary>Awaits the next wait and lets its time pass.</summary>
    /// <returns>How long it was.</returns>
    public async Task<TimeSpan> PassAsync()
    {
        var wait = await _waits.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Advance(wait);
        return wait;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (dueTime != Timeout.InfiniteTimeSpan) _waits.Writer.TryWrite(dueTime);
        return timer;
    }
}
