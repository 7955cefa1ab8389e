using System.Diagnostics;

namespace Jtfa.Testbed.Sockets;

/// <summary>The testbed's two clocks, both in nanoseconds.</summary>
internal static class TestbedClock
{
    /// <summary>Nanoseconds of a second.</summary>
    public const long Second = 1_000_000_000;

    private const int NanosecondsPerTick = 100;

    /// <summary>Since some moment of the past, never set: what due times are measured on.</summary>
    public static long Elapsed => Stopwatch.GetElapsedTime(0).Ticks * NanosecondsPerTick;

    /// <summary>Since 1970, by the wall clock, resolved to 100 ns.</summary>
    public static long Wall => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * NanosecondsPerTick;

    /// <summary>A duration in nanoseconds.</summary>
    public static long Nanoseconds(TimeSpan duration) => duration.Ticks * NanosecondsPerTick;
}
