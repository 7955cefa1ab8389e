namespace Jtfa.Testbed.Links;

/// <summary>
/// What one link does: the fate of each packet. The fate of packet n depends on profile, seed, link and n alone; where the link fades also
/// on its arrival time, under a rate limit on the packets' lengths, too.
/// In order: rate limit, loss, delay, holding back, copy. Used by one caller at a time.
/// </summary>
public sealed class LinkImpairment
{
    /// <summary>What IPv4 and UDP put before a payload, bytes: a rate limit counts it.</summary>
    public const int HeaderBytes = 28;

    private readonly LinkProfile _profile;
    private readonly SeededDraws _draws;
    private readonly TokenBucket? _bucket;
    private readonly FadeChain? _fade;
    private long _next;
    private bool _isBad;

    /// <summary>A link that no packet has come to yet.</summary>
    /// <param name="profile">What the link does.</param>
    /// <param name="seed">The experiment's seed.</param>
    /// <param name="link">The link's number; links of one seed are independent.</param>
    /// <exception cref="ArgumentException">The delay's distribution is none.</exception>
    public LinkImpairment(LinkProfile profile, ulong seed, int link)
    {
        ArgumentNullException.ThrowIfNull(profile);
        if (!IsDistribution(profile.Delay))
            throw new ArgumentException(
                $"{profile.Delay}: allowed are Ms of 0 or more, MaxMs of Ms or more, and, but for Constant, SpreadMs, for Pareto Shape, " +
                "above 0.", nameof(profile));
        _profile = profile;
        _draws = new SeededDraws(seed, link);
        if (profile.Rate is { } rate) _bucket = new TokenBucket(rate);
        if (profile.Fade is { } fade) _fade = new FadeChain(fade, _draws);
    }

    /// <summary>The next packet's fate.</summary>
    /// <param name="arrival">When it came, on any clock that does not go back.</param>
    /// <param name="bytes">Its payload's length.</param>
    public PacketFate Next(TimeSpan arrival, int bytes)
    {
        var number = _next++;
        MoveState(number);
        if (Wait(arrival, bytes) is not { } waitMs) return new PacketFate(number, FateKind.Queue, default, null, false);
        if (LossOf(number, arrival) is { } loss) return new PacketFate(number, loss, default, null, false);

        var isHeld = _profile.Reorder is { } reorder && _draws.Happens(reorder.Share, number, Purpose.Reorder);
        var ms = waitMs + DelayDraw.Draw(_profile.Delay, _draws, number, Purpose.Delay) + (isHeld ? _profile.Reorder!.HoldMs : 0);
        TimeSpan? copy = _draws.Happens(_profile.Duplicate, number, Purpose.Duplicate)
            ? TimeSpan.FromMilliseconds(waitMs + DelayDraw.Draw(_profile.Delay, _draws, number, Purpose.CopyDelay))
            : null;
        return new PacketFate(number, FateKind.Sent, TimeSpan.FromMilliseconds(ms), copy, isHeld);
    }

    private double? Wait(TimeSpan arrival, int bytes) => _bucket is null ? 0 : _bucket.Take(arrival.TotalMilliseconds, bytes + HeaderBytes);

    // The link starts in the stationary state: the first packet meets a bad link as often as any later one.
    private void MoveState(long number)
    {
        if (_profile.Burst is not { } burst) return;
        var change = number == 0 ? burst.BadShare : _isBad ? burst.ToGood : burst.ToBad;
        if (_draws.Happens(change, number, Purpose.BurstState)) _isBad = !_isBad;
    }

    private FateKind? LossOf(long number, TimeSpan arrival)
    {
        if (_fade is not null && FadesAway(_fade.FadesAt(arrival), number)) return FateKind.Fade;
        if (_profile.Burst is { } burst && _draws.Happens(_isBad ? burst.LossBad : burst.LossGood, number, Purpose.BurstLoss))
            return FateKind.Burst;
        return _draws.Happens(_profile.Loss, number, Purpose.Loss) ? FateKind.Lost : null;
    }

    private bool FadesAway(bool fades, long number) =>
        _draws.Happens(fades ? _profile.Fade!.LossBad : _profile.Fade!.LossGood, number, Purpose.FadeLoss);

    // Files of profiles are read strictly; this is for those made in code, which could make a draw endless.
    private static bool IsDistribution(DelayProfile? delay) => delay is null
        || (delay.Ms >= 0 && delay.MaxMs >= delay.Ms
            && (delay.Distribution == DelayDistribution.Constant || delay.SpreadMs > 0)
            && (delay.Distribution != DelayDistribution.Pareto || delay.Shape > 0));
}
