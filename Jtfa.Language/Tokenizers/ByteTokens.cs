using System.Globalization;

namespace Jtfa.Language.Tokenizers;

/// <summary>How vocabularies write single bytes.</summary>
internal static class ByteTokens
{
    private static readonly string s_alphabet = MakeAlphabet();
    private static readonly Dictionary<char, byte> s_values =
        Enumerable.Range(0, 256).ToDictionary(value => s_alphabet[value], value => (byte)value);

    /// <summary>
    /// The character that byte-level vocabularies write for each byte, as GPT-2 does: itself where it is visible, else one from U+0100.
    /// </summary>
    public static ReadOnlySpan<char> Alphabet => s_alphabet;

    /// <summary>The name of a byte in a SentencePiece vocabulary.</summary>
    public static string Name(int value) => $"<0x{value:X2}>";

    /// <summary>The byte of such a name; null when it is none.</summary>
    public static byte? Value(string name) =>
        name.Length == 6 && name.StartsWith("<0x", StringComparison.Ordinal) && name[5] == '>' &&
        byte.TryParse(name.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>The byte that a character of <see cref="Alphabet"/> stands for.</summary>
    /// <returns>Whether it is one of these.</returns>
    public static bool TryDecode(char letter, out byte value) => s_values.TryGetValue(letter, out value);

    private static string MakeAlphabet()
    {
        var letters = new char[256];
        var next = '\u0100';
        for (var value = 0; value < 256; value++)
            letters[value] = value is (>= 0x21 and <= 0x7e) or (>= 0xa1 and <= 0xac) or (>= 0xae and <= 0xff) ? (char)value : next++;
        return new string(letters);
    }
}
