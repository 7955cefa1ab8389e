namespace Jtfa.Testbed.Links;

/// <summary>What a link does to datagrams; what is not named it does not do. All shares are probabilities, 0 … 1.</summary>
public sealed record LinkProfile
{
    /// <summary>Delay and jitter; null: none.</summary>
    public DelayProfile? Delay { get; init; }

    /// <summary>Share lost, each packet independently of the others.</summary>
    public double Loss { get; init; }

    /// <summary>Loss in bursts; null: none.</summary>
    public BurstProfile? Burst { get; init; }

    /// <summary>Loss while the link fades, by time; null: it does not.</summary>
    public FadeProfile? Fade { get; init; }

    /// <summary>Packets that are held back so that later ones overtake them; null: none.</summary>
    public ReorderProfile? Reorder { get; init; }

    /// <summary>Share that arrives twice; the copy has a delay of its own.</summary>
    public double Duplicate { get; init; }

    /// <summary>The link's rate; null: no limit.</summary>
    public RateProfile? Rate { get; init; }
}

/// <summary>How a delay is distributed.</summary>
public enum DelayDistribution
{
    /// <summary>Always the same.</summary>
    Constant,

    /// <summary>Normal, cut to what is allowed and no mass put on the borders.</summary>
    Normal,

    /// <summary>A least delay plus a Pareto distributed one of the second kind (Lomax): some packets are very late.</summary>
    Pareto,
}

/// <summary>A link's delay.</summary>
/// <param name="Distribution">Its distribution.</param>
/// <param name="Ms">Milliseconds. Constant: the delay; normal: mean before it is cut; Pareto: the least.</param>
/// <param name="SpreadMs">Milliseconds. Normal: standard deviation before it is cut; Pareto: scale s.</param>
/// <param name="Shape">Pareto: shape α of P(X &gt; x) = (1 + x/s)^−α; the mean is Ms + s/(α − 1) for α &gt; 1.</param>
/// <param name="MaxMs">The longest, milliseconds; the distribution is that of delays up to it.</param>
public sealed record DelayProfile(
    DelayDistribution Distribution, double Ms, double SpreadMs = 0, double Shape = 0, double MaxMs = double.PositiveInfinity);

/// <summary>
/// The model of Gilbert ("Capacity of a burst-noise channel", Bell System Technical Journal 39, 1960) and Elliott (ibid. 42, 1963): a
/// link is good or bad and may change before each packet. A stay in bad lasts 1/ToGood packets in the mean, geometrically
/// distributed; the share of packets met by bad is ToBad/(ToBad + ToGood).
/// </summary>
/// <param name="ToBad">Probability that a good link turns bad.</param>
/// <param name="ToGood">Probability that a bad link turns good.</param>
/// <param name="LossBad">Share lost while bad.</param>
/// <param name="LossGood">Share lost while good.</param>
public sealed record BurstProfile(double ToBad, double ToGood, double LossBad = 1, double LossGood = 0)
{
    /// <summary>Share of packets that meet a bad link.</summary>
    public double BadShare => ToBad / (ToBad + ToGood);

    /// <summary>Share of packets lost.</summary>
    public double LossShare => (BadShare * LossBad) + ((1 - BadShare) * LossGood);
}

/// <summary>
/// A link that is good or fades, by time: a Markov chain in continuous time, so that each stay is exponentially distributed. How often
/// packets are sent does not matter, where a <see cref="BurstProfile"/> moves with each packet: there, copies end a fade sooner.
/// </summary>
/// <param name="GoodMs">How long it is good in the mean, milliseconds.</param>
/// <param name="BadMs">How long it fades in the mean, milliseconds.</param>
/// <param name="LossBad">Share lost while it fades.</param>
/// <param name="LossGood">Share lost while it is good.</param>
public sealed record FadeProfile(double GoodMs, double BadMs, double LossBad = 1, double LossGood = 0)
{
    /// <summary>Share of time in which it fades.</summary>
    public double BadShare => BadMs / (GoodMs + BadMs);

    /// <summary>Share of packets lost.</summary>
    public double LossShare => (BadShare * LossBad) + ((1 - BadShare) * LossGood);
}

/// <summary>Holds packets back.</summary>
/// <param name="Share">Share held.</param>
/// <param name="HoldMs">For how long on top of their delay, milliseconds.</param>
public sealed record ReorderProfile(double Share, double HoldMs);

/// <summary>A token bucket with a queue before it; a packet that the queue has no room for is dropped.</summary>
/// <param name="KbitPerSecond">The rate, IP and UDP headers included.</param>
/// <param name="BurstBytes">What may leave at once after a pause.</param>
/// <param name="QueueBytes">What may wait; the longest wait is QueueBytes over the rate.</param>
public sealed record RateProfile(double KbitPerSecond, int BurstBytes, int QueueBytes);
