namespace Jtfa.Core;

/// <summary>What a <see cref="DecisionKeyer"/> must know of a scene's policy. Durations in seconds.</summary>
/// <param name="Keying">How a decision id is found.</param>
/// <param name="K">Views needed.</param>
/// <param name="T">Timeout.</param>
/// <param name="W">Window width.</param>
/// <param name="Linger">How long a window stays, beyond T, to count late tokens.</param>
public readonly record struct KeyingRule(WindowKeying Keying, int K, double T, double W, double Linger);

/// <summary>
/// Finds the decision id of each token of one scene, at one gateway, and refuses those that are too old or too new. It remembers
/// when it first saw a decision, so that a token that comes when its window has gone (T + linger after it opened) opens nothing;
/// decisions it has forgotten lie further back than <see cref="MaxAge"/>, and tokens that old are refused by their capture time.
/// So memory is bounded by the decisions of that span, and a camera with a wrong clock harms nobody's windows but its own.
/// Not thread-safe: it belongs to one gateway's receive loop.
/// </summary>
public sealed class DecisionKeyer
{
    private readonly Dictionary<long, double> _openedAt = [];
    private readonly Queue<(long Decision, double OpenedAt)> _order = new();
    private readonly Queue<double> _goneAt = new();
    private readonly int _maxRemembered;
    private readonly int _maxOpen;
    private long _arrival;
    private double _arrivalOpenedAt = double.NegativeInfinity;
    private readonly HashSet<int> _arrivalViews = [];

    /// <summary>A keyer that has seen nothing.</summary>
    /// <param name="maxAge">How old a capture may be, seconds.</param>
    /// <param name="maxAhead">How far ahead of this clock a capture may lie, seconds.</param>
    /// <param name="maxRemembered">The most decisions remembered; beyond that a new one is refused as overload.</param>
    /// <param name="maxOpen">The most windows open at once; beyond that a new one is refused as overload.</param>
    public DecisionKeyer(double maxAge = 10, double maxAhead = 1, int maxRemembered = 500_000, int maxOpen = 50_000)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxAge);
        ArgumentOutOfRangeException.ThrowIfNegative(maxAhead);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxRemembered);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxOpen);
        (MaxAge, MaxAhead, _maxRemembered, _maxOpen) = (maxAge, maxAhead, maxRemembered, maxOpen);
    }

    /// <summary>How old a capture may be, seconds.</summary>
    public double MaxAge { get; }

    /// <summary>How far ahead of this clock a capture may lie, seconds.</summary>
    public double MaxAhead { get; }

    /// <summary>Decisions remembered now.</summary>
    public int Remembered => _openedAt.Count;

    /// <summary>Windows open when the last decision opened, that one included.</summary>
    public int Open => _goneAt.Count;

    /// <summary>Finds a token's decision id.</summary>
    /// <param name="timestamp">Its capture time, seconds since 1970.</param>
    /// <param name="view">Its view.</param>
    /// <param name="decisionId">Its packet's <c>did</c>.</param>
    /// <param name="now">The gateway's time, seconds since 1970.</param>
    /// <param name="rule">The policy at its capture time.</param>
    /// <param name="decision">The decision id.</param>
    public RejectReason TryKey(double timestamp, int view, long? decisionId, double now, in KeyingRule rule, out long decision)
    {
        decision = 0;
        if (timestamp > now + MaxAhead) return RejectReason.Future;
        if (timestamp < now - MaxAge) return RejectReason.Stale;
        switch (rule.Keying)
        {
            case WindowKeying.Arrival:
                decision = KeyByArrival(view, now, rule);
                return RejectReason.None;
            case WindowKeying.Sequence when decisionId is null:
                return RejectReason.NoDecisionId;
            case WindowKeying.Sequence:
                decision = decisionId.Value;
                break;
            default:
                // Half away from zero, so that the edges between windows are at (n + ½)·W for every n.
                decision = (long)Math.Round(timestamp / rule.W, MidpointRounding.AwayFromZero);
                break;
        }

        return Admit(decision, now, rule.T + rule.Linger);
    }

    private RejectReason Admit(long decision, double now, double lifetime)
    {
        if (_openedAt.TryGetValue(decision, out var openedAt)) return now - openedAt > lifetime ? RejectReason.Stale : RejectReason.None;
        Forget(now);
        if (_openedAt.Count >= _maxRemembered || _goneAt.Count >= _maxOpen) return RejectReason.Overload;
        _openedAt.Add(decision, now);
        _order.Enqueue((decision, now));
        _goneAt.Enqueue(now + lifetime);
        return RejectReason.None;
    }

    // A capture may lie MaxAhead before us when its decision opens, so it takes that much longer to grow older than MaxAge.
    private void Forget(double now)
    {
        while (_goneAt.TryPeek(out var goneAt) && goneAt < now) _goneAt.Dequeue();
        while (_order.TryPeek(out var oldest) && now - oldest.OpenedAt > MaxAge + MaxAhead)
        {
            _order.Dequeue();
            _openedAt.Remove(oldest.Decision);
        }
    }

    // Mirrors what the window will do: it closes with its K-th view, or T after its first. Ids count microseconds since 1970, so
    // that they go on rising when a gateway restarts.
    private long KeyByArrival(int view, double now, in KeyingRule rule)
    {
        if (_arrivalViews.Count >= rule.K || now - _arrivalOpenedAt > rule.T)
        {
            _arrivalViews.Clear();
            _arrival = Math.Max(_arrival + 1, (long)(now * 1e6));
            _arrivalOpenedAt = now;
        }

        _arrivalViews.Add(view);
        return _arrival;
    }
}
