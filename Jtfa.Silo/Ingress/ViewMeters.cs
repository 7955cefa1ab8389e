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

    // Until then no view has been silent long enough: in a flood, an invented view costs a comparison, not a look at every view.
    private double _fullUntil = double.NegativeInfinity;

    /// <summary>Counts a token.</summary>
    /// <param name="packet">The token.</param>
    /// <param name="bytes">Its datagram's length.</param>
    /// <param name="now">When it was received, seconds since 1970.</param>
    /// <returns>The view's tokens so far, where it is due for a receipt; else null.</returns>
    public long? Count(in TokenPacket packet, int bytes, double now)
    {
        if (_views.TryGetValue(packet.View, out var meter)) meter.Count(packet, bytes, now);
        else meter = Add(packet, bytes, now);
        return meter is not null && meter.TakeReceiptDue(now) ? meter.Tokens : null;
    }

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
    private double _least = double.PositiveInfinity;
    private double _leastBefore = double.PositiveInfinity;
    private double _spanFrom;
    private double _rate;
    private double _kbps;
    private double _answeredAt;

    /// <summary>When its last token was received, seconds since 1970.</summary>
    public double LastTokenAt { get; private set; }

    /// <summary>Tokens so far.</summary>
    public long Tokens => _tokens;

    public void Count(in TokenPacket packet, int bytes, double now)
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
        if (packet.Sequence is { } sequence) CountSequence(sequence, now);
        _tokens++;
        _bytes += bytes;
        LastTokenAt = now;
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
        return new ViewTraffic(view, LastTokenAt, _tokens, _bytes, _rate, _kbps, _lost, _jitter, Math.Min(_least, _leastBefore));
    }

    // A missing number counts as lost until it comes after all.
    private void CountSequence(long sequence, double now)
    {
        var highest = _highest ?? 0;
        var ahead = unchecked(sequence - highest);
        if (_highest is null || now - LastTokenAt > Restarted || ahead is > FarAhead or <= -Remembered || ahead > 0 != sequence > highest)
        {
            (_highest, _seen) = (sequence, ulong.MaxValue);
        }
        else if (ahead > 0)
        {
            _lost += ahead - 1;
            _seen = ahead < Remembered ? (_seen << (int)ahead) | 1 : 1;
            _highest = sequence;
        }
        else if ((_seen & (1UL << (int)-ahead)) == 0)
        {
            _seen |= 1UL << (int)-ahead;
            _lost--;
        }
    }
}
