namespace Jtfa.Core;

/// <summary>The encodings' names on the wire.</summary>
internal static class EncodingNames
{
    /// <summary>The name of an encoding.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The encoding is unknown.</exception>
    public static ReadOnlySpan<byte> Get(TokenEncoding encoding) => encoding switch
    {
        TokenEncoding.Plain => "plain"u8,
        TokenEncoding.PsMix => "psmix"u8,
        TokenEncoding.HMix => "hmix"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(encoding), encoding, "Unknown encoding."),
    };

    /// <summary>The encoding of a name; null when no encoding has it.</summary>
    public static TokenEncoding? Find(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("plain"u8)) return TokenEncoding.Plain;
        if (name.SequenceEqual("psmix"u8)) return TokenEncoding.PsMix;
        if (name.SequenceEqual("hmix"u8)) return TokenEncoding.HMix;
        return null;
    }
}
