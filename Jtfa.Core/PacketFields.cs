using System.Numerics;
using System.Text.Unicode;

namespace Jtfa.Core;

/// <summary>What has been read of a packet so far, and the rules that hold between its keys once all have been read.</summary>
internal ref struct PacketFields
{
    private readonly Span<sbyte> _unpacked;
    private Required _seen;
    private int _view;
    private ReadOnlySpan<sbyte> _values;
    private TokenEncoding? _encoding;
    private uint _seed;

    public PacketFields()
    {
    }

    /// <param name="unpacked">Takes values that are not in the datagram as they are needed.</param>
    public PacketFields(Span<sbyte> unpacked)
        : this() => _unpacked = unpacked;

    [Flags]
    internal enum Required : byte
    {
        Timestamp = 1,
        View = 2,
        Values = 4,
        Encoding = 8,
        Scale = 16,
        Seed = 32,
        Top = Timestamp | View | Values,
        Meta = Encoding | Scale | Seed,
    }

    public double Timestamp { get; private set; }

    public double Scale { get; private set; }

    public ReadOnlySpan<byte> EncodingName { get; private set; }

    public readonly int Values => _values.Length;

    public long? Dimension { get; set; }

    public long? MetaDimension { get; set; }

    public long? MetaN2 { get; set; }

    public int Label { get; set; } = TokenPacket.UnknownLabel;

    public ReadOnlySpan<byte> Scene { get; set; }

    public long? DecisionId { get; set; }

    public long? Sequence { get; set; }

    public double Quality { get; set; } = 1;

    public double? Tick { get; set; }

    public ReadOnlySpan<byte> Model { get; set; }

    public double? Hold { get; set; }

    public bool IsCopy { get; set; }

    /// <summary>The value of <c>red</c> as it stands there; empty when there is none.</summary>
    public ReadOnlySpan<byte> Earlier { get; set; }

    /// <summary>The value of <c>tag</c>; empty when <see cref="IsTagged"/> is false.</summary>
    public ReadOnlySpan<byte> Tag { get; private set; }

    public bool IsTagged { get; private set; }

    public void SetTimestamp(double seconds)
    {
        Timestamp = seconds;
        _seen |= Required.Timestamp;
    }

    public void SetView(int view)
    {
        _view = view;
        _seen |= Required.View;
    }

    public void SetValues(ReadOnlySpan<sbyte> values)
    {
        _values = values;
        _seen |= Required.Values;
    }

    /// <summary>Room for the values of an array.</summary>
    public readonly Span<sbyte> Unpack(int count) => count <= _unpacked.Length ? _unpacked[..count] : new sbyte[count];

    public void SetEncoding(ReadOnlySpan<byte> name)
    {
        EncodingName = name;
        _encoding = EncodingNames.Find(name);
        _seen |= Required.Encoding;
    }

    public void SetSeed(uint seed)
    {
        _seed = seed;
        _seen |= Required.Seed;
    }

    public void ClearSeed()
    {
        _seed = 0;
        _seen &= ~Required.Seed;
    }

    public void SetScale(double scale)
    {
        Scale = scale;
        _seen |= Required.Scale;
    }

    public void SetTag(ReadOnlySpan<byte> tag)
    {
        Tag = tag;
        IsTagged = true;
    }

    public void ClearTag()
    {
        Tag = default;
        IsTagged = false;
    }

    /// <summary>Forgets an earlier <c>meta</c>: the last one wins as a whole.</summary>
    public void ClearMeta()
    {
        _seen &= ~Required.Meta;
        _encoding = null;
        _seed = 0;
        MetaDimension = null;
        MetaN2 = null;
    }

    /// <summary>The first rule that the packet breaks, or <see cref="RejectReason.None"/>.</summary>
    public readonly RejectReason Check()
    {
        // An encoding of a later version may need other keys, so that it is unknown is reported before what is missing.
        if (Has(Required.Encoding) && _encoding is null) return RejectReason.UnknownEncoding;
        if (Missing != 0) return RejectReason.MissingKey;

        if (!double.IsFinite(Timestamp) || !double.IsFinite(Scale) || !double.IsFinite(Quality)) return RejectReason.NonFinite;
        if (Tick is { } tick && !double.IsFinite(tick)) return RejectReason.NonFinite;
        if (Scale > TokenCodec.MaxScale) return RejectReason.NonFinite;
        if (Scale <= 0 || (float)Quality <= 0 || Quality > 1) return RejectReason.WrongType;
        if (HasWrongScene) return RejectReason.WrongType;
        if (HasWrongModel || HasWrongHold) return RejectReason.WrongType;

        if (NeedsSequence && Sequence is null) return RejectReason.MissingKey; // copies are told apart by it
        var d = _values.Length;
        if (d is < 1 or > TokenPacket.MaxDimension) return RejectReason.DimensionMismatch;
        var n2 = BitOperations.RoundUpToPowerOf2((uint)d);
        var agree = (Dimension ?? d) == d && (MetaDimension ?? d) == d && (MetaN2 ?? n2) == n2;
        if (!agree) return RejectReason.DimensionMismatch;
        return HasWrongEarlier ? RejectReason.WrongType : RejectReason.None;
    }

    /// <summary>The packet; call only after <see cref="Check"/> found nothing.</summary>
    public readonly TokenPacket ToPacket() => new()
    {
        Timestamp = Timestamp,
        View = _view,
        Encoding = _encoding.GetValueOrDefault(),
        Seed = _seed,
        Scale = Scale,
        Values = _values,
        Label = Label,
        Scene = Scene,
        DecisionId = DecisionId,
        Sequence = Sequence,
        Quality = (float)Quality,
        Tick = Tick,
        Model = Model,
        Hold = (float?)Hold,
        IsCopy = IsCopy,
        Earlier = Earlier,
        Epoch = IsTagged ? TokenKey.EpochOf(Tag) : null,
    };

    /// <summary>The required keys that it lacks.</summary>
    internal readonly Required Missing =>
        (Required.Top | (_encoding == TokenEncoding.Plain ? Required.Encoding | Required.Scale : Required.Meta)) & ~_seen;

    /// <summary>Whether its scene is too long, or no name of one.</summary>
    internal readonly bool HasWrongScene => IsWrongScene(Scene);

    /// <summary>Whether a scene's name is too long, or none.</summary>
    internal static bool IsWrongScene(ReadOnlySpan<byte> scene) =>
        scene.Length > TokenPacket.MaxSceneBytes || scene.Contains((byte)'/') || !Utf8.IsValid(scene);

    /// <summary>Whether its model is too long, or no name of one.</summary>
    internal readonly bool HasWrongModel => Model.Length > TokenPacket.MaxModelBytes || !Utf8.IsValid(Model);

    /// <summary>Whether its holding time is none.</summary>
    internal readonly bool HasWrongHold => Hold is { } hold && !((float)hold > 0 && hold <= TokenPacket.MaxHold);

    private readonly bool NeedsSequence => IsTagged || IsCopy || !Earlier.IsEmpty;

    private readonly bool HasWrongEarlier
    {
        get
        {
            if (Earlier.IsEmpty) return false;
            var earlier = new EarlierTokens(ToPacket());
            while (earlier.TryNext(out _))
            {
            }

            return !earlier.IsSound;
        }
    }

    private readonly bool Has(Required keys) => (_seen & keys) == keys;
}
