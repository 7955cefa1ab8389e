namespace Jtfa.Language.Decoding;

/// <summary>
/// Which ids of a vocabulary may follow a text that has to be JSON, remembered for each state that texts reach. Sequences share it, from
/// whichever thread.
/// </summary>
/// <param name="grammar">The documents.</param>
/// <param name="vocabulary">The vocabulary.</param>
public sealed class JsonMasks(JsonGrammar grammar, VocabularyTrie vocabulary)
{
    private const long MostMaskBytes = 64 << 20;
    // Longer plain branches are rare and are looked at byte by byte.
    private const int MostPlain = 16;

    private readonly Lock _gate = new();
    private readonly JsonState?[] _path = new JsonState?[vocabulary.Longest + 1];
    private JsonAutomaton _automaton = new(grammar);
    private long _maskBytes;

    /// <summary>At so many states, or 64 MB of masks, what is remembered is thrown away.</summary>
    internal int MostStates { get; init; } = 20_000;

    internal JsonState Start
    {
        get
        {
            lock (_gate) return _automaton.Start;
        }
    }

    internal bool IsEnd(int id) => Array.BinarySearch(vocabulary.Ends, id) >= 0;

    /// <summary>The state after an id's bytes; null when the id is not allowed.</summary>
    internal JsonState? Next(JsonState state, int id)
    {
        lock (_gate)
        {
            state = Current(state);
            foreach (var value in vocabulary.Strings[id])
            {
                if (_automaton.Next(state, value) is not { } next) return null;
                state = next;
            }
            return vocabulary.Strings[id].Length == 0 ? null : state;
        }
    }

    internal ulong[] Mask(JsonState state)
    {
        lock (_gate)
        {
            if (state.Mask is { } known) return known;
            state = Current(state);
            return state.Mask ??= Walk(state);
        }
    }

    private JsonState Current(JsonState state)
    {
        if (_automaton.States > MostStates || _maskBytes > MostMaskBytes) (_automaton, _maskBytes) = (new JsonAutomaton(grammar), 0);
        return state.Owner == _automaton ? state : _automaton.Import(state, state.Owner);
    }

    private ulong[] Walk(JsonState state)
    {
        var mask = new ulong[(vocabulary.Count + 63) / 64];
        _maskBytes += 8 * mask.Length;
        if (state.IsComplete) foreach (var id in vocabulary.Ends) mask[id >> 6] |= 1UL << id;
        var (labels, depths, pasts, reaches) = (vocabulary.Labels, vocabulary.Depths, vocabulary.Pasts, vocabulary.PlainReaches);
        _path[0] = state;
        for (var node = 0; node < labels.Length;)
        {
            var depth = depths[node];
            // Within a string, whole branches are allowed: no need to look at their bytes.
            if (reaches[node] is > 0 and <= MostPlain && reaches[node] <= _automaton.PlainRoom(_path[depth]!, MostPlain))
            {
                foreach (var id in vocabulary.Branch(node)) mask[id >> 6] |= 1UL << id;
                node = pasts[node];
                continue;
            }
            if (_automaton.Next(_path[depth]!, labels[node]) is not { } next)
            {
                node = pasts[node];
                continue;
            }
            _path[depth + 1] = next;
            foreach (var id in vocabulary.EndingAt(node)) mask[id >> 6] |= 1UL << id;
            node++;
        }
        return mask;
    }
}
