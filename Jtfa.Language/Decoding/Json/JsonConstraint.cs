namespace Jtfa.Language.Decoding;

/// <summary>
/// Holds one sequence's text to JSON: only what leads on to a whole document is allowed, and an end only where the document is whole. It
/// is of one thread at a time.
/// </summary>
/// <param name="masks">The documents and the vocabulary, shared by sequences.</param>
public sealed class JsonConstraint(JsonMasks masks)
{
    private readonly List<JsonState> _states = [masks.Start];
    private bool _isEnded;

    /// <summary>Whether the text so far is a whole document.</summary>
    public bool IsComplete => _states[^1].IsComplete;

    /// <summary>The allowed ids, a bit for each.</summary>
    public ReadOnlySpan<ulong> Allowed => masks.Mask(_states[^1]);

    /// <summary>Whether an id is allowed.</summary>
    public bool Allows(int id) => (Allowed[id >> 6] >> id & 1) != 0;

    /// <summary>Takes a chosen text token; none of the prompt.</summary>
    /// <exception cref="InvalidOperationException">It is not allowed.</exception>
    public void Accept(int id)
    {
        var isEnd = masks.IsEnd(id);
        var next = _isEnded ? null : !isEnd ? masks.Next(_states[^1], id) : IsComplete ? _states[^1] : null;
        _states.Add(next ?? throw new InvalidOperationException($"Text token {id} is not allowed here by the schema."));
        _isEnded = isEnd;
    }

    /// <summary>Takes the last accepted text tokens back.</summary>
    public void Rewind(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(count, _states.Count);
        if (count > 0) _isEnded = false;
        _states.RemoveRange(_states.Count - count, count);
    }
}
