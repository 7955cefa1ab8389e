using System.Runtime.InteropServices;

namespace Jtfa.Core;

/// <summary>
/// The tokens before its own that a packet carries along (<c>red</c>), read one after the other; RFC 2198 does so with sound. They are of
/// the packet's scene, view, encoding, model and hold, and the packet's tag is over them, too. Never throws, never allocates.
/// </summary>
public ref struct EarlierTokens
{
    /// <summary>The most that a packet carries.</summary>
    public const int Most = 8;

    /// <summary>The furthest back that a token may lie, counted in sequence numbers: copies are told apart so far.</summary>
    public const int FurthestBack = ReplayWindow.Size - 1;

    private const int LeastElements = 5; // back, ts, scale, seed, q

    private readonly TokenPacket _carrier;
    private MsgPackReader _reader;
    private int _left;

    /// <summary>Those of a packet that was parsed, or of one whose <see cref="TokenPacket.Earlier"/> a sender wrote.</summary>
    public EarlierTokens(in TokenPacket carrier)
    {
        _carrier = carrier;
        _reader = new MsgPackReader(carrier.Earlier);
        _left = carrier.Earlier.IsEmpty ? 0 : _reader.ReadArray();
        if (_left > Most) _reader.Fail(RejectReason.WrongType);
    }

    /// <summary>Whether what was read so far is as it should be.</summary>
    internal readonly bool IsSound => _reader.Fault == RejectReason.None && (_left > 0 || _reader.AtEnd);

    /// <summary>Reads the next one.</summary>
    /// <returns>False where there is none, and where the next one is wrong.</returns>
    public bool TryNext(out TokenPacket token)
    {
        token = default;
        if (_left == 0 || _reader.Fault != RejectReason.None) return false;
        _left--;
        var elements = _reader.ReadArray();
        if (elements < LeastElements) _reader.Fail(RejectReason.WrongType);
        var back = _reader.ReadInteger(1, FurthestBack);
        var timestamp = _reader.ReadTime();
        var scale = _reader.ReadNumber();
        var seed = ReadSeed();
        var values = _reader.ReadBytes();
        var label = elements > 5 && !_reader.TryReadNil() ? (int)_reader.ReadInteger(int.MinValue, int.MaxValue) : TokenPacket.UnknownLabel;
        var didBack = elements > 6 ? _reader.ReadIntegerOrNil() : null;
        double? tick = elements > 7 && !_reader.TryReadNil() ? _reader.ReadTime() : null;
        var quality = elements > 8 && !_reader.TryReadNil() ? _reader.ReadNumber() : 1;
        for (var more = LeastElements + 4; more < elements && _reader.Fault == RejectReason.None; more++) _reader.Skip();
        if (_reader.Fault != RejectReason.None) return false;

        if (values.Length != _carrier.Values.Length || !double.IsFinite(timestamp) || !(tick is null || double.IsFinite(tick.Value))
            || !(scale > 0 && scale <= TokenCodec.MaxScale) || !((float)quality > 0 && quality <= 1)
            || _carrier.Sequence is not { } sequence || sequence < long.MinValue + back)
        {
            _reader.Fail(RejectReason.WrongType);
            return false;
        }

        token = new TokenPacket
        {
            Timestamp = timestamp,
            View = _carrier.View,
            Encoding = _carrier.Encoding,
            Seed = seed,
            Scale = scale,
            Values = MemoryMarshal.Cast<byte, sbyte>(values),
            Label = label,
            Scene = _carrier.Scene,
            DecisionId = didBack is { } further && _carrier.DecisionId is { } decision ? unchecked(decision - further) : null,
            Sequence = sequence - back,
            Epoch = _carrier.Epoch,
            Tick = tick,
            Model = _carrier.Model,
            Hold = _carrier.Hold,
            Quality = (float)quality,
        };
        return true;
    }

    // plain needs none.
    private uint ReadSeed()
    {
        if (_carrier.Encoding == TokenEncoding.Plain && _reader.TryReadNil()) return 0;
        return (uint)_reader.ReadInteger(0, uint.MaxValue);
    }
}
