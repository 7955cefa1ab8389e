namespace Jtfa.Interfaces;

/// <summary>What counts in a plan.</summary>
public enum PlanGoal
{
    /// <summary>Text tokens a second of all sequences together.</summary>
    Throughput,

    /// <summary>Text tokens a second of one sequence that is alone.</summary>
    Latency,
}

/// <summary>The plan that would be made for a language model now, what it is expected to do, and what that is computed from.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.PlanProposal")]
public sealed record PlanProposal
{
    /// <summary>The plan; null where none is possible.</summary>
    [Id(0)] public ModelPlan? Plan { get; init; }

    /// <summary>Why there is no plan, one line; null where there is one.</summary>
    [Id(1)] public string? Fault { get; init; }

    /// <summary>What each stage of the plan takes, in its order.</summary>
    [Id(2)] public StageForecast[] Stages { get; init; } = [];

    /// <summary>Sequences that it is made for.</summary>
    [Id(3)] public required int Sequences { get; init; }

    /// <summary>What counts.</summary>
    [Id(4)] public required PlanGoal Goal { get; init; }

    /// <summary>Text tokens a second that are expected, of all sequences together.</summary>
    [Id(5)] public double TokensPerSecond { get; init; }

    /// <summary>Text tokens a second that no plan exceeds; null where this one is known to be the best.</summary>
    [Id(6)] public double? BoundTokensPerSecond { get; init; }

    /// <summary>Seconds of one batch through all stages and back to the starter.</summary>
    [Id(7)] public double RoundSeconds { get; init; }

    /// <summary>The silos that were measured.</summary>
    [Id(8)] public SiloCapability[] Silos { get; init; } = [];

    /// <summary>The ways between them.</summary>
    [Id(9)] public SiloWay[] Ways { get; init; } = [];

    /// <summary>Silos that did not answer, and are left out.</summary>
    [Id(10)] public string[] Silent { get; init; } = [];

    /// <summary>The plan by which the model computes now; null while it is not loaded.</summary>
    [Id(11)] public PlanInForce? InForce { get; init; }
}

/// <summary>The plan by which a language model computes now.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.PlanInForce")]
public sealed record PlanInForce
{
    /// <summary>The plan; null while a stage is missing.</summary>
    [Id(0)] public ModelPlan? Plan { get; init; }

    /// <summary>Whether the solver made it, and not the configuration.</summary>
    [Id(1)] public bool IsAuto { get; init; }

    /// <summary>Why a stage is missing, so that texts wait, one line; null while all are there.</summary>
    [Id(2)] public string? Fault { get; init; }

    /// <summary>
    /// What each stage is expected to take, those that follow each other on one silo as one; empty where that is not known.
    /// </summary>
    [Id(3)] public StageForecast[] Stages { get; init; } = [];

    /// <summary>Text tokens a second that are expected of the proposal's sequences; null where that is not known.</summary>
    [Id(4)] public double? TokensPerSecond { get; init; }

    /// <summary>Seconds of one batch through all stages and back to the starter that are expected; null where that is not known.</summary>
    [Id(5)] public double? RoundSeconds { get; init; }
}

/// <summary>What one stage is expected to take.</summary>
/// <param name="Silo">The silo's name.</param>
/// <param name="First">Its first block.</param>
/// <param name="Count">How many blocks.</param>
/// <param name="Bytes">Memory of its weights and pages.</param>
/// <param name="Seconds">What it computes for one batch.</param>
/// <param name="HopSeconds">From it to the next stage; from the last to the starter.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.StageForecast")]
public sealed record StageForecast(
    [property: Id(0)] string Silo, [property: Id(1)] int First, [property: Id(2)] int Count, [property: Id(3)] long Bytes,
    [property: Id(4)] double Seconds, [property: Id(5)] double HopSeconds);
