using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Ingress;

/// <summary>One scene at this gateway: its routing, its decision ids, its views and its lanes.</summary>
/// <param name="name">The scene.</param>
/// <param name="views">The views that may send; null are 0 … N − 1.</param>
/// <param name="guard">Which tokens it takes.</param>
/// <param name="maxNorm">The longest vector that its head allows.</param>
/// <param name="model">The fingerprint of the model that its head was made for; empty where it is not known.</param>
/// <param name="keyer">Its decision ids.</param>
/// <param name="pending">Its tokens on their way.</param>
/// <param name="feedOf">Makes the feed of a lane, by the lane's number.</param>
internal sealed class SceneRoute(
    string name, IReadOnlySet<int>? views, TokenGuard guard, double maxNorm, string model, DecisionKeyer keyer, Quota pending,
    Func<int, LaneFeed> feedOf)
{
    private readonly LaneFeed?[] _lanes = new LaneFeed?[ScenePolicy.MaxLanes];
    private readonly Lock _gate = new();
    private readonly ViewMeters _views = new();
    private readonly HeldTokens _held = new();
    private readonly WrongModels _wrongModels = new(model);
    private volatile Rules? _rules;

    public string Name => name;

    /// <summary>The scene as metrics' tag.</summary>
    public KeyValuePair<string, object?> Tag { get; } = new("scene", name);

    /// <summary>Its tokens on their way to lanes.</summary>
    public Quota Pending => pending;

    public int Dimension => _rules!.Routing.Dimension;

    public TimeSpan LongestTimeout =>
        _rules is { Routing: var r }
            ? (r.Current.LongestT > r.Previous.LongestT ? r.Current.LongestT : r.Previous.LongestT)
            : TimeSpan.Zero;

    public int OpenWindows
    {
        get
        {
            lock (_gate) return keyer.Open;
        }
    }

    public void Set(SceneRouting routing)
    {
        if (_rules?.Routing != routing) _rules = new Rules(routing);
    }

    /// <summary>Drops what waits for its lanes and is overdue.</summary>
    /// <returns>The tokens dropped.</returns>
    public int DropOverdue(double now) => _lanes.Sum(lane => lane?.DropOverdue(now) ?? 0);

    /// <summary>What its views have sent so far, of those that sent anything since this was asked last.</summary>
    public ViewTraffic[] TakeTraffic(double now)
    {
        lock (_gate)
        {
            keyer.Forget(now); // here, too, because no token may come any more
            var traffic = _views.Take();
            foreach (ref var view in traffic.AsSpan())
                if (_wrongModels.Of(view.View, now) is { } wrong) view = view with { WrongModel = PacketFault.Quote(wrong) };
            return traffic;
        }
    }

    /// <summary>The clock epoch that the scene knows.</summary>
    public int ClockEpoch => _rules?.Routing.ClockEpoch ?? 0;

    /// <summary>
    /// The gateway's clock was set. Set back, the current policy holds at once: its moment may lie far ahead now. The scene will say the
    /// same when it is told.
    /// </summary>
    /// <param name="by">Seconds; below 0 it was set back.</param>
    public void MoveClock(double by)
    {
        lock (_gate)
        {
            keyer.MoveClock(by);
            _views.MoveClock(by);
            _held.Clear();
            if (by < 0 && _rules is { Routing: var routing }) Set(routing.InEpoch(routing.ClockEpoch));
        }
    }

    /// <summary>
    /// Checks a packet's view, tag and size, meters its view, and finds its decision id, the policy that holds for it, and the lane
    /// that has its window.
    /// </summary>
    /// <param name="packet">The packet.</param>
    /// <param name="datagram">What it was parsed from.</param>
    /// <param name="now">When it was received, seconds since 1970.</param>
    /// <param name="receipt">Takes the receipt where one is due, at most its length and <see cref="ReceiptCodec.MaxBytes"/>.</param>
    /// <param name="route">Where it goes.</param>
    public RejectReason TryKey(
        in TokenPacket packet, ReadOnlySpan<byte> datagram, double now, Span<byte> receipt, out TokenRoute route)
    {
        var (policy, rule) = _rules!.At(packet.Moment);
        route = default;
        if (views is null ? packet.View >= policy.N : !views.Contains(packet.View)) return RejectReason.UnknownView;
        if (TokenCodec.Norm(packet.Values, packet.Encoding, packet.Scale) > maxNorm) return RejectReason.TooLarge;

        // Each socket is read by a thread of its own, and several may serve one scene.
        lock (_gate)
        {
            var reason = guard.Check(packet, datagram, out var key);
            if (reason is RejectReason.None or RejectReason.Duplicate && _views.IsCopy(packet, packet.IsCopy))
            {
                var length = _views.CountCopy(packet, datagram.Length, now) is { } soFar
                    ? ReceiptCodec.Write(packet, key, receipt, soFar.Got, soFar.Late) : 0;
                IngressCounters.AddCopies(Tag, 1);
                route = new TokenRoute(0, policy, null, length, []);
                return RejectReason.None;
            }

            if (reason != RejectReason.None) return reason;

            // A token that the keyer refuses is answered too: the camera learns that its gateway is there.
            var answer = 0;
            if (_views.Count(packet, datagram.Length, now, rule.T, out var isSaved) is { } due)
                answer = ReceiptCodec.Write(packet, key, receipt, due.Got, due.Late);
            if (_wrongModels.Has(packet, now))
            {
                route = new TokenRoute(0, policy, null, answer, []);
                return RejectReason.WrongModel;
            }

            reason = keyer.TryKey(packet.Timestamp, packet.View, packet.DecisionId, now, rule, out var decision, packet.Tick);

            // An open window stays in its lane even if the policy has changed.
            route = new TokenRoute(
                decision, policy, reason == RejectReason.None ? LaneOf(decision, keyer.LanesOf(decision, rule)) : null, answer,
                reason == RejectReason.None ? HeldFor(packet, now) : []);
            if (reason == RejectReason.None && isSaved) CountSaved(packet.View);
            return reason;
        }
    }

    /// <summary>
    /// The same for a token that another one's datagram carried along; that one was taken. A token that came already is counted as a copy
    /// and goes nowhere, and one that is refused goes nowhere either.
    /// </summary>
    /// <param name="packet">The token.</param>
    /// <param name="now">When it was received, seconds since 1970.</param>
    /// <param name="route">Where it goes.</param>
    /// <returns>Whether it goes to a window.</returns>
    public bool TryKeyEarlier(in TokenPacket packet, double now, out TokenRoute route)
    {
        var (policy, rule) = _rules!.At(packet.Moment);
        route = default;
        if (TokenCodec.Norm(packet.Values, packet.Encoding, packet.Scale) > maxNorm) return false;
        lock (_gate)
        {
            var reason = guard.CheckEarlier(packet);
            if (_views.IsCopy(packet, isRedundant: true))
            {
                _views.CountEarlierCopy(packet, now);
                IngressCounters.AddCopies(Tag, 1);
                return false;
            }

            if (reason != RejectReason.None
                || keyer.TryKey(
                    packet.Timestamp, packet.View, packet.DecisionId, now, rule, out var decision, packet.Tick) != RejectReason.None)
                return false;
            if (_views.CountEarlier(packet, now)) CountSaved(packet.View);
            route = new TokenRoute(decision, policy, LaneOf(decision, keyer.LanesOf(decision, rule)), 0, HeldFor(packet, now));
            return true;
        }
    }

    // What stands for the views that have not moved, where a token opens a window; and the token is held in its turn.
    private HeldToken[] HeldFor(in TokenPacket packet, double now)
    {
        var held = keyer.HasOpened && _held.Count > 0 ? _held.At(packet.Moment, packet.View) : [];
        if (packet.Hold is not null || _held.Count > 0) _held.Take(packet, now);
        return held;
    }

    private void CountSaved(int view)
    {
        _views.CountSaved(view);
        IngressCounters.AddSaved(Tag, 1);
    }

    /// <summary>What a packet that was refused for a reason has wrong, for the log.</summary>
    public string Explain(RejectReason reason, in TokenPacket packet, double now)
    {
        var (policy, rule) = _rules!.At(packet.Moment);
        return reason switch
        {
            RejectReason.UnknownView when views is null => $"producer_id {packet.View}: views of scene {name} are 0 … {policy.N - 1}",
            RejectReason.UnknownView => $"producer_id {packet.View} is none of the views of scene {name}",
            RejectReason.Future or RejectReason.Stale =>
                CaptureTimeFault.Describe(packet.Timestamp, now, keyer.Ahead(rule), keyer.MaxAge, packet.Tick),
            RejectReason.WrongModel =>
                $"view {packet.View} says that model {WrongModelOf(packet.View, now)} made it, the head of scene {name} is of '{model}'",
            RejectReason.NoDecisionId => $"did is missing: scene {name} is keyed by it",
            RejectReason.Untagged => $"scene {name} takes view {packet.View} with a tag only",
            RejectReason.TooLarge => FormattableString.Invariant(
                $"its norm is {TokenCodec.Norm(packet.Values, packet.Encoding, packet.Scale):G4}, the head's max_norm {maxNorm:G4}"),
            _ => $"view {packet.View} of scene {name}",
        };
    }

    private string WrongModelOf(int view, double now)
    {
        lock (_gate) return PacketFault.Quote(_wrongModels.Of(view, now));
    }

    private LaneFeed LaneOf(long decision, int lanes)
    {
        var lane = ScenePolicy.LaneOf(decision, lanes);
        return _lanes[lane] ?? Interlocked.CompareExchange(ref _lanes[lane], feedOf(lane), null) ?? _lanes[lane]!;
    }

    private static KeyingRule RuleOf(ScenePolicy policy) =>
        new(policy.Keying, policy.K, policy.T.TotalSeconds, policy.W.TotalSeconds, policy.Linger.TotalSeconds, policy.Lanes);

    private sealed class Rules(SceneRouting routing)
    {
        private readonly (ScenePolicy Policy, KeyingRule Rule) _current = Of(routing.CurrentInForce ?? routing.Current);
        private readonly (ScenePolicy Policy, KeyingRule Rule) _previous = Of(routing.PreviousInForce ?? routing.Previous);

        public SceneRouting Routing => routing;

        // The policy in force for a moment: tokens of it are batched by what object it is.
        public (ScenePolicy Policy, KeyingRule Rule) At(double moment) => moment >= routing.CurrentFrom ? _current : _previous;

        private static (ScenePolicy, KeyingRule) Of(ScenePolicy policy) => (policy, RuleOf(policy));
    }
}

/// <summary>Where a token goes.</summary>
/// <param name="Decision">Its decision id.</param>
/// <param name="Policy">The policy that holds for it.</param>
/// <param name="Lane">The lane that has its window; null where it is refused.</param>
/// <param name="ReceiptBytes">The length of the receipt that is due; 0 where none is.</param>
/// <param name="Held">The tokens that stand for other views in the window that it opens.</param>
internal readonly record struct TokenRoute(long Decision, ScenePolicy Policy, LaneFeed? Lane, int ReceiptBytes, HeldToken[] Held);
