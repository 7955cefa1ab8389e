namespace Jtfa.Core;

/// <summary>
/// The last tokens of a scene's views that send only when their tokens have moved, at one gateway: each stands for the moments after its
/// own for as long as its packet says (<see cref="TokenPacket.Hold"/>), unless another comes. A token is kept as a copy, and given out as a
/// held one. Not thread-safe.
/// </summary>
public sealed class HeldTokens
{
    private readonly Dictionary<int, Kept> _byView = [];

    /// <summary>Views whose tokens are held, or were until they became too old.</summary>
    public int Count => _byView.Count;

    /// <summary>Takes a token: it is held, or, where it is not to be, ends the holding of its view's last one.</summary>
    /// <param name="packet">Its packet.</param>
    /// <param name="receivedAt">When it was received, seconds since 1970.</param>
    public void Take(in TokenPacket packet, double receivedAt)
    {
        var isKnown = _byView.TryGetValue(packet.View, out var known);
        if (packet.Hold is not { } hold)
        {
            if (isKnown) _byView.Remove(packet.View);
            return;
        }

        if (isKnown && known.Moment > packet.Moment && known.Moment < packet.Moment + known.Hold) return; // overtaken on its way
        var header = TokenHeader.Of(packet, receivedAt) with { IsHeld = true };
        _byView[packet.View] = new Kept(packet.Moment, hold, new HeldToken(header, packet.Values.ToArray()));
    }

    /// <summary>The tokens of other views that stand for a moment.</summary>
    /// <param name="moment">Seconds since 1970.</param>
    /// <param name="view">The view that has a token of its own.</param>
    /// <returns>By view; empty where there are none.</returns>
    public HeldToken[] At(double moment, int view)
    {
        List<HeldToken>? found = null;
        foreach (var (other, kept) in _byView)
        {
            if (other != view && kept.Moment <= moment && moment < kept.Moment + kept.Hold) (found ??= []).Add(kept.Token);
        }

        if (found is null) return [];
        found.Sort(static (one, two) => one.Header.View.CompareTo(two.Header.View));
        return [.. found];
    }

    /// <summary>Forgets all: their times are by a clock that was set.</summary>
    public void Clear() => _byView.Clear();

    private readonly record struct Kept(double Moment, double Hold, HeldToken Token);
}

/// <summary>A token that stands for later moments.</summary>
/// <param name="Header">Its header, but for the decision id.</param>
/// <param name="Values">Its d values.</param>
public sealed record HeldToken(TokenHeader Header, ReadOnlyMemory<sbyte> Values);
