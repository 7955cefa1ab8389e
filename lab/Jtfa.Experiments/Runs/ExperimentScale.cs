namespace Jtfa.Experiments.Runs;

/// <summary>How much is run of each experiment: times are of one run, without starts and ends.</summary>
public sealed record ExperimentScale
{
    /// <summary>The whole set: less than an hour on two cores.</summary>
    public static readonly ExperimentScale Full = new()
    {
        Name = "full",
        Relay = TimeSpan.FromSeconds(10),
        Encodings = TimeSpan.FromSeconds(10),
        EncodingProfiles = ["wifi-good", "wifi-busy"],
        Policies = TimeSpan.FromSeconds(30),
        Bandwidth = TimeSpan.FromSeconds(15),
        Rates = [2, 5, 10, 20],
        AdaptiveMoments = 20_000,
        LossMoments = 20_000,
        MovingMoments = 20_000,
        WireMoments = 20_000,
        WireDimensions = [2, 4, 8, 16, 32, 64],
        Codes = [16, 64, 256, 1024],
        Reference = TimeSpan.FromSeconds(4),
        ReferenceTokens = 200,
        RingModels = [("nanollama-304m", 96), ("tinyllama-1.1b", 48)],
        RingTexts = [1, 4],
        RingDelays = [1, 5, 20],
        RingProfiles = ["wifi-good"],
    };

    /// <summary>The whole set in less than four minutes: its intervals are wide.</summary>
    public static readonly ExperimentScale Quick = new()
    {
        Name = "quick",
        Relay = TimeSpan.FromSeconds(1),
        Encodings = TimeSpan.FromSeconds(1.2),
        EncodingProfiles = ["wifi-busy"],
        Policies = TimeSpan.FromSeconds(1.2),
        Bandwidth = TimeSpan.FromSeconds(1.5),
        Rates = [20],
        AdaptiveMoments = 20_000,
        LossMoments = 20_000,
        MovingMoments = 4_000,
        WireMoments = 4_000,
        WireDimensions = [8, 16, 32],
        Codes = [16, 256],
        Reference = TimeSpan.FromSeconds(0.4),
        ReferenceTokens = 20,
        RingModels = [("llama-150m", 64)],
        RingTexts = [2],
        RingDelays = [5],
        RingProfiles = ["wifi-good"],
    };

    /// <summary>full or quick.</summary>
    public required string Name { get; init; }

    /// <summary>The relay's own error.</summary>
    public required TimeSpan Relay { get; init; }

    /// <summary>A1.</summary>
    public required TimeSpan Encodings { get; init; }

    /// <summary>A1's profiles.</summary>
    public required IReadOnlyList<string> EncodingProfiles { get; init; }

    /// <summary>A2 and A3, all policies together.</summary>
    public required TimeSpan Policies { get; init; }

    /// <summary>A4, all vectors of a rate together.</summary>
    public required TimeSpan Bandwidth { get; init; }

    /// <summary>A4's captures a second.</summary>
    public required IReadOnlyList<int> Rates { get; init; }

    /// <summary>Moments of each trace on which adaptive and fixed policies are replayed.</summary>
    public required int AdaptiveMoments { get; init; }

    /// <summary>Moments of each trace on which redundancies are compared.</summary>
    public required int LossMoments { get; init; }

    /// <summary>Moments of each moving scene.</summary>
    public required int MovingMoments { get; init; }

    /// <summary>Moments on which the wire's quantisers are compared.</summary>
    public required int WireMoments { get; init; }

    /// <summary>Lengths of the tokens that they are compared for: those of the experiments' models.</summary>
    public required IReadOnlyList<int> WireDimensions { get; init; }

    /// <summary>Entries of the codebooks that they are compared with.</summary>
    public required IReadOnlyList<int> Codes { get; init; }

    /// <summary>Each of the comparison's cells.</summary>
    public required TimeSpan Reference { get; init; }

    /// <summary>The ring's models, by their shapes, and text tokens of each text.</summary>
    public required IReadOnlyList<(string Shape, int Tokens)> RingModels { get; init; }

    /// <summary>The ring's texts at once ÷ silos.</summary>
    public required IReadOnlyList<int> RingTexts { get; init; }

    /// <summary>Delays of links between three silos, milliseconds one way.</summary>
    public required IReadOnlyList<double> RingDelays { get; init; }

    /// <summary>Profiles of links between three silos, of which the delays count.</summary>
    public required IReadOnlyList<string> RingProfiles { get; init; }

    /// <summary>Tokens that a replay of the comparison has at least.</summary>
    public required int ReferenceTokens { get; init; }
}
