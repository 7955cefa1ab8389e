using Jtfa.Language.Caches;

namespace Jtfa.Language.Models;

/// <summary>
/// Text tokens of several sequences that go through a model together, a row each. A row's numbers do not depend on the others, but for
/// those of its own sequence that come before it.
/// </summary>
public sealed class Batch
{
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

    /// <summary>Takes all rows out, to be used again.</summary>
    public void Clear() => _rows.Clear();
}

/// <summary>One text token on its way.</summary>
/// <param name="Sequence">Where its keys and values go.</param>
/// <param name="Position">Its place in the sequence, from 0.</param>
/// <param name="Token">Its number in the vocabulary.</param>
public readonly record struct BatchRow(CachedSequence Sequence, int Position, int Token);
