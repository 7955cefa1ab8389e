using System.Text;
using Jtfa.Core;
using Jtfa.Silo.Scenes;

namespace Jtfa.Silo.Ingress;

/// <summary>
/// The views of a scene whose tokens another model made than the one that the scene's head was made for. A view is one of them from a token
/// that says so until one that says the right model, or until it has said none for <see cref="Memory"/>. Nothing is allocated a token of a
/// right model. Not safe for concurrent use.
/// </summary>
/// <param name="model">The fingerprint of the scene's model; empty where it is not known, so that every model is right.</param>
internal sealed class WrongModels(string model)
{
    /// <summary>Seconds for which what a view said is remembered: three times as long as a camera takes to say it again.</summary>
    public const double Memory = 3;

    private readonly byte[] _digest = [.. ModelFingerprint.Digest(Encoding.UTF8.GetBytes(model))];
    private readonly Dictionary<int, (byte[] Model, double SaidAt)> _views = [];

    /// <summary>Whether a token is of another model.</summary>
    /// <param name="packet">A token of one of the scene's views.</param>
    /// <param name="now">When it was received, seconds since 1970.</param>
    public bool Has(in TokenPacket packet, double now)
    {
        if (_digest.Length == 0 || (packet.Model.IsEmpty && _views.Count == 0)) return false;
        if (packet.Model.IsEmpty) return Of(packet.View, now) is not null;
        if (ModelFingerprint.Digest(packet.Model).SequenceEqual(_digest))
        {
            _views.Remove(packet.View);
            return false;
        }

        var isKnown = _views.TryGetValue(packet.View, out var known) && packet.Model.SequenceEqual(known.Model);
        _views[packet.View] = (isKnown ? known.Model : packet.Model.ToArray(), now);
        return true;
    }

    /// <summary>What a view says that made its tokens, where that is wrong; null where it is right or not known.</summary>
    public byte[]? Of(int view, double now)
    {
        if (!_views.TryGetValue(view, out var said)) return null;

        // The clock may have been set in either direction since.
        if (Math.Abs(now - said.SaidAt) <= Memory) return said.Model;
        _views.Remove(view);
        return null;
    }
}
