namespace Jtfa.Experiments.Results;

/// <summary>What was run, where, and what it came to: all that the report is made of.</summary>
public sealed record ExperimentRecord
{
    /// <summary>The command line that made it.</summary>
    public required string Command { get; init; }

    /// <summary>The version and commit of the program that made the runs.</summary>
    public required string Version { get; init; }

    /// <summary>The machine: one line each of processor, memory, system.</summary>
    public required IReadOnlyDictionary<string, string> Machine { get; init; }

    /// <summary>How it was run: settings worth knowing, as repeats, seconds a run, namespaces or loopback.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>When the first run began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When the last run ended.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>All runs of all experiments.</summary>
    public required IReadOnlyList<RunResult> Results { get; init; }

    /// <summary>Experiments that were not run, and why: the published implementation was not given, for one.</summary>
    public IReadOnlyDictionary<string, string> Skipped { get; init; } = new Dictionary<string, string>();
}
