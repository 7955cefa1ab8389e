using Jtfa.Core;

namespace Jtfa.Interfaces;

/// <summary>A fired window's result: one row of the decision log (docs/decision-log.md).</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.Decision")]
public sealed record Decision
{
    /// <summary>The scene it was decided for.</summary>
    [Id(0)] public required string Scene { get; init; }

    /// <summary>Decision id: the number of its window. With the scene and <see cref="ClockEpoch"/> it names the decision.</summary>
    [Id(1)] public required long Id { get; init; }

    /// <summary>When the window fired, seconds since 1970.</summary>
    [Id(2)] public required double Timestamp { get; init; }

    /// <summary>Why the window fired.</summary>
    [Id(3)] public required FireCause Cause { get; init; }

    /// <summary>Tokens fused; one a view.</summary>
    [Id(4)] public required int M { get; init; }

    /// <summary>Distinct views / N, in (0, 1].</summary>
    [Id(5)] public required double FillRatio { get; init; }

    /// <summary>Bytes of the datagrams whose tokens were fused (UDP payload).</summary>
    [Id(6)] public required int Bytes { get; init; }

    /// <summary>Mean of (fire time − capture time) over the fused tokens, seconds.</summary>
    [Id(7)] public required double LatMean { get; init; }

    /// <summary>Median of the same latencies, seconds.</summary>
    [Id(8)] public required double P50 { get; init; }

    /// <summary>90th percentile of the same latencies, seconds.</summary>
    [Id(9)] public required double P90 { get; init; }

    /// <summary>99th percentile of the same latencies, seconds.</summary>
    [Id(10)] public required double P99 { get; init; }

    /// <summary>p99 / p50; 0 where p50 is not positive.</summary>
    [Id(11)] public required double TailFactor { get; init; }

    /// <summary>The class that the head decided for.</summary>
    [Id(12)] public required int Pred { get; init; }

    /// <summary>Majority label of the fused tokens, ties to the smaller; −1 unknown.</summary>
    [Id(13)] public required int Gt { get; init; }

    /// <summary>
    /// Accuracy over this scene's decisions with a known label so far, in [0, 1]; NaN while there is none. Set by the scene, in order.
    /// </summary>
    [Id(14)] public double AccRunning { get; init; }

    /// <summary>Softmax probability of <see cref="Pred"/>.</summary>
    [Id(15)] public required double Confidence { get; init; }

    /// <summary>The fused views' numbers, ascending.</summary>
    [Id(16)] public required int[] Views { get; init; }

    /// <summary>
    /// When the decision was due, seconds since 1970: when the gateway received the K-th view's token (cause K), or T after it received
    /// the first token (cause T). Fire latency and T-fire lateness are measured from it. Not part of the log.
    /// </summary>
    [Id(17)] public double DueAt { get; init; }

    /// <summary>The activation of its scene that published it: when that began, in ticks of UTC. Not part of the log.</summary>
    [Id(18)] public long Activation { get; init; }

    /// <summary>Its number among the decisions that this activation appended to the log, from 1. Not part of the log.</summary>
    [Id(19)] public long Number { get; init; }

    /// <summary>
    /// The clock epoch of its window: how often a gateway's clock had been set back by then. An id that comes again in a later epoch is
    /// another window's.
    /// </summary>
    [Id(20)] public int ClockEpoch { get; init; }

    /// <summary>The clock epoch in which <see cref="Activation"/> began. Not part of the log.</summary>
    [Id(21)] public int ActivationEpoch { get; init; }

    /// <summary>
    /// The name of class <see cref="Pred"/>, as the scene's model.json had it when it was decided; null where that names no classes. Set by
    /// the scene.
    /// </summary>
    [Id(22)] public string? Label { get; init; }

    /// <summary>What names it within its scene.</summary>
    public DecisionKey Key => new(ClockEpoch, Id);

    /// <summary>How far its scene has published with it.</summary>
    public PublishedMark Mark => new(Activation, Number, ActivationEpoch);

    /// <summary>
    /// Whether nothing was published between another decision of the scene and this one. A stream may lose decisions when a silo dies; its
    /// follower then reads the missing ones from the log.
    /// </summary>
    public bool ComesRightAfter(Decision before)
    {
        ArgumentNullException.ThrowIfNull(before);
        // A decision that is delivered again is no sign of a missing one.
        return !IsPublishedAfter(before) || Mark == before.Mark with { Number = before.Number + 1 };
    }

    /// <summary>Whether it was published after another decision of the scene.</summary>
    public bool IsPublishedAfter(Decision other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Mark.IsAfter(other.Mark);
    }

    /// <summary>Whether <see cref="Pred"/> equals a known <see cref="Gt"/>.</summary>
    public bool Correct => Gt >= 0 && Pred == Gt;

    /// <summary>Whether a window of a scene can have made it: a report may come from another process.</summary>
    /// <param name="scene">The scene.</param>
    public bool IsSoundFor(string scene) => Scene == scene && Cause is (FireCause.K or FireCause.T) && double.IsFinite(Timestamp)
        && M is >= 1 and <= ScenePolicy.MaxViews && Views.Length == M && FillRatio is > 0 and <= ScenePolicy.MaxViews
        && Bytes >= 0 && Pred >= 0 && ClockEpoch >= 0 && Confidence is >= 0 and <= 1
        && double.IsFinite(LatMean) && double.IsFinite(P50) && double.IsFinite(P90) && double.IsFinite(P99);
}

/// <summary>What names a decision within its scene.</summary>
/// <param name="ClockEpoch">The clock epoch of its window.</param>
/// <param name="Id">Its decision id.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.DecisionKey")]
public readonly record struct DecisionKey([property: Id(0)] int ClockEpoch, [property: Id(1)] long Id);
