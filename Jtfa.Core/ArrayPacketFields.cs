using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace Jtfa.Core;

/// <summary>What a datagram of version 2 holds: elements of its array, and below 0 none; options by the numbers of their keys.</summary>
internal enum ArrayElement
{
    Array = -1,
    OptionKey = 0,
    Label = 1,
    DecisionId = 2,
    Quality = 3,
    Tick = 4,
    Model = 5,
    SceneName = 6,
    UnknownOption = 7,
    Version,
    Scene,
    View,
    Sequence,
    Time,
    Encoding,
    Scale,
    Values,
    Tag,
}

/// <summary>
/// What has been read of a packet of version 2 so far, and the rules that hold between its elements once all have been read.
/// </summary>
internal ref struct ArrayPacketFields
{
    private const int EncodingBits = 2;

    private TokenEncoding _encoding;
    private TokenQuantiser _quantiser;

    public ArrayPacketFields()
    {
    }

    /// <summary>What is read now, or was last.</summary>
    public ArrayElement Element { get; private set; } = ArrayElement.Array;

    /// <summary>Bytes from it to the datagram's end.</summary>
    public int Left { get; private set; }

    public int SceneIndex { get; set; }

    public int View { get; set; }

    public long Sequence { get; set; }

    public uint Time { get; set; }

    public double Scale { get; set; }

    public ReadOnlySpan<byte> Packed { get; set; }

    public int Label { get; set; } = TokenPacket.UnknownLabel;

    public long? DecisionId { get; set; }

    public double Quality { get; set; } = 1;

    public uint? Tick { get; set; }

    public ReadOnlySpan<byte> Model { get; set; }

    public ReadOnlySpan<byte> Scene { get; set; }

    public ReadOnlySpan<byte> Tag { get; set; }

    /// <summary>The option of a key.</summary>
    public static ArrayElement OptionOf(long key) =>
        key is >= (long)ArrayElement.Label and <= (long)ArrayElement.SceneName ? (ArrayElement)key : ArrayElement.UnknownOption;

    /// <summary>How encoding and quantiser stand on the wire.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One of them is unknown.</exception>
    public static int EncodingNumber(TokenEncoding encoding, TokenQuantiser quantiser)
    {
        if (!Enum.IsDefined(encoding)) throw new ArgumentOutOfRangeException(nameof(encoding), encoding, "Unknown encoding.");
        if (!Enum.IsDefined(quantiser)) throw new ArgumentOutOfRangeException(nameof(quantiser), quantiser, "Unknown quantiser.");
        return (int)encoding | ((int)quantiser << EncodingBits);
    }

    public void Begin(ArrayElement element, in MsgPackReader reader)
    {
        if (reader.Fault == RejectReason.None) (Element, Left) = (element, reader.Left);
    }

    public bool TrySetEncoding(long number)
    {
        const long mask = (1 << EncodingBits) - 1;
        if (number < 0 || (number & mask) > (long)TokenEncoding.HMix || number >> EncodingBits > (long)TokenQuantiser.Q3H)
            return false;
        (_encoding, _quantiser) = ((TokenEncoding)(number & mask), (TokenQuantiser)(number >> EncodingBits));
        return true;
    }

    /// <summary>Makes the packet, or says the first rule that it breaks; <see cref="Element"/> is then what breaks it.</summary>
    public RejectReason TryMake(Span<sbyte> unpacked, double now, out TokenPacket packet)
    {
        packet = default;
        if (Fails(ArrayElement.Scale, !double.IsFinite(Scale) || Scale > TokenCodec.MaxScale)) return RejectReason.NonFinite;
        if (Fails(ArrayElement.Scale, (float)Scale <= 0)) return RejectReason.WrongType;
        if (Fails(ArrayElement.Quality, !double.IsFinite(Quality))) return RejectReason.NonFinite;
        if (Fails(ArrayElement.Quality, (float)Quality <= 0 || Quality > 1)) return RejectReason.WrongType;
        if (Fails(ArrayElement.SceneName, PacketFields.IsWrongScene(Scene))) return RejectReason.WrongType;
        if (Fails(ArrayElement.Model, Model.Length > TokenPacket.MaxModelBytes || !Utf8.IsValid(Model))) return RejectReason.WrongType;
        var d = PackedValues.Count(Packed, _quantiser);
        if (Fails(ArrayElement.Values, d is < 1 or > TokenPacket.MaxDimension)) return RejectReason.DimensionMismatch;
        var values = MemoryMarshal.Cast<byte, sbyte>(Packed);
        if (_quantiser != TokenQuantiser.Int8)
        {
            var room = d <= unpacked.Length ? unpacked[..d] : new sbyte[d];
            if (Fails(ArrayElement.Values, !PackedValues.TryUnpack(Packed, _quantiser, room))) return RejectReason.WrongType;
            values = room;
        }

        packet = new TokenPacket
        {
            Version = ArrayPacketCodec.Version,
            Timestamp = ArrayPacketCodec.TimeNear(now, Time),
            View = View,
            Encoding = _encoding,
            Quantiser = _quantiser,
            Seed = ArrayPacketCodec.SeedOf(View, Sequence),
            Scale = Scale,
            Values = values,
            Label = Label,
            Scene = Scene,
            SceneIndex = SceneIndex,
            DecisionId = DecisionId,
            Sequence = Sequence,
            Quality = (float)Quality,
            Tick = Tick is { } tick ? ArrayPacketCodec.TimeNear(now, tick) : null,
            Model = Model,
            Epoch = Tag.IsEmpty ? null : TokenKey.EpochOf(Tag),
        };
        return RejectReason.None;
    }

    private bool Fails(ArrayElement element, bool isWrong)
    {
        if (isWrong) Element = element;
        return isWrong;
    }
}
