using Jtfa.Core;

namespace Jtfa.Interfaces;

/// <summary>
/// How a decision came about: its tokens, and what each counted in the gate. Not in the log: lanes remember it of their last
/// <see cref="KeptPerLane"/> decisions.
/// </summary>
[GenerateSerializer, Immutable, Alias("Jtfa.DecisionDetail")]
public sealed record DecisionDetail
{
    /// <summary>Decisions of which a lane remembers it.</summary>
    public const int KeptPerLane = 16;

    /// <summary>The decision's id.</summary>
    [Id(0)] public required long Id { get; init; }

    /// <summary>Its clock epoch.</summary>
    [Id(1)] public required int ClockEpoch { get; init; }

    /// <summary>β of the gate's softmax.</summary>
    [Id(2)] public required double Beta { get; init; }

    /// <summary>The fused tokens, by view.</summary>
    [Id(3)] public required TokenShare[] Tokens { get; init; }

    /// <summary>The id of its trace, as OpenTelemetry writes it; null where it was not recorded.</summary>
    [Id(4)] public string? Trace { get; init; }
}

/// <summary>A token of a decision, and what it counted.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.TokenShare")]
public sealed record TokenShare
{
    /// <summary>Its view.</summary>
    [Id(0)] public required int View { get; init; }

    /// <summary>Its weight in the gate, in [0, 1]; those of a decision add up to 1.</summary>
    [Id(1)] public required double Weight { get; init; }

    /// <summary>Capture time, seconds since 1970, by the camera's clock.</summary>
    [Id(2)] public required double CapturedAt { get; init; }

    /// <summary>When the gateway received it, seconds since 1970.</summary>
    [Id(3)] public required double ReceivedAt { get; init; }

    /// <summary>Confidence of the view in its token, in (0, 1].</summary>
    [Id(4)] public required double Quality { get; init; }

    /// <summary>The label that came with it; −1 unknown.</summary>
    [Id(5)] public required int Gt { get; init; }

    /// <summary>Length of its datagram (UDP payload).</summary>
    [Id(6)] public required int Bytes { get; init; }

    /// <summary>How its vector was encoded.</summary>
    [Id(7)] public required TokenEncoding Encoding { get; init; }

    /// <summary>The token itself, decoded; null where it was not asked for.</summary>
    [Id(8)] public float[]? Vector { get; init; }
}
