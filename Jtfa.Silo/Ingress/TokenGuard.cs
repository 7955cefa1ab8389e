using Jtfa.Core;
using Jtfa.Silo.Trust;

namespace Jtfa.Silo.Ingress;

/// <summary>
/// Whether one scene's tokens were made by their views: by their tags, each view with a key of its own. After a start it knows no epoch and
/// no sequence number, so it then takes copies of tokens that are younger than the age limit. Not safe for concurrent use.
/// </summary>
internal sealed class TokenGuard(TokenAuthentication authentication, ViewKeys keys, string scene)
{
    private readonly Dictionary<int, KnownView> _views = keys.ViewsOf(scene)
        .ToDictionary(view => view, view => new KnownView([.. keys.Of(scene, view).Select(key => new TokenKey(key))]));

    /// <summary>Checks a token's tag, and whether the token was taken before.</summary>
    /// <param name="packet">The token.</param>
    /// <param name="datagram">What it was parsed from.</param>
    /// <param name="key">The key that its tag was made with; null without a right tag.</param>
    public RejectReason Check(in TokenPacket packet, ReadOnlySpan<byte> datagram, out TokenKey? key)
    {
        key = null;
        var view = _views.GetValueOrDefault(packet.View);
        if (packet.Epoch is not { } epoch) return NeedsTag(view) ? RejectReason.Untagged : RejectReason.None;
        if (view is null) return authentication == TokenAuthentication.Require ? RejectReason.Forged : RejectReason.None;
        key = view.KeyOf(datagram);
        if (authentication == TokenAuthentication.Open) return RejectReason.None;
        if (key is null) return RejectReason.Forged;
        view.HasSigned = true;
        return view.Taken.Take(epoch, packet.Sequence!.Value);
    }

    /// <summary>
    /// The same for a token that another one's datagram carried along: that one's tag, which was right, is over both.
    /// </summary>
    public RejectReason CheckEarlier(in TokenPacket packet) =>
        packet.Epoch is { } epoch && authentication != TokenAuthentication.Open && _views.GetValueOrDefault(packet.View) is { } view
            ? view.Taken.Take(epoch, packet.Sequence!.Value)
            : RejectReason.None;

    private bool NeedsTag(KnownView? view) => authentication switch
    {
        TokenAuthentication.Require => true,
        TokenAuthentication.Prefer => view is { HasSigned: true },
        _ => false,
    };

    private sealed class KnownView(TokenKey[] keys)
    {
        public ReplayWindow Taken; // a field, because it is a struct that changes

        public bool HasSigned { get; set; }

        public TokenKey? KeyOf(ReadOnlySpan<byte> datagram)
        {
            foreach (var key in keys)
                if (key.IsSigned(datagram)) return key;
            return null;
        }
    }
}
