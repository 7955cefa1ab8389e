using System.Runtime.InteropServices;

namespace Jtfa.Core;

/// <summary>What became of a token that was offered to a window.</summary>
public enum TokenOutcome : byte
{
    /// <summary>The first of its view.</summary>
    Added,

    /// <summary>A second of its view, before the window fired: it replaced the first.</summary>
    Duplicate,

    /// <summary>The window had fired.</summary>
    Late,

    /// <summary>The window holds N other views already.</summary>
    Surplus,

    /// <summary>It is a held one: it is in until one of its view's own comes.</summary>
    Held,
}

/// <summary>
/// The tokens of one decision id. Opens with its first token and fires once: when K distinct views are in, or by the timeout with
/// at least one. Held tokens of earlier moments are fused with the others, but do not count for K: whoever has moved is waited for until T.
/// Not thread-safe: it belongs to one grain. It has no clock: whoever owns it says when a timeout has passed.
/// </summary>
public sealed class FusionWindow
{
    private readonly int _needed;
    private readonly int _expected;
    private readonly int _dimension;
    private readonly byte[] _slots;
    private List<int>? _lateViews;

    /// <summary>An empty window.</summary>
    /// <param name="needed">K, 1 … N.</param>
    /// <param name="expected">N, the most distinct views that it holds.</param>
    /// <param name="dimension">Length d of its tokens, 1 … <see cref="TokenPacket.MaxDimension"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">K, N or d is out of range.</exception>
    public FusionWindow(int needed, int expected, int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(expected, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(needed, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(needed, expected);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimension, TokenPacket.MaxDimension);
        (_needed, _expected, _dimension) = (needed, expected, dimension);
        _slots = new byte[TokenBlock.Size(dimension, expected)];
        TokenBlock.Begin(_slots, dimension, expected);
    }

    /// <summary>Distinct views in, those with a held token included.</summary>
    public int Distinct { get; private set; }

    /// <summary>Distinct views in with a token of its moment.</summary>
    public int Fresh { get; private set; }

    /// <summary>Whether it has fired.</summary>
    public bool HasFired { get; private set; }

    /// <summary>Whether it may fire by K.</summary>
    public bool IsComplete => !HasFired && Fresh >= _needed;

    /// <summary>When the K-th distinct view was received, seconds since 1970; 0 before that.</summary>
    public double CompletedAt { get; private set; }

    /// <summary>Tokens that came after it had fired.</summary>
    public int Late { get; private set; }

    /// <summary>
    /// Views whose token came after it had fired and that were not fused, each once, in order of arrival; the first N, where there are
    /// more.
    /// </summary>
    public IReadOnlyList<int> LateViews => _lateViews ?? [];

    /// <summary>Second tokens of a view before it fired.</summary>
    public int Duplicates { get; private set; }

    /// <summary>Tokens of more than N distinct views.</summary>
    public int Surplus { get; private set; }

    /// <summary>Adds a token. The caller adds all tokens that it has, then asks <see cref="IsComplete"/> whether to fire.</summary>
    /// <exception cref="ArgumentException">The token's dimension is another.</exception>
    public TokenOutcome Add(in TokenHeader header, ReadOnlySpan<sbyte> values)
    {
        if (values.Length != _dimension)
            throw new ArgumentException($"A token of dimension {values.Length} in a window of dimension {_dimension}.", nameof(values));
        if (header.IsHeld)
        {
            if (!HasFired && Distinct < _expected && SlotOf(header.View) == Distinct) TokenBlock.Write(_slots, Distinct++, header, values);
            return TokenOutcome.Held;
        }

        if (HasFired)
        {
            Late++;
            if (SlotOf(header.View) == Distinct) NoteLate(header.View);
            return TokenOutcome.Late;
        }

        var slot = SlotOf(header.View);
        if (slot < Distinct && !Block().Header(slot).IsHeld)
        {
            Duplicates++;
            TokenBlock.Write(_slots, slot, header, values);
            return TokenOutcome.Duplicate;
        }

        // A held token makes room: for its own view's, or where N views are in for another's.
        if (slot == Distinct && Distinct == _expected) slot = HeldSlot();
        if (slot == _expected)
        {
            Surplus++;
            return TokenOutcome.Surplus;
        }

        TokenBlock.Write(_slots, slot, header, values);
        if (slot == Distinct) Distinct++;
        Fresh++;
        if (Fresh == _needed) CompletedAt = header.ReceivedAt;
        return TokenOutcome.Added;
    }

    /// <summary>Fires: decodes and fuses the tokens and decides.</summary>
    /// <param name="cause">K: enough views are in. T: the timeout has passed.</param>
    /// <param name="now">Fire time, seconds since 1970.</param>
    /// <param name="head">Gate and head of the window's dimension.</param>
    /// <param name="beta">Inverse temperature of the gate's softmax.</param>
    /// <exception cref="InvalidOperationException">It has fired, is empty, or is not complete though the cause is K.</exception>
    /// <exception cref="ArgumentException">The head is of another dimension.</exception>
    public FiredWindow Fire(FireCause cause, double now, FusionHead head, double beta)
    {
        if (HasFired) throw new InvalidOperationException("The window has fired already.");
        if (Fresh == 0) throw new InvalidOperationException("An empty window does not fire.");
        if (cause == FireCause.K && !IsComplete) throw new InvalidOperationException($"The window has {Fresh} of {_needed} views.");
        if (head.Dimension != _dimension)
            throw new ArgumentException($"A head of dimension {head.Dimension} for a window of dimension {_dimension}.", nameof(head));
        HasFired = true;
        TokenBlock.Begin(_slots, _dimension, Distinct);
        return FiredWindow.Fuse(Block(), _expected, cause, now, head, beta);
    }

    /// <summary>The tokens that it fused, packed as in a <see cref="TokenBlock"/>; empty until it has fired.</summary>
    public ReadOnlySpan<byte> Fused => HasFired ? _slots.AsSpan(0, (int)TokenBlock.Size(_dimension, Distinct)) : default;

    /// <summary>Empties it for another decision under the same K and N.</summary>
    public void Reset()
    {
        (Distinct, Fresh, HasFired, CompletedAt) = (0, 0, false, 0);
        (Late, Duplicates, Surplus) = (0, 0, 0);
        _lateViews = null;
        TokenBlock.Begin(_slots, _dimension, _expected);
    }

    /// <summary>
    /// Writes what it holds and has counted, so that another process can continue it: a header of its counts, its late views, its slots.
    /// </summary>
    public byte[] Save()
    {
        var late = _lateViews ?? [];
        var saved = new byte[Marshal.SizeOf<State>() + (sizeof(int) * late.Count) + _slots.Length];
        MemoryMarshal.Write(saved, new State
        {
            CompletedAt = CompletedAt,
            Distinct = Distinct,
            HasFired = HasFired ? 1 : 0,
            Late = Late,
            Duplicates = Duplicates,
            Surplus = Surplus,
            LateViews = late.Count,
        });
        var rest = saved.AsSpan(Marshal.SizeOf<State>());
        MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(late)).CopyTo(rest);
        _slots.CopyTo(rest[(sizeof(int) * late.Count)..]);
        return saved;
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="ArgumentException">The bytes are no window of that K, N and d.</exception>
    public static FusionWindow Load(ReadOnlySpan<byte> saved, int needed, int expected, int dimension)
    {
        if (saved.Length < Marshal.SizeOf<State>()) throw NotSaved();
        var state = MemoryMarshal.Read<State>(saved);
        var rest = saved[Marshal.SizeOf<State>()..];

        // Checked before a window is made, so that false counts in the bytes cannot make it take more memory than the bytes do.
        if (expected < 0 || state.LateViews < 0 || state.LateViews > expected || state.Distinct < 0 || state.Distinct > expected
            || rest.Length != ((long)sizeof(int) * state.LateViews) + TokenBlock.Size(dimension, expected)) throw NotSaved();
        var window = new FusionWindow(needed, expected, dimension);
        (window.CompletedAt, window.Distinct, window.HasFired) = (state.CompletedAt, state.Distinct, state.HasFired != 0);
        (window.Late, window.Duplicates, window.Surplus) = (state.Late, state.Duplicates, state.Surplus);
        var late = MemoryMarshal.Cast<byte, int>(rest[..(sizeof(int) * state.LateViews)]);
        if (late.Length > 0) window._lateViews = [.. late];
        rest[(sizeof(int) * state.LateViews)..].CopyTo(window._slots);
        TokenBlock.Begin(window._slots, dimension, window.HasFired ? window.Distinct : expected);
        for (var slot = 0; slot < window.Distinct; slot++)
            if (!window.Block().Header(slot).IsHeld) window.Fresh++;
        return window;
    }

    private static ArgumentException NotSaved() => new("Not a saved window of these views and this dimension.");

    private void NoteLate(int view)
    {
        _lateViews ??= [];
        if (_lateViews.Count < _expected && !_lateViews.Contains(view)) _lateViews.Add(view);
    }

    // Once it has fired, the block ends after the last token.
    private TokenBlock Block() => new(HasFired ? _slots.AsSpan(0, (int)TokenBlock.Size(_dimension, Distinct)) : _slots);

    // N where none is held.
    private int HeldSlot()
    {
        var block = Block();
        var slot = 0;
        while (slot < Distinct && !block.Header(slot).IsHeld) slot++;
        return slot;
    }

    private int SlotOf(int view)
    {
        var block = Block();
        var slot = 0;
        while (slot < Distinct && block.Header(slot).View != view) slot++;
        return slot;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 8)]
    private struct State
    {
        public double CompletedAt;
        public int Distinct;
        public int HasFired;
        public int Late;
        public int Duplicates;
        public int Surplus;
        public int LateViews;
    }
}
