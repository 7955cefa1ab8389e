namespace Jtfa.Interfaces;

/// <summary>What a camera sends besides each token, so that a lost packet need not cost a token.</summary>
public enum RedundancyKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The same token once more, <see cref="TokenRedundancy.Delay"/> later (RFC 7198).</summary>
    Duplicate,

    /// <summary>With each token the last <see cref="TokenRedundancy.Tokens"/> before it (RFC 2198).</summary>
    Red,
}

/// <summary>
/// A camera's redundancy. Whatever comes first counts; the rest are copies, which gateways count. It helps where a link fades for less than
/// the delay, or than as many periods as tokens are carried along, and where a window waits so long.
/// </summary>
[GenerateSerializer, Immutable, Alias("Jtfa.TokenRedundancy")]
public sealed record TokenRedundancy
{
    /// <summary>The longest <see cref="Delay"/>, milliseconds.</summary>
    public const double LongestDelay = 1000;

    /// <summary>The most <see cref="Tokens"/>.</summary>
    public const int MostTokens = 8;

    /// <summary>What is sent besides.</summary>
    [Id(0)] public RedundancyKind Kind { get; init; }

    /// <summary>Duplicate: milliseconds from a token to its copy, 1 … <see cref="LongestDelay"/>.</summary>
    [Id(1)] public double Delay { get; init; } = 50;

    /// <summary>Red: tokens carried along, 1 … <see cref="MostTokens"/>.</summary>
    [Id(2)] public int Tokens { get; init; } = 2;

    /// <summary>What is wrong with it, one line a fault; empty when it is valid.</summary>
    public IEnumerable<string> Faults()
    {
        if (!Enum.IsDefined(Kind)) yield return $"Redundancy.Kind={Kind}: allowed is {string.Join(", ", Enum.GetNames<RedundancyKind>())}";
        if (Delay is not (>= 1 and <= LongestDelay)) yield return $"Redundancy.Delay={Delay}: allowed is 1 … {LongestDelay} (ms)";
        if (Tokens is < 1 or > MostTokens) yield return $"Redundancy.Tokens={Tokens}: allowed is 1 … {MostTokens}";
    }
}
