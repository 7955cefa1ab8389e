namespace Jtfa.Core;

/// <summary>Why a datagram or a token was not added to a window. <see cref="None"/> means that it was accepted.</summary>
public enum RejectReason : byte
{
    None,

    /// <summary>The datagram ends inside a value.</summary>
    Truncated,

    /// <summary>The datagram is neither one msgpack map nor one array of version 2, or bytes follow it.</summary>
    NotMsgPack,

    /// <summary>A required key is absent, or the array has too few elements.</summary>
    MissingKey,

    /// <summary>A key's value has the wrong type or is outside its range.</summary>
    WrongType,

    /// <summary><c>meta.enc</c>, or version 2's number, names no encoding known here.</summary>
    UnknownEncoding,

    /// <summary>The lengths in the packet contradict each other, or differ from the scene's dimension.</summary>
    DimensionMismatch,

    /// <summary>A number is NaN or infinite, or the scale is above <see cref="TokenCodec.MaxScale"/>.</summary>
    NonFinite,

    /// <summary>The datagram is longer than <see cref="TokenPacket.MaxDatagramBytes"/>.</summary>
    Oversize,

    /// <summary>Its capture time lies further ahead of this clock than allowed.</summary>
    Future,

    /// <summary>Its window has gone, T + linger after it opened, or its capture time is too old.</summary>
    Stale,

    /// <summary>It names a scene that this node does not serve.</summary>
    UnknownScene,

    /// <summary>Its view is none of the scene's, which are 0 … N − 1 unless the scene lists them.</summary>
    UnknownView,

    /// <summary>The scene requires tags and it has none.</summary>
    Untagged,

    /// <summary>Its tag was not made with a key of its view, or a part of it was changed since.</summary>
    Forged,

    /// <summary>It is a tagged token that was taken, and was not sent again on purpose.</summary>
    Duplicate,

    /// <summary>
    /// It is of an earlier epoch of its view, or so old that <see cref="ReplayWindow"/> cannot tell whether it was taken.
    /// </summary>
    Replayed,

    /// <summary>Its vector is longer than the scene's head allows (<see cref="FusionHead.MaxNorm"/>).</summary>
    TooLarge,

    /// <summary>Its view's tokens say that another model made them than the one that the scene's head was made for.</summary>
    WrongModel,

    /// <summary>The scene is keyed by sequence and the packet has no decision id.</summary>
    NoDecisionId,

    /// <summary>More tokens or windows are in progress than the node's limits allow.</summary>
    Overload,
}
