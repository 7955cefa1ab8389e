using Jtfa.Language.Decoding;

namespace Jtfa.Language.Generation;

/// <summary>Guesses that a text repeats itself (<see cref="NgramDrafter"/>). That costs next to nothing.</summary>
public sealed class LookupDrafter : IDrafter
{
    private NgramDrafter _drafter = new();

    /// <inheritdoc/>
    public ReadOnlySpan<Distribution> Distributions => [];

    /// <inheritdoc/>
    public void Begin(ReadOnlySpan<int> prompt, GenerationOptions options, ulong seed, CancellationToken cancellationToken)
    {
        _drafter = new NgramDrafter();
        Accept(prompt);
    }

    /// <inheritdoc/>
    public int Propose(Span<int> proposal, JsonConstraint? json) => _drafter.Propose(proposal);

    /// <inheritdoc/>
    public void Accept(ReadOnlySpan<int> tokens)
    {
        foreach (var id in tokens) _drafter.Append(id);
    }
}
