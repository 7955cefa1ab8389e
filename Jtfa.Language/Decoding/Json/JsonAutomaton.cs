namespace Jtfa.Language.Decoding;

/// <summary>
/// A grammar's states, made as texts reach them: each is the set of all places of the grammar that the text so far may have led to, a
/// place being a node and the stack of nodes to go back to. Equal stacks and equal states are one object, so that what is known of a state,
/// its successors and its mask, is found again.
/// </summary>
internal sealed class JsonAutomaton
{
    private const int MostPlaces = 20_000;

    private readonly JsonGrammar _grammar;
    // Stacks: the node on top, the stack below, how many are below. The first is empty.
    private readonly List<(int Node, int Below, int Depth)> _stacks = [(-1, -1, 0)];
    private readonly Dictionary<(int Node, int Below), int> _stackIds = [];
    private readonly Dictionary<long[], JsonState> _states = new(new PlacesComparer());
    private readonly HashSet<long> _seen = [];
    private readonly Stack<long> _open = [];
    private readonly List<long> _places = [];
    private bool _isComplete;

    public JsonAutomaton(JsonGrammar grammar)
    {
        _grammar = grammar;
        Open(grammar.Start, 0);
        Start = Close()!;
    }

    /// <summary>The state of an empty text.</summary>
    public JsonState Start { get; }

    public int States => _states.Count;

    /// <summary>The state after a byte; null when the byte is not allowed.</summary>
    public JsonState? Next(JsonState state, byte value)
    {
        if (state.Known(value, out var next)) return next;
        foreach (var place in state.Places)
        {
            foreach (var edge in _grammar.Bytes[(int)(place >> 32)])
                if (edge.Low <= value && value <= edge.High) Open(edge.Target, (int)place);
        }
        next = Close();
        state.Know(value, next);
        return next;
    }

    /// <summary>How many plain characters may follow a state whichever they are, looked for up to a most.</summary>
    public int PlainRoom(JsonState state, int most)
    {
        var room = 0;
        for (; room < most; room++)
        {
            if (state.PlainNext is null && !state.IsNoString)
            {
                var next = Next(state, (byte)' ');
                for (byte value = 0x21; next is not null && value < 0x7F; value++)
                    if (VocabularyTrie.IsPlain(value) && Next(state, value) != next) next = null;
                (state.PlainNext, state.IsNoString) = (next, next is null);
            }
            if (state.IsNoString) break;
            if (state.PlainNext == state) return most;
            state = state.PlainNext!;
        }
        return room;
    }

    /// <summary>This automaton's state for one of another automaton of the same grammar.</summary>
    public JsonState Import(JsonState state, JsonAutomaton other)
    {
        foreach (var place in state.Places) Open((int)(place >> 32), Imported((int)place));
        _isComplete = state.IsComplete;
        return Close()!;

        int Imported(int stack) => stack == 0 ? 0 : Pushed(other._stacks[stack].Node, Imported(other._stacks[stack].Below));
    }

    // Adds a place and all that are reached from it without a byte. One that has no way to its end within the depth is left out.
    private void Open(int node, int stack)
    {
        Push(node, stack);
        while (_open.TryPop(out var place))
        {
            (node, stack) = ((int)(place >> 32), (int)place);
            if (_grammar.Bytes[node].Length > 0) _places.Add(place);
            if (_grammar.Ends[node])
            {
                if (stack == 0) _isComplete = true;
                else Push(_stacks[stack].Node, _stacks[stack].Below);
            }
            foreach (var edge in _grammar.Moves[node])
            {
                if (edge.Rule < 0) Push(edge.Target, stack);
                else if (IsWithin(edge.Target, _stacks[stack].Depth) && IsWithin(_grammar.Starts[edge.Rule], _stacks[stack].Depth + 1))
                    Push(_grammar.Starts[edge.Rule], Pushed(edge.Target, stack));
            }
        }
    }

    private void Push(int node, int stack)
    {
        var place = (long)node << 32 | (uint)stack;
        if (!IsWithin(node, _stacks[stack].Depth) || !_seen.Add(place)) return;
        if (_seen.Count > MostPlaces)
            throw new InvalidOperationException($"By the schema, the text has over {MostPlaces} meanings: let them differ earlier.");
        _open.Push(place);
    }

    // The outermost value is one level itself.
    private bool IsWithin(int node, int depth) => depth + _grammar.Needs[node] < JsonGrammar.MaxDepth;

    private int Pushed(int node, int below)
    {
        if (_stackIds.TryGetValue((node, below), out var id)) return id;
        _stackIds.Add((node, below), id = _stacks.Count);
        _stacks.Add((node, below, _stacks[below].Depth + 1));
        return id;
    }

    private JsonState? Close()
    {
        JsonState? state = null;
        if (_places.Count > 0 || _isComplete)
        {
            // The first place tells whether the text may end.
            _places.Add(_isComplete ? -1 : -2);
            _places.Sort();
            long[] key = [.. _places];
            if (!_states.TryGetValue(key, out state)) _states.Add(key, state = new JsonState(this, key.AsMemory(1), _isComplete));
        }
        _places.Clear();
        _seen.Clear();
        _isComplete = false;
        return state;
    }

    private sealed class PlacesComparer : IEqualityComparer<long[]>
    {
        public bool Equals(long[]? x, long[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(long[] places)
        {
            var hash = new HashCode();
            foreach (var place in places) hash.Add(place);
            return hash.ToHashCode();
        }
    }
}

/// <summary>A state of an automaton.</summary>
internal sealed class JsonState(JsonAutomaton owner, ReadOnlyMemory<long> places, bool isComplete)
{
    private static readonly JsonState s_none = new(null!, default, false);
    private JsonState?[]? _next;

    public JsonAutomaton Owner { get; } = owner;

    public ReadOnlySpan<long> Places => places.Span;

    /// <summary>Whether the text may end here.</summary>
    public bool IsComplete { get; } = isComplete;

    /// <summary>The ids that are allowed here; null until they are needed.</summary>
    public ulong[]? Mask { get; set; }

    /// <summary>The state after a plain character, where it is the same after each of them.</summary>
    public JsonState? PlainNext { get; set; }

    /// <summary>Whether it is not.</summary>
    public bool IsNoString { get; set; }

    public bool Known(byte value, out JsonState? next)
    {
        var known = _next?[value];
        next = known == s_none ? null : known;
        return known is not null;
    }

    public void Know(byte value, JsonState? next) => (_next ??= new JsonState?[256])[value] = next ?? s_none;
}
