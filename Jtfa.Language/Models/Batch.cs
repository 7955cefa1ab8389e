using Jtfa.Language.Caches;

namespace Jtfa.Language.Models;

/// <summary>
/// Text tokens of several sequences that go through a model together, a row each. A row's numbers do not depend on the others, but for
/// those of its own sequence that come before it.
/// </summary>
public sealed class Batch
{
    private const int UnknownToken = -1; // only the starter knows text tokens

    private readonly List<BatchRow> _rows = [];

    /// <summary>The rows, those of a sequence in its order.</summary>
    public IReadOnlyList<BatchRow> Rows => _rows;

    /// <summary>Adds text tokens to a sequence.</summary>
    /// <param name="sequence">The sequence, which grows.</param>
    /// <param name="tokens">Its next text tokens.</param>
    /// <returns>Whether the sequence's pool had room; if not, nothing was added.</returns>
    public bool TryAdd(CachedSequence sequence, ReadOnlySpan<int> tokens)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        var position = sequence.Length;
        if (!sequence.TryGrow(tokens.Length)) return false;
        foreach (var token in tokens) _rows.Add(new BatchRow(sequence, position++, token));
        return true;
    }

    /// <summary>Adds rows whose hidden states come from another stage.</summary>
    /// <param name="sequence">Where their keys and values go.</param>
    /// <param name="position">The place of the first in the sequence.</param>
    /// <param name="count">How many.</param>
    internal void Add(PageTable sequence, int position, int count)
    {
        for (var i = 0; i < count; i++) _rows.Add(new BatchRow(sequence, position + i, UnknownToken));
    }

    /// <summary>Takes all rows out, to be used again.</summary>
    public void Clear() => _rows.Clear();
}

/// <summary>One text token on its way.</summary>
/// <param name="Sequence">Where its keys and values go.</param>
/// <param name="Position">Its place in the sequence, from 0.</param>
/// <param name="Token">Its number in the vocabulary; −1 where only another stage knows it.</param>
public readonly record struct BatchRow(PageTable Sequence, int Position, int Token);
