using Jtfa.Language.Decoding;

namespace Jtfa.Language.Generation;

/// <summary>Guesses how one text goes on, so that a model looks at several text tokens at once. For one thread at a time.</summary>
public interface IDrafter
{
    /// <summary>What the last proposal was drawn from; empty when it was chosen without chance.</summary>
    ReadOnlySpan<Distribution> Distributions { get; }

    /// <summary>Begins a text.</summary>
    /// <param name="prompt">Its prompt.</param>
    /// <param name="options">How it is made.</param>
    /// <param name="seed">The seed of the text's own sampler.</param>
    /// <param name="cancellationToken">Stops it.</param>
    void Begin(ReadOnlySpan<int> prompt, GenerationOptions options, ulong seed, CancellationToken cancellationToken);

    /// <summary>Proposes what may follow.</summary>
    /// <param name="proposal">Takes the proposed text tokens, as many as it is long at most.</param>
    /// <param name="json">What the text has to be; it is left as it was.</param>
    /// <returns>How many are proposed.</returns>
    int Propose(Span<int> proposal, JsonConstraint? json);

    /// <summary>Learns how the text went on.</summary>
    /// <param name="tokens">What was taken of the last proposal, and what came instead of the rest or after it.</param>
    void Accept(ReadOnlySpan<int> tokens);
}
