namespace Jtfa.Language.Planning;

/// <summary>What a plan is to be good for.</summary>
public sealed record PlanRequest
{
    /// <summary>Sequences that run at once.</summary>
    public int Sequences { get; init; } = 1;

    /// <summary>What counts.</summary>
    public PlanObjective Objective { get; init; } = PlanObjective.Throughput;

    /// <summary>Pages of 16 text tokens that every block keeps for all sequences together.</summary>
    public int Pages { get; init; } = 1024;

    /// <summary>Text tokens of a sequence, in the mean, whose keys and values are read for its next.</summary>
    public int Context { get; init; } = 256;

    /// <summary>Bytes of a number of a hidden state between silos: 4 for F32, 2 for F16.</summary>
    public double WireBytes { get; init; } = 4;

    /// <summary>Whether silos may share a stage's tensors, where that is worth its sums.</summary>
    public bool MayShare { get; init; }

    /// <summary>The silo that starts; null: any may.</summary>
    public string? Starter { get; init; }

    /// <summary>Blocks that the starter has at least, as where they are in its memory and texts are under way.</summary>
    public int StarterBlocks { get; init; } = 1;
}

/// <summary>What counts in a plan.</summary>
public enum PlanObjective
{
    /// <summary>Text tokens a second of all sequences together.</summary>
    Throughput,

    /// <summary>Text tokens a second of one sequence that is alone.</summary>
    Latency,
}

/// <summary>No plan is possible. The message is one line that says what is lacking.</summary>
/// <param name="message">The line.</param>
public sealed class PlanException(string message) : Exception(message);
