using System.Diagnostics;
using Jtfa.Silo.Time;

namespace Jtfa.Silo.Ingress;

/// <summary>
/// Keeps a receive loop from draining its socket more often than <see cref="PerSecond"/> for long. A drain costs a wake-up of the loop's
/// thread and of the threads that run lanes; where tokens come one by one, tens of thousands a second, that costs more than the tokens.
/// A few drains may follow each other at once, so that a gateway at rest takes each token as it comes. Belongs to one thread.
/// </summary>
internal sealed class DrainPacer
{
    /// <summary>Drains a second in the long run.</summary>
    public const double PerSecond = 2000;

    // Drains that may follow each other at once.
    private const double Burst = 20;

    private double _credit = Burst;
    private long _last = Stopwatch.GetTimestamp();

    /// <summary>Counts a drain, and waits where there were too many: half a millisecond at most.</summary>
    public void Pace()
    {
        var now = Stopwatch.GetTimestamp();
        _credit = Math.Min(Burst, _credit + (Stopwatch.GetElapsedTime(_last, now).TotalSeconds * PerSecond)) - 1;
        _last = now;
        if (_credit < 0) ShortSleep.Wait((int)(-_credit / PerSecond * 1e6));
    }
}
