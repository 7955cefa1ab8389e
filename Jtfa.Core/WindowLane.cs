using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Jtfa.Core;

/// <summary>
/// The open windows of one lane, by clock epoch and decision id. A window opens with its first token, under the rule that comes with it;
/// it fires once, by K or by T, and goes T + linger after it opened. The lane has no clock and fires nothing by itself: its owner says what
/// time it is, and asks which windows are complete and which are due. Not thread-safe: it belongs to one grain.
/// </summary>
/// <param name="dimension">Length d of the tokens.</param>
public sealed class WindowLane(int dimension)
{
    // Windows that have gone are reused: they live too long for the garbage collector's youngest generation, so that new ones are costly.
    private const int MostSpare = 4096;

    // Seconds from one window that notes its delays to the next: more often than this costs, and tells nothing more.
    private const double SampledEvery = 0.02;

    private readonly Dictionary<(int ClockEpoch, long Decision), LaneWindow> _windows = [];
    private readonly PriorityQueue<LaneWindow, double> _timeouts = new();
    private readonly PriorityQueue<LaneWindow, double> _going = new();
    private readonly Queue<LaneWindow> _complete = new();
    private readonly Stack<LaneWindow> _spare = new();
    private double _sampledAt = double.NegativeInfinity;

    /// <summary>Windows that have not gone yet.</summary>
    public int Count => _windows.Count;

    /// <summary>The windows that have not gone yet.</summary>
    public IReadOnlyCollection<LaneWindow> Windows => _windows.Values;

    /// <summary>When the next window has to fire by T, seconds of the monotonic clock; infinite where none has to.</summary>
    public double NextTimeout
    {
        get
        {
            while (_timeouts.TryPeek(out var window, out var due))
            {
                if (!window.Tokens.HasFired) return due;
                _going.Enqueue(_timeouts.Dequeue(), window.GoesAt);
            }

            return double.PositiveInfinity;
        }
    }

    /// <summary>
    /// When the next window goes, seconds of the monotonic clock; infinite where none does. A fired window is left out while one with an
    /// earlier timeout has not fired: that timeout comes first.
    /// </summary>
    public double NextToGo => _going.TryPeek(out _, out var due) ? due : double.PositiveInfinity;

    /// <summary>Adds a token to its window, which it opens if there is none.</summary>
    /// <param name="header">The token's header; its decision id and the clock epoch say which window.</param>
    /// <param name="values">Its d values.</param>
    /// <param name="rule">The rule that a window opens under.</param>
    /// <param name="opensAt">When a window that the token opens counts as opened, seconds of the monotonic clock.</param>
    /// <param name="clockEpoch">The clock epoch that it came in.</param>
    /// <exception cref="ArgumentException">The token's dimension is another.</exception>
    public void Add(in TokenHeader header, ReadOnlySpan<sbyte> values, in WindowRule rule, double opensAt, int clockEpoch = 0)
    {
        if (values.Length != dimension)
            throw new ArgumentException($"A token of dimension {values.Length} in a lane of dimension {dimension}.", nameof(values));
        if (header.IsHeld && !_windows.ContainsKey((clockEpoch, header.Decision))) return; // it comes after one of the moment's own
        ref var window = ref CollectionsMarshal.GetValueRefOrAddDefault(_windows, (clockEpoch, header.Decision), out var known);
        if (!known)
        {
            window = _spare.TryPop(out var spare) ? spare : new LaneWindow(dimension);
            var isSample = rule.NotesDelays && opensAt - _sampledAt >= SampledEvery;
            if (isSample) _sampledAt = opensAt;
            window.Open(header, rule, opensAt, clockEpoch, isSample);
            _timeouts.Enqueue(window, opensAt + rule.T);
        }

        var wasComplete = window!.Tokens.IsComplete;
        window.Add(header, values);
        if (window.Tokens.IsComplete && !wasComplete) _complete.Enqueue(window);
    }

    /// <summary>Takes a window that has become complete and has not fired; it is to fire by K.</summary>
    public bool TryTakeComplete([NotNullWhen(true)] out LaneWindow? window)
    {
        while (_complete.TryDequeue(out window))
            if (window.Tokens.IsComplete) return true;
        return false;
    }

    /// <summary>
    /// Takes what is due: a window that is to fire by T, or one whose time is over. The latter has gone (<see cref="LaneWindow.HasGone"/>):
    /// the lane has removed it, and the owner gives it back by <see cref="Release"/>.
    /// </summary>
    /// <param name="now">Seconds of the monotonic clock.</param>
    /// <param name="window">The window.</param>
    public bool TryTakeDue(double now, [NotNullWhen(true)] out LaneWindow? window)
    {
        window = null;
        var (timeout, toGo) = (NextTimeout, NextToGo);
        if (Math.Min(timeout, toGo) > now) return false;
        if (timeout <= toGo)
        {
            window = _timeouts.Dequeue();
            _going.Enqueue(window, window.GoesAt);
            return true;
        }

        window = _going.Dequeue();
        _windows.Remove((window.ClockEpoch, window.Decision));
        window.HasGone = true;
        return true;
    }

    /// <summary>Gives a window that has gone back, to be used for another decision.</summary>
    public void Release(LaneWindow window)
    {
        if (_spare.Count < MostSpare) _spare.Push(window);
    }

    /// <summary>Takes over a window of another lane, with its tokens and times.</summary>
    /// <exception cref="ArgumentException">The lane has a window of that decision, or the window is of another dimension.</exception>
    public void Restore(LaneWindow window)
    {
        ArgumentNullException.ThrowIfNull(window);
        if (window.Dimension != dimension)
            throw new ArgumentException($"A window of dimension {window.Dimension} in a lane of dimension {dimension}.", nameof(window));
        _windows.Add((window.ClockEpoch, window.Decision), window);
        _timeouts.Enqueue(window, window.OpenedAt + window.Rule.T);
        if (window.Tokens.IsComplete) _complete.Enqueue(window);
    }
}
