using System.Runtime.InteropServices;

namespace Jtfa.Core;

/// <summary>A window in its lane: the tokens of one decision id, and when it opened under which rule.</summary>
/// <param name="dimension">Length d of its tokens.</param>
public sealed class LaneWindow(int dimension)
{
    private FusionWindow? _tokens;
    private List<ViewDelay>? _delays;
    private bool _notesDelays;

    /// <summary>Its decision id.</summary>
    public long Decision { get; private set; }

    /// <summary>The clock epoch in which it opened: how often a gateway's clock had been set back.</summary>
    public int ClockEpoch { get; private set; }

    /// <summary>The rule that it opened under.</summary>
    public WindowRule Rule { get; private set; }

    /// <summary>When it opened, seconds of the monotonic clock.</summary>
    public double OpenedAt { get; private set; }

    /// <summary>When the gateway received its first token, seconds since 1970.</summary>
    public double FirstReceivedAt { get; private set; }

    /// <summary>The view of that token.</summary>
    public int FirstView { get; private set; }

    /// <summary>When it goes, seconds of the monotonic clock.</summary>
    public double GoesAt => OpenedAt + Rule.T + Rule.Linger;

    /// <summary>When a decision by this cause was due, seconds since 1970: with the K-th view's token, or T after the first.</summary>
    public double DueAt(FireCause cause) => cause == FireCause.K ? Tokens.CompletedAt : FirstReceivedAt + Rule.T;

    /// <summary>Whether its time is over, and it is no longer in a lane.</summary>
    public bool HasGone { get; internal set; }

    /// <summary>
    /// When the first token of each view came, late ones included, by their order; the first N views. Empty where its rule does not ask
    /// for it, where its lane took another window as a sample shortly before, and where it came from another lane.
    /// </summary>
    public IReadOnlyList<ViewDelay> Delays => _notesDelays ? _delays! : [];

    /// <summary>Its tokens.</summary>
    public FusionWindow Tokens => _tokens ?? throw new InvalidOperationException("The window was not opened.");

    /// <summary>Length d of its tokens.</summary>
    public int Dimension => dimension;

    /// <summary>Writes it, so that another process can continue it. Its age replaces the opening time: monotonic clocks differ.</summary>
    /// <param name="now">Seconds of the monotonic clock.</param>
    public byte[] Save(double now)
    {
        var state = new State
        {
            Decision = Decision,
            K = Rule.K,
            N = Rule.N,
            T = Rule.T,
            Linger = Rule.Linger,
            Beta = Rule.Beta,
            Age = now - OpenedAt,
            FirstReceivedAt = FirstReceivedAt,
            FirstView = FirstView,
            ClockEpoch = ClockEpoch,
        };
        var tokens = Tokens.Save();
        var saved = new byte[Marshal.SizeOf<State>() + tokens.Length];
        MemoryMarshal.Write(saved, state);
        tokens.CopyTo(saved, Marshal.SizeOf<State>());
        return saved;
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="saved">The bytes.</param>
    /// <param name="dimension">Length d of the tokens.</param>
    /// <param name="now">Seconds of this process's monotonic clock.</param>
    /// <exception cref="ArgumentException">The bytes are no window of that dimension.</exception>
    public static LaneWindow Load(ReadOnlySpan<byte> saved, int dimension, double now)
    {
        if (saved.Length < Marshal.SizeOf<State>()) throw new ArgumentException("Not a saved window: it is too short.", nameof(saved));
        var state = MemoryMarshal.Read<State>(saved);

        // A window with a time that is not finite would never be due, and would delay every window queued after it.
        var (goesAt, dueAt) = (now - state.Age + state.T + state.Linger, state.FirstReceivedAt + state.T);
        if (!(state.T >= 0 && state.Linger >= 0 && double.IsFinite(goesAt) && double.IsFinite(dueAt) && double.IsFinite(state.Beta)))
            throw new ArgumentException("Not a saved window: its times are no times.", nameof(saved));
        var window = new LaneWindow(dimension)
        {
            Decision = state.Decision,
            Rule = new WindowRule(state.K, state.N, state.T, state.Linger, state.Beta),
            OpenedAt = now - state.Age,
            FirstReceivedAt = state.FirstReceivedAt,
            FirstView = state.FirstView,
            ClockEpoch = state.ClockEpoch,
        };
        window._tokens = FusionWindow.Load(saved[Marshal.SizeOf<State>()..], state.K, state.N, dimension);
        return window;
    }

    internal void Open(in TokenHeader first, in WindowRule rule, double at, int clockEpoch, bool notesDelays)
    {
        ClockEpoch = clockEpoch;
        _notesDelays = notesDelays;
        if (notesDelays) (_delays ??= []).Clear();
        (Decision, OpenedAt, FirstReceivedAt, FirstView) = (first.Decision, at, first.ReceivedAt, first.View);
        if (_tokens is not null && (Rule.K, Rule.N) == (rule.K, rule.N)) _tokens.Reset();
        else _tokens = new FusionWindow(rule.K, rule.N, dimension);
        (Rule, HasGone) = (rule, false);
    }

    /// <summary>Adds a token, and notes when it came.</summary>
    internal void Add(in TokenHeader header, ReadOnlySpan<sbyte> values)
    {
        Tokens.Add(header, values);
        if (_notesDelays && !header.IsHeld) Note(header.View, header.ReceivedAt - FirstReceivedAt);
    }

    // Two gateways may differ by a moment in what time it is.
    private void Note(int view, double delay)
    {
        if (_delays!.Count == Rule.N) return;
        foreach (var known in _delays)
            if (known.View == view) return;
        _delays.Add(new ViewDelay(view, Math.Max(0, delay)));
    }

    [StructLayout(LayoutKind.Sequential, Pack = 8)]
    private struct State
    {
        public long Decision;
        public double T;
        public double Linger;
        public double Beta;
        public double Age;
        public double FirstReceivedAt;
        public int K;
        public int N;
        public int FirstView;
        public int ClockEpoch; // 0 where a silo of a version without epochs saved it
    }
}

/// <summary>When a view's token came to a window.</summary>
/// <param name="View">The view.</param>
/// <param name="Seconds">After the window's first token, 0 or more.</param>
public readonly record struct ViewDelay(int View, double Seconds);
