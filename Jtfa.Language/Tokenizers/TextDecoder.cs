using Jtfa.Language.Decoding;

namespace Jtfa.Language.Tokenizers;

/// <summary>
/// Turns ids that come one at a time into text, up to the first stop string: bytes of a character that is not complete, or of what may
/// become a stop string, wait for the next id, and the blank that encoding put before the text is left out. For one thread; allocates
/// nothing per id.
/// </summary>
/// <param name="tokenizer">What the ids are of.</param>
/// <param name="atStart">Whether the ids begin a text; false where they continue one.</param>
/// <param name="stops">The stop strings; none of them is empty.</param>
/// <exception cref="ArgumentException">A stop string is empty, or they are longer than 65,536 bytes together.</exception>
public sealed class TextDecoder(Tokenizer tokenizer, bool atStart = true, IEnumerable<string>? stops = null)
{
    private readonly StopStrings _stops = new(stops ?? []);
    private bool _atStart = atStart && tokenizer.BeginsWithBlank;

    /// <summary>Whether a stop string came; nothing more is given then.</summary>
    public bool IsStopped => _stops.IsStopped;

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

        return _stops.Append(bytes);
    }

    /// <summary>Ends the text: bytes of a character that still wait are U+FFFD.</summary>
    /// <returns>It is valid until the next call.</returns>
    public ReadOnlySpan<char> Finish() => _stops.End();
}
