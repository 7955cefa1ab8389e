namespace Jtfa.Core;

/// <summary>
/// One parsed packet: one view's token of one frame, as it stands in the datagram. <see cref="Values"/> and <see cref="Scene"/>
/// are views into the datagram, or into what its parser unpacked; nothing is copied, so the packet lives no longer than these buffers.
/// </summary>
public readonly ref struct TokenPacket
{
    /// <summary>Bytes; a longer datagram is rejected as <see cref="RejectReason.Oversize"/>. Every valid packet fits.</summary>
    public const int MaxDatagramBytes = 2048;

    /// <summary>The largest token dimension d.</summary>
    public const int MaxDimension = 1024;

    /// <summary>The longest scene name, in UTF-8 bytes.</summary>
    public const int MaxSceneBytes = 128;

    /// <summary>The longest name of a model, in UTF-8 bytes.</summary>
    public const int MaxModelBytes = 32;

    /// <summary>The label of a token whose truth is not known.</summary>
    public const int UnknownLabel = -1;

    /// <summary>A packet with an unknown label and full quality; the rest is for the initialiser.</summary>
    public TokenPacket()
    {
    }

    /// <summary>The version of the wire that brings it: 1 or 2.</summary>
    public int Version { get; init; } = 1;

    /// <summary><c>ts</c>: capture time, seconds since 1970.</summary>
    public double Timestamp { get; init; }

    /// <summary><c>producer_id</c>: view number, 0 or more.</summary>
    public int View { get; init; }

    /// <summary><c>meta.enc</c>: how <see cref="Values"/> were made.</summary>
    public TokenEncoding Encoding { get; init; }

    /// <summary>To how many levels <see cref="Values"/> were rounded: in version 1 always int8.</summary>
    public TokenQuantiser Quantiser { get; init; }

    /// <summary><c>meta.seed</c>: seed of the encoding's permutation and signs; unused by plain.</summary>
    public uint Seed { get; init; }

    /// <summary><c>meta.scale</c>: an encoded value is about q·scale; above 0, at most <see cref="TokenCodec.MaxScale"/>.</summary>
    public double Scale { get; init; }

    /// <summary><c>q</c>: d int8 values, 1 ≤ d ≤ <see cref="MaxDimension"/>.</summary>
    public ReadOnlySpan<sbyte> Values { get; init; }

    /// <summary><c>label</c>: ground truth; −1 when unknown.</summary>
    public int Label { get; init; } = UnknownLabel;

    /// <summary><c>scene</c>: UTF-8 without '/', at most <see cref="MaxSceneBytes"/> bytes; empty when absent.</summary>
    public ReadOnlySpan<byte> Scene { get; init; }

    /// <summary>The number that the scene is configured with, for version 2; 0 where it says none.</summary>
    public int SceneIndex { get; init; }

    /// <summary><c>did</c>: decision id; null when absent.</summary>
    public long? DecisionId { get; init; }

    /// <summary><c>seq</c>: counts the view's packets; null when absent.</summary>
    public long? Sequence { get; init; }

    /// <summary>The longest <see cref="Hold"/>, seconds.</summary>
    public const double MaxHold = 60;

    /// <summary>
    /// <c>hold</c>: for how long the token stands for the moments after its own unless another comes, seconds, above 0, at most
    /// <see cref="MaxHold"/>: its view sends when its token has moved. Null when absent: it stands for its own moment.
    /// </summary>
    public float? Hold { get; init; }

    /// <summary><c>copy</c>: whether it is sent once more, a while after the first time, in case that was lost.</summary>
    public bool IsCopy { get; init; }

    /// <summary>
    /// <c>red</c>: the view's tokens before this one that it carries along, as msgpack, for <see cref="EarlierTokens"/> to read; empty when
    /// absent.
    /// </summary>
    public ReadOnlySpan<byte> Earlier { get; init; }

    /// <summary>
    /// The epoch in its <c>tag</c>: which run of the view's camera it is of; null when it has no tag. <see cref="TokenKey"/> tells
    /// whether the tag is right.
    /// </summary>
    public uint? Epoch { get; init; }

    /// <summary>
    /// <c>tick</c>: the moment that the token is for, seconds since 1970, where that is not its capture time: null when absent.
    /// </summary>
    public double? Tick { get; init; }

    /// <summary>The moment that the token is for, seconds since 1970: windows that are keyed by timestamp follow it.</summary>
    public double Moment => Tick ?? Timestamp;

    /// <summary>
    /// <c>model</c>: which model made the token, UTF-8, at most <see cref="MaxModelBytes"/> bytes: its fingerprint, where it has a name
    /// behind the name and <c>@</c>. Empty when absent.
    /// </summary>
    public ReadOnlySpan<byte> Model { get; init; }

    /// <summary><c>qual</c>: the view's confidence in its token, in (0, 1]; 1 when absent.</summary>
    public float Quality { get; init; } = 1;
}
