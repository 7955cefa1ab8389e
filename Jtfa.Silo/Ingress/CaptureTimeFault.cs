namespace Jtfa.Silo.Ingress;

/// <summary>
/// Says how far off a refused capture time is, and what it looks like: mostly another unit than the wire's seconds since 1970.
/// </summary>
internal static class CaptureTimeFault
{
    private const double Day = 86_400;
    private const double QuarterHour = 900;
    private const double FurthestZone = 14 * 3600;

    private static readonly (double Factor, string Unit)[] s_units =
        [(1e3, "milliseconds"), (1e6, "microseconds"), (1e9, "nanoseconds"), (1e7, "units of 100 ns")];

    /// <summary>What is wrong with a capture time.</summary>
    /// <param name="timestamp">The capture time as it was sent.</param>
    /// <param name="now">This clock, seconds since 1970.</param>
    /// <param name="ahead">How far ahead it may be, seconds.</param>
    /// <param name="age">How old it may be, seconds.</param>
    /// <param name="tick">The moment that the token is for, where it says one; it is held to the same limits.</param>
    public static string Describe(double timestamp, double now, double ahead, double age, double? tick = null)
    {
        if (IsOff(timestamp, now, ahead, age)) return DescribeOff("ts", timestamp, now, ahead, age);
        return tick is { } moment && IsOff(moment, now, ahead, age) ? DescribeOff("tick", moment, now, ahead, age) : "its window has gone";
    }

    private static bool IsOff(double time, double now, double ahead, double age) => time > now + ahead || time < now - age;

    private static string DescribeOff(string key, double time, double now, double ahead, double age)
    {
        var off = time - now;
        var (direction, allowed) = off > 0 ? ("ahead", ahead) : ("old", age);
        var told = FormattableString.Invariant($"{key} is {Math.Abs(off):0.###} s {direction}, allowed are {allowed:0.###} s");
        return Guess(time, now) is { } guess ? $"{told}: {guess}?" : told;
    }

    private static string? Guess(double timestamp, double now)
    {
        foreach (var (factor, unit) in s_units)
            if (Math.Abs((timestamp / factor) - now) < Day) return unit;

        var off = Math.Abs(timestamp - now);
        var beside = Math.Abs(off - (Math.Round(off / QuarterHour) * QuarterHour));
        if (off > QuarterHour / 2 && off < FurthestZone && beside < 5) return "local time, not UTC";
        if (off < 128 && timestamp == (float)timestamp) return "a float of 32 bits, which holds a time to 128 s only";
        return timestamp is >= 0 and < 1e9 ? "not since 1970, such as since the sender's start" : null;
    }
}
