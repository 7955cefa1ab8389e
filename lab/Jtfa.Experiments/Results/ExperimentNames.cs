namespace Jtfa.Experiments.Results;

/// <summary>The experiments, by the names that the command line and the CSV have for them.</summary>
public static class ExperimentNames
{
    /// <summary>The relay's own error at 4 × 50 Hz.</summary>
    public const string Relay = "relay";

    /// <summary>A1: encodings.</summary>
    public const string Encodings = "a1";

    /// <summary>A2: conservative, that is short, T and W.</summary>
    public const string Conservative = "a2";

    /// <summary>A3: relaxed, that is long, T and W.</summary>
    public const string Relaxed = "a3";

    /// <summary>A4: accuracy against bandwidth.</summary>
    public const string Bandwidth = "a4";

    /// <summary>Where the time of decisions goes.</summary>
    public const string Tail = "tail";

    /// <summary>K of N, wait for all, fixed delay: on the same recorded arrivals.</summary>
    public const string Strategies = "strategies";

    /// <summary>K and T that adapt against fixed ones: replayed on the same traces, no hosts.</summary>
    public const string Adaptive = "adaptive";

    /// <summary>Redundancy against links that fade: replayed on the same fades, no hosts.</summary>
    public const string Loss = "loss";

    /// <summary>Tokens sent when they have moved: replayed on the same moving scenes, no hosts.</summary>
    public const string Rate = "rate";

    /// <summary>Bytes against accuracy of the wire's versions and quantisers: replayed on the same fates, no hosts.</summary>
    public const string Wire = "wire";

    /// <summary>A language model on one, two and three silos.</summary>
    public const string Ring = "ring";

    /// <summary>The experiments that need no hosts.</summary>
    public static IReadOnlyList<string> Virtual { get; } = [Adaptive, Loss, Rate, Wire];

    /// <summary>Beside the published implementation.</summary>
    public const string Reference = "reference";
}
