using System.Text;

namespace Jtfa.Language.Tokenizers;

/// <summary>
/// Turns ids that come one at a time into text: bytes of a character that is not complete wait for the next id, and the blank that
/// encoding put before the text is left out. For one thread; allocates nothing per id.
/// </summary>
/// <param name="tokenizer">What the ids are of.</param>
/// <param name="atStart">Whether the ids begin a text; false where they continue one.</param>
public sealed class TextDecoder(Tokenizer tokenizer, bool atStart = true)
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private char[] _text = new char[64];
    private bool _atStart = atStart && tokenizer.BeginsWithBlank;

    /// <summary>The text that an id completes; empty while it completes none.</summary>
    /// <returns>It is valid until the next call. Bytes that are no UTF-8 are U+FFFD.</returns>
    public ReadOnlySpan<char> Append(int id)
    {
        var bytes = tokenizer.BytesOf(id);
        if (_atStart && bytes.Length > 0)
        {
            _atStart = false;
            if (bytes[0] == (byte)' ') bytes = bytes[1..];
        }

        return Decode(bytes, flush: false);
    }

    /// <summary>Ends the text: bytes that still wait are U+FFFD.</summary>
    /// <returns>It is valid until the next call.</returns>
    public ReadOnlySpan<char> Finish() => Decode([], flush: true);

    private ReadOnlySpan<char> Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        // A byte that shows waiting ones to be wrong gives U+FFFD for them and a character of its own.
        if (_text.Length < bytes.Length + 4) _text = new char[bytes.Length + 4];
        return _text.AsSpan(0, _decoder.GetChars(bytes, _text, flush));
    }
}
