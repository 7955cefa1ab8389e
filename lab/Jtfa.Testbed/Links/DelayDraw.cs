namespace Jtfa.Testbed.Links;

/// <summary>Draws a packet's delay.</summary>
internal static class DelayDraw
{
    /// <summary>Milliseconds, 0 … the profile's longest.</summary>
    public static double Draw(DelayProfile? profile, SeededDraws draws, long packet, Purpose purpose) => profile switch
    {
        null => 0,
        { Distribution: DelayDistribution.Normal } => Normal(profile, draws, packet, purpose),
        { Distribution: DelayDistribution.Pareto } => Pareto(profile, draws.Uniform(packet, purpose)),
        _ => profile.Ms,
    };

    // Box and Muller ("A note on the generation of random normal deviates", Annals of Mathematical Statistics 29, 1958), drawn again while
    // the value is outside: that gives exactly the cut distribution. Its mean lies inside, so that at worst about every second draw does.
    private static double Normal(DelayProfile profile, SeededDraws draws, long packet, Purpose purpose)
    {
        for (var attempt = 0; ; attempt += 2)
        {
            var radius = Math.Sqrt(-2 * Math.Log(draws.Uniform(packet, purpose, attempt)));
            var ms = profile.Ms + (profile.SpreadMs * radius * Math.Cos(2 * Math.PI * draws.Uniform(packet, purpose, attempt + 1)));
            if (ms >= 0 && ms <= profile.MaxMs) return ms;
        }
    }

    // The inverse of F(x) = 1 − (1 + x/s)^−α, its argument scaled to F's share below the longest.
    private static double Pareto(DelayProfile profile, double uniform)
    {
        var below = 1 - Math.Pow(1 + ((profile.MaxMs - profile.Ms) / profile.SpreadMs), -profile.Shape);
        return profile.Ms + (profile.SpreadMs * (Math.Pow(1 - (uniform * below), -1 / profile.Shape) - 1));
    }
}
