using Jtfa.Testbed.Links;

namespace Jtfa.Testbed.Tests;

/// <summary>Many fates of a link, and how far figures of them may be from what formulas say.</summary>
internal static class Sample
{
    public const int Packets = 200_000;
    public const int Bytes = 110;

    /// <summary>Standard errors allowed; beyond them lie 7 of a million seeds.</summary>
    public const double Sigmas = 4.5;

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(20);

    public static PacketFate[] Fates(LinkProfile profile, ulong seed = 1, int link = 0, int packets = Packets)
    {
        var impairment = new LinkImpairment(profile, seed, link);
        return [.. Enumerable.Range(0, packets).Select(n => impairment.Next(s_interval * n, Bytes))];
    }

    public static double[] Delays(DelayProfile delay, ulong seed = 1, int link = 0) =>
        [.. Fates(new LinkProfile { Delay = delay }, seed, link).Select(fate => fate.Delay.TotalMilliseconds)];

    /// <summary>A share's count lies within its binomial confidence bounds.</summary>
    public static void HasShare(double expected, long count, long of) =>
        IsNear(expected, count / (double)of, Math.Sqrt(expected * (1 - expected) / of));

    public static void IsNear(double expected, double actual, double standardError) =>
        Assert.InRange(actual, expected - (Sigmas * standardError), expected + (Sigmas * standardError));

    public static double Correlation(double[] x, double[] y)
    {
        var (meanX, meanY) = (x.Average(), y.Average());
        var (xy, xx, yy) = (0.0, 0.0, 0.0);
        for (var i = 0; i < x.Length; i++)
        {
            var (dx, dy) = (x[i] - meanX, y[i] - meanY);
            (xy, xx, yy) = (xy + (dx * dy), xx + (dx * dx), yy + (dy * dy));
        }

        return xy / Math.Sqrt(xx * yy);
    }
}
