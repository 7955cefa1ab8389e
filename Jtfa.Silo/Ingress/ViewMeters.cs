using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Ingress;

/// <summary>
/// What one scene's views send to this gateway: counts, rate, loss, jitter and clock offset of each, also of tokens that are then refused.
/// Nothing is allocated a token. Not safe for concurrent use.
/// </summary>
internal sealed class ViewMeters
{
    // Anybody may invent view numbers: beyond this many, a view is metered only in place of one that has been silent for a while.
    private const int MostViews = 2 * ScenePolicy.MaxViews;

    private const double ForgottenAfter = 60;

    private readonly Dictionary<int, ViewMeter> _views = [];

    // Whether any token came as a copy: until then none can be one that a copy has overtaken.
    private bool _hasCopies;

    // Until then no view has been silent long enough: in a flood, an invented view costs a comparison, not a look at every view.
    private double _fullUntil = double.NegativeInfinity;

    /// <summary>Counts a token that came in a datagram of its own.</summary>
    /// <param name="packet">The token.</param>
    /// <param name="bytes">Its datagram's length.</param>
    /// <param name="now">When it was received, seconds since 1970.</param>
    /// <param name="tooLong">How much longer than the fastest it may take until it is late, seconds.</param>
    /// <param name="isSaved">Whether it is one that was missing and comes as a copy.</param>
    /// <returns>The view's tokens so far, and those of them that were late, where it is due for a receipt; else null.</returns>
    public (long Got, long Late)? Count(in TokenPacket packet, int bytes, double now, double tooLong, out bool isSaved)
    {
        isSaved = false;
        if (!_views.TryGetValue(packet.View, out var meter)) meter = Add(packet, bytes, now);
        else if (packet.IsCopy) isSaved = CountRedundant(meter, packet, bytes, now);
        else meter.Count(packet, bytes, now, tooLong);
        return meter is not null && meter.TakeReceiptDue(now) ? (meter.Tokens, meter.Late) : null;
    }

    /// <summary>
    /// Whether a token has come already, so that this is a copy of it: one sent on purpose, or the first sending that a copy has overtaken.
    /// A datagram that the network doubled is none: nothing tells it from a second token.
    /// </summary>
    /// <param name="packet">The token.</param>
    /// <param name="isRedundant">Whether it was sent as a copy, or carried along.</param>
    public bool IsCopy(in TokenPacket packet, bool isRedundant) =>
        (isRedundant || _hasCopies) && packet.Sequence is not null && _views.TryGetValue(packet.View, out var meter)
            && meter.IsCopy(packet, isRedundant);

    /// <summary>Counts a datagram whose token is a copy.</summary>
    /// <returns>As <see cref="Count"/>.</returns>
    public (long Got, long Late)? CountCopy(in TokenPacket packet, int bytes, double now)
    {
        var meter = _views[packet.View];
        meter.CountCopy(packet, bytes, now);
        return meter.TakeReceiptDue(now) ? (meter.Tokens, meter.Late) : null;
    }

    /// <summary>Counts a token that another one's datagram carried along and that is no copy.</summary>
    /// <returns>Whether it is one that was missing.</returns>
    public bool CountEarlier(in TokenPacket packet, double now) =>
        _views.TryGetValue(packet.View, out var meter) && CountRedundant(meter, packet, 0, now);

    /// <summary>Counts a copy that was carried along.</summary>
    public void CountEarlierCopy(in TokenPacket packet, double now) => _views[packet.View].CountCopy(packet, 0, now);

    /// <summary>Counts a token that was missing, came as a copy, and went to its window.</summary>
    public void CountSaved(int view) => _views[view].Saved++;

    /// <summary>The gateway's clock was set: moves along what is timed by it.</summary>
    /// <param name="by">Seconds; below 0 it was set back.</param>
    public void MoveClock(double by)
    {
        _fullUntil += by;
        foreach (var meter in _views.Values) meter.MoveClock(by);
    }

    /// <summary>The views that sent anything since this was asked last.</summary>
    public ViewTraffic[] Take()
    {
        List<ViewTraffic>? traffic = null;
        foreach (var (view, meter) in _views)
            if (meter.Take(view) is { } taken) (traffic ??= []).Add(taken);
        return traffic is null ? [] : [.. traffic];
    }

    private bool CountRedundant(ViewMeter meter, in TokenPacket packet, int bytes, double now)
    {
        _hasCopies = true;
        return meter.CountRedundant(packet, bytes, now);
    }

    private ViewMeter? Add(in TokenPacket packet, int bytes, double now)
    {
        if (_views.Count == MostViews && !ForgetOne(now)) return null;
        var meter = new ViewMeter();
        meter.Count(packet, bytes, now);
        _views.Add(packet.View, meter);
        return meter;
    }

    private bool ForgetOne(double now)
    {
        if (now <= _fullUntil) return false;
        var (view, meter) = _views.MinBy(known => known.Value.LastTokenAt);
        _fullUntil = meter.LastTokenAt + ForgottenAfter;
        return now > _fullUntil && _views.Remove(view);
    }
}

/// <summary>What one view sends.</summary>
internal sealed class ViewMeter
{
    // The rate spans this many reports with new tokens, one each 0.5 s: some six seconds of a camera that sends steadily.
    private const int Samples = 12;

    // The least transit is taken over the current span and the one before.
    private const double TransitSpan = 15;

    // A view that was silent for this long, or is FarAhead numbers ahead, restarted or was sending elsewhere: nothing was lost.
    private const double Restarted = 5;

    // More than any clock is wrong by. Anybody may send any time: the limit keeps the arithmetic finite.
    private const double MostTransit = 1e10;

    // A view that sends four times a second or faster is answered at least that often, however its period falls.
    private const double ReceiptPeriod = 0.125;

    // After a pause of this many of its periods, a view's rate is measured anew.
    private const int PausePeriods = 10;
    private const long FarAhead = 10_000;
    private const int Remembered = 64;

    private readonly Queue<(double At, long Tokens, long Bytes)> _samples = new(Samples);
    private long _tokens;
    private long _bytes;
    private long _lost;
    private long? _highest;
    private ulong _seen; // one bit a sequence number; bit 0 is the highest's
    private double _transit;
    private double _jitter;
    private readonly double[] _captured = new double[Remembered]; // capture times by sequence number mod 64
    private ulong _redundant; // as _seen: those that came as copies first
    private long _copies;
    private double _least = double.PositiveInfinity;
    private double _leastBefore = double.PositiveInfinity;
    private double _spanFrom;
    private double _rate;
    private double _kbps;
    private double _answeredAt;

    /// <summary>When its last token was received, seconds since 1970.</summary>
    public double LastTokenAt { get; private set; }

    /// <summary>Tokens so far, each once.</summary>
    public long Tokens => _tokens;

    /// <summary>Of these, tokens that were missing, came as copies, and went to their windows.</summary>
    public long Saved { get; set; }

    /// <summary>Of these, tokens that took so much longer than the fastest of late that they were late.</summary>
    public long Late { get; private set; }

    public void Count(in TokenPacket packet, int bytes, double now, double tooLong = double.PositiveInfinity)
    {
        var transit = Math.Clamp(now - packet.Timestamp, -MostTransit, MostTransit);
        if (now - LastTokenAt > Math.Max(Restarted, PausePeriods / _rate)) _samples.Clear();
        if (_tokens > 0) _jitter += (Math.Abs(transit - _transit) - _jitter) / 16;
        _transit = transit;
        if (now - _spanFrom > TransitSpan)
        {
            _leastBefore = now - _spanFrom > 2 * TransitSpan ? double.PositiveInfinity : _least;
            (_least, _spanFrom) = (double.PositiveInfinity, now);
        }

        _least = Math.Min(_least, transit);
        if (transit - Math.Min(_least, _leastBefore) > tooLong) Late++;
        if (packet.Sequence is { } sequence) CountSequence(sequence, packet.Timestamp, now);
        _tokens++;
        _bytes += bytes;
        LastTokenAt = now;
    }

    /// <summary>
    /// Counts a token that comes as a copy and is none. How long it took says nothing of the way here: it has waited at the camera.
    /// </summary>
    /// <returns>Whether its number was missing.</returns>
    public bool CountRedundant(in TokenPacket packet, int bytes, double now)
    {
        var sequence = packet.Sequence!.Value;
        var wasMissing = _highest is { } highest
            && (sequence > highest ? unchecked(sequence - highest) is > 0 and <= FarAhead : IsRemembered(sequence) && !HasSeen(sequence));
        CountSequence(sequence, packet.Timestamp, now);
        if (IsRemembered(sequence)) _redundant |= BitOf(sequence);
        _tokens++;
        _bytes += bytes;
        LastTokenAt = now;
        return wasMissing;
    }

    /// <summary>Counts a copy.</summary>
    public void CountCopy(in TokenPacket packet, int bytes, double now)
    {
        _copies++;
        _bytes += bytes;
        LastTokenAt = now;
        if (packet.Sequence is { } sequence && IsRemembered(sequence)) _redundant &= ~BitOf(sequence);
    }

    /// <summary>Whether its token has come already, by sequence number and capture time: a camera that restarts counts anew.</summary>
    public bool IsCopy(in TokenPacket packet, bool isRedundant)
    {
        var sequence = packet.Sequence!.Value;
        return IsRemembered(sequence) && HasSeen(sequence) && _captured[SlotOf(sequence)] == packet.Timestamp
            && (isRedundant || (_redundant & BitOf(sequence)) != 0);
    }

    /// <summary>The gateway's clock was set. The least transit is measured anew, since the camera's clock may not have been.</summary>
    public void MoveClock(double by)
    {
        LastTokenAt += by;
        _answeredAt += by;
        _spanFrom += by;
        (_least, _leastBefore) = (double.PositiveInfinity, double.PositiveInfinity);
        for (var i = _samples.Count; i > 0; i--)
        {
            var (at, tokens, bytes) = _samples.Dequeue();
            _samples.Enqueue((at + by, tokens, bytes));
        }
    }

    /// <summary>Whether it is due for a receipt now; then the next is due a while later.</summary>
    public bool TakeReceiptDue(double now)
    {
        if (Math.Abs(now - _answeredAt) < ReceiptPeriod) return false;
        _answeredAt = now;
        return true;
    }

    /// <summary>What it has sent so far; null when nothing since this was asked last.</summary>
    public ViewTraffic? Take(int view)
    {
        if (_samples.Count > 0 && _samples.Last().Tokens == _tokens) return null;
        if (_samples.Count > 0)
        {
            // Measured from token to token, so that the time of asking does not matter.
            var first = _samples.Peek();
            if (LastTokenAt > first.At)
            {
                _rate = (_tokens - first.Tokens) / (LastTokenAt - first.At);
                _kbps = (_bytes - first.Bytes) * 8 / 1000.0 / (LastTokenAt - first.At);
            }
        }

        if (_samples.Count == Samples) _samples.Dequeue();
        _samples.Enqueue((LastTokenAt, _tokens, _bytes));
        return new ViewTraffic(view, LastTokenAt, _tokens, _bytes, _rate, _kbps, _lost, _jitter, Math.Min(_least, _leastBefore))
        {
            Copies = _copies,
            Saved = Saved,
        };
    }

    // A missing number counts as lost until it comes after all.
    private void CountSequence(long sequence, double captured, double now)
    {
        var highest = _highest ?? 0;
        var ahead = unchecked(sequence - highest);
        if (_highest is null || now - LastTokenAt > Restarted || ahead is > FarAhead or <= -Remembered || ahead > 0 != sequence > highest)
        {
            (_highest, _seen, _redundant) = (sequence, ulong.MaxValue, 0);
            Array.Fill(_captured, double.NaN);
        }
        else if (ahead > 0)
        {
            _lost += ahead - 1;
            _seen = ahead < Remembered ? (_seen << (int)ahead) | 1 : 1;
            _redundant = ahead < Remembered ? _redundant << (int)ahead : 0;
            _highest = sequence;
        }
        else if ((_seen & (1UL << (int)-ahead)) == 0)
        {
            _seen |= 1UL << (int)-ahead;
            _lost--;
        }

        _captured[SlotOf(sequence)] = captured;
    }

    private static int SlotOf(long sequence) => (int)((ulong)sequence % Remembered);

    private bool IsRemembered(long sequence) =>
        _highest is { } highest && sequence <= highest && unchecked(highest - sequence) is >= 0 and < Remembered;

    private ulong BitOf(long sequence) => 1UL << (int)(_highest!.Value - sequence);

    private bool HasSeen(long sequence) => (_seen & BitOf(sequence)) != 0;
}
