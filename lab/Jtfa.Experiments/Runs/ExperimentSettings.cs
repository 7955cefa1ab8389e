using Jtfa.Experiments.Nodes;
using Jtfa.Experiments.Windows;
using Jtfa.Testbed.Links;

namespace Jtfa.Experiments.Runs;

/// <summary>What is asked of the experiments.</summary>
public sealed record ExperimentSettings
{
    /// <summary>The experiments to run, by <see cref="Results.ExperimentNames"/>.</summary>
    public required IReadOnlyList<string> Experiments { get; init; }

    /// <summary>How much of them.</summary>
    public required ExperimentScale Scale { get; init; }

    /// <summary>Repeats of each cell, each with a seed of its own.</summary>
    public int Repeats { get; init; } = 5;

    /// <summary>Seed of the first repeat; the others follow.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Where runs, traces and the report go.</summary>
    public required string Folder { get; init; }

    /// <summary>Whether hosts are network namespaces.</summary>
    public bool Namespaces { get; init; } = true;

    /// <summary>The program.</summary>
    public required JtfaProgram Program { get; init; }

    /// <summary>What cameras look at.</summary>
    public required Photographs Photographs { get; init; }

    /// <summary>The links' profiles.</summary>
    public required IReadOnlyDictionary<string, Profile> Profiles { get; init; }

    /// <summary>Folder of the published implementation; null: its experiment is skipped.</summary>
    public string? Reference { get; init; }

    /// <summary>Where a run keeps something: its results, its trace, its datagrams' fates.</summary>
    internal string PathOf(PlannedRun run, string extension) => RunStore.PathOf(Folder, run, extension);

    /// <summary>Makes the cameras' tokens of the photographs without cameras, for experiments in virtual time.</summary>
    public required Func<CancellationToken, Task<IReadOnlyList<SceneMoment>>> Moments { get; init; }

    /// <summary>
    /// Runs a language model on silos of its own, with links of a seed, and tells what was measured by <see cref="Results.ValueNames"/>.
    /// </summary>
    public required Func<RingCell, ulong, CancellationToken, Task<IReadOnlyDictionary<string, double>>> Ring { get; init; }

    /// <summary>The same of a scene that moves: so many moments, from a seed.</summary>
    public required Func<int, int, CancellationToken, Task<IReadOnlyList<SceneMoment>>> MovingMoments { get; init; }

    /// <summary>
    /// Makes them, of a scene that stands, with the model of a folder, as they come out of the model: not encoded, so that
    /// <see cref="SceneMoment.Bytes"/> is 0.
    /// </summary>
    public required Func<string, CancellationToken, Task<IReadOnlyList<SceneMoment>>> Tokens { get; init; }

    /// <summary>Whether any of the experiments runs programs on hosts.</summary>
    public bool NeedsHosts => Experiments.Except([.. Results.ExperimentNames.Virtual, Results.ExperimentNames.Ring]).Any();

    /// <summary>What tells one set of runs from another: results of different ones are never mixed.</summary>
    public string Fingerprint => string.Join("; ",
        $"scale {Scale.Name}", $"repeats {Repeats}", $"seed {Seed}", Namespaces ? "namespaces" : "loopback",
        $"photographs {Path.GetFullPath(Photographs.Images)}");
}
