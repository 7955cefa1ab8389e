using Jtfa.Experiments.Nodes;

namespace Jtfa.Experiments.Published;

/// <summary>What a comparison with the published implementation needs.</summary>
/// <param name="Reference">Folder of the published repository: has src/jtfa/producer.py and src/jtfa/fusion.py.</param>
/// <param name="Program">Our own program, and its models: head.npz, views.json, sample/.</param>
/// <param name="Scratch">A folder for logs, traces and tokens; made if it is not there.</param>
public sealed record PublishedSettings(string Reference, JtfaProgram Program, string Scratch)
{
    /// <summary>How long a run lasts.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Tokens that a run of a trace has at least, however long they take: 200 of four views at the paper's rate 10 s.</summary>
    public int MinTokens { get; init; } = 200;

    /// <summary>A trace of tokens to replay; null: one is recorded.</summary>
    public string? Trace { get; init; }

    /// <summary>How long a recorded trace is, about.</summary>
    public TimeSpan TraceDuration { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Views needed.</summary>
    public int K { get; init; } = 3;

    /// <summary>Views expected; the published default, and what is sent.</summary>
    public int N { get; init; } = 4;

    /// <summary>T; the published default.</summary>
    public TimeSpan T { get; init; } = TimeSpan.FromMilliseconds(50);
}
