namespace Jtfa.Core;

/// <summary>What a <see cref="DecisionKeyer"/> must know of a scene's policy. Durations in seconds.</summary>
/// <param name="Keying">How a decision id is found.</param>
/// <param name="K">Views needed.</param>
/// <param name="T">Timeout.</param>
/// <param name="W">Window width.</param>
/// <param name="Linger">How long a window stays, beyond T, to count late tokens.</param>
/// <param name="Lanes">Lanes that share the scene's windows.</param>
public readonly record struct KeyingRule(WindowKeying Keying, int K, double T, double W, double Linger, int Lanes = 1);

/// <summary>
/// Finds the decision id of each token of one scene, at one gateway, and refuses tokens that are too old or too new. It remembers
/// each decision until all of its tokens are too old, so that a token that comes after its window has gone (T + linger after it
/// opened) does not open another. Memory is bounded. A camera with a wrong clock harms only its own tokens: captures from the past
/// belong to decisions that are gone, and captures from too far in the future are refused.
/// Not thread-safe: it belongs to one gateway's receive loop.
/// </summary>
public sealed class DecisionKeyer
{
    // Seconds. Rounding (n + ½)·W and ts / W to double makes an error below a microsecond at today's times.
    private const double RoundingSlack = 0.001;

    private const int LargeCapacity = 16_384;

    private readonly Dictionary<long, (double GoneAt, int Lanes)> _known = [];
    private readonly PriorityQueue<long, double> _forgetAt = new();
    private readonly PriorityQueue<long, double> _open = new();
    private readonly int _maxRemembered;
    private readonly Quota _openQuota;
    private long _arrival;
    private double _arrivalOpenedAt;
    private KeyingRule _arrivalRule;
    private readonly HashSet<int> _arrivalViews = [];

    /// <summary>A keyer that has seen nothing.</summary>
    /// <param name="maxAge">How old a capture may be, seconds.</param>
    /// <param name="maxAhead">How far ahead of this clock a capture may lie at most, seconds.</param>
    /// <param name="maxRemembered">The most decisions remembered; beyond that a new one is refused as overload.</param>
    /// <param name="open">Counts the windows open at once; beyond its limit a new one is refused as overload. Null takes 50,000.</param>
    public DecisionKeyer(double maxAge = 10, double maxAhead = 1, int maxRemembered = 500_000, Quota? open = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxAge);
        ArgumentOutOfRangeException.ThrowIfNegative(maxAhead);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxRemembered);
        (MaxAge, MaxAhead, _maxRemembered, _openQuota) = (maxAge, maxAhead, maxRemembered, open ?? new Quota(50_000));
    }

    /// <summary>How old a capture may be, seconds.</summary>
    public double MaxAge { get; }

    /// <summary>How far ahead of this clock a capture may lie at most, seconds; <see cref="Ahead"/> says how far under a policy.</summary>
    public double MaxAhead { get; }

    /// <summary>Decisions remembered now.</summary>
    public int Remembered => _known.Count;

    /// <summary>Windows counted as open; gone ones are subtracted when the next one opens, and by <see cref="Forget"/>.</summary>
    public int Open => _open.Count;

    /// <summary>Whether the token that was keyed last is the first of its decision here, so that it opens a window.</summary>
    public bool HasOpened { get; private set; }

    /// <summary>
    /// How far ahead of this clock a capture may lie, seconds: at most <see cref="MaxAhead"/>. Keyed by timestamp, a capture ahead opens
    /// its window early, for all views. The limit is then the larger of W/2 (how far clocks may differ) and T − W (the window is still
    /// open when its interval ends).
    /// </summary>
    public double Ahead(in KeyingRule rule) =>
        rule.Keying == WindowKeying.Timestamp ? Math.Min(MaxAhead, Math.Max(rule.W / 2, rule.T - rule.W)) : MaxAhead;

    /// <summary>Finds a token's decision id.</summary>
    /// <param name="timestamp">Its capture time, seconds since 1970.</param>
    /// <param name="view">Its view.</param>
    /// <param name="decisionId">Its packet's <c>did</c>.</param>
    /// <param name="now">The gateway's time, seconds since 1970.</param>
    /// <param name="rule">The policy at its moment.</param>
    /// <param name="decision">The decision id.</param>
    /// <param name="tick">
    /// Its packet's <c>tick</c>, by which it is keyed instead of its capture time. It is held to the same limits.
    /// </param>
    public RejectReason TryKey(
        double timestamp, int view, long? decisionId, double now, in KeyingRule rule, out long decision, double? tick = null)
    {
        (decision, HasOpened) = (0, false);
        var moment = tick ?? timestamp;
        if (Math.Max(timestamp, moment) > now + Ahead(rule)) return RejectReason.Future;
        if (Math.Min(timestamp, moment) < now - MaxAge) return RejectReason.Stale;
        switch (rule.Keying)
        {
            case WindowKeying.Arrival:
                return KeyByArrival(view, now, rule, out decision);
            case WindowKeying.Sequence when decisionId is null:
                return RejectReason.NoDecisionId;
            case WindowKeying.Sequence:
                // A decision id says nothing about when its other tokens were captured; as views of one moment they lie within W.
                decision = decisionId.Value;
                return Admit(decision, now, now + MaxAhead + rule.W, rule);
            default:
                // Half away from zero, so that the edges between windows are at (n + ½)·W for every n.
                decision = (long)Math.Round(moment / rule.W, MidpointRounding.AwayFromZero);
                return Admit(decision, now, (decision + 0.5) * rule.W, rule);
        }
    }

    /// <summary>
    /// The number of lanes by which the lane of a decision's window is found: that of the policy that the window opened under. A later
    /// token of it may have been captured under another policy.
    /// </summary>
    /// <param name="decision">A decision that was just found.</param>
    /// <param name="rule">The rule that it was found by.</param>
    public int LanesOf(long decision, in KeyingRule rule) =>
        rule.Keying == WindowKeying.Arrival ? _arrivalRule.Lanes : _known.TryGetValue(decision, out var known) ? known.Lanes : rule.Lanes;

    private RejectReason Admit(long decision, double now, double lastCapture, in KeyingRule rule)
    {
        if (_known.TryGetValue(decision, out var known)) return now >= known.GoneAt ? RejectReason.Stale : RejectReason.None;
        Forget(now);
        if (_known.Count >= _maxRemembered || !_openQuota.TryAdd(1)) return RejectReason.Overload;
        var goneAt = now + rule.T + rule.Linger;
        HasOpened = true;
        _known.Add(decision, (goneAt, rule.Lanes));
        _open.Enqueue(decision, goneAt);

        // Remembered until its window has gone and the last capture that can belong to it is too old to be accepted.
        _forgetAt.Enqueue(decision, Math.Max(goneAt, lastCapture + MaxAge + RoundingSlack));
        return RejectReason.None;
    }

    /// <summary>
    /// The gateway's clock was set: moves along what is timed by it. Set back, it gives the same ids again, for other windows: the keyer
    /// then forgets the decisions that it knows. Windows that are open count as open until their time is over, as before.
    /// </summary>
    /// <param name="by">Seconds; below 0 it was set back.</param>
    public void MoveClock(double by)
    {
        var open = _open.UnorderedItems.Select(window => (window.Element, window.Priority + by)).ToArray();
        _open.Clear();
        _open.EnqueueRange(open);
        _arrivalOpenedAt += by;
        if (by < 0)
        {
            _known.Clear();
            _forgetAt.Clear();
            _arrivalRule = default; // no window is open: the next token opens one
            return;
        }

        foreach (var (decision, known) in _known.ToArray()) _known[decision] = (known.GoneAt + by, known.Lanes);
    }

    /// <summary>Forgets decisions that no token can belong to any more, and frees the memory that a flood of them took.</summary>
    /// <param name="now">The gateway's time, seconds since 1970.</param>
    public void Forget(double now)
    {
        var before = _open.Count;
        while (_open.TryPeek(out _, out var goneAt) && goneAt <= now) _open.Dequeue();
        if (before > _open.Count) _openQuota.Remove(before - _open.Count);
        while (_forgetAt.TryPeek(out var decision, out var forgetAt) && forgetAt < now)
        {
            _forgetAt.Dequeue();
            _known.Remove(decision);
        }

        // A dictionary keeps the memory of its largest size until it is trimmed.
        if (_known.Count * 8 >= _known.Capacity || _known.Capacity < LargeCapacity) return;
        _known.TrimExcess();
        _forgetAt.TrimExcess();
        _open.TrimExcess();
    }

    // Mirrors what the window will do by the policy that it opens with: it closes with its K-th view, or T after its first. Ids
    // count microseconds since 1970, so that they go on rising when a gateway restarts.
    private RejectReason KeyByArrival(int view, double now, in KeyingRule rule, out long decision)
    {
        decision = 0;
        if (_arrivalViews.Count >= _arrivalRule.K || now - _arrivalOpenedAt >= _arrivalRule.T)
        {
            Forget(now);
            if (!_openQuota.TryAdd(1)) return RejectReason.Overload;
            _arrivalViews.Clear();
            _arrival = Math.Max(_arrival + 1, (long)(now * 1e6));
            (_arrivalOpenedAt, _arrivalRule) = (now, rule);
            _open.Enqueue(_arrival, now + rule.T + rule.Linger);
        }

        _arrivalViews.Add(view);
        decision = _arrival;
        return RejectReason.None;
    }
}
