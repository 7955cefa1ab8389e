namespace Jtfa.Language.Tokenizers;

/// <summary>
/// Canonical decomposition (NFD) without marks that take no room, for WordPiece. The runtime's own needs ICU, which is not loaded where
/// globalisation is invariant.
/// </summary>
internal static class Decomposition
{
    private const int FirstSyllable = 0xac00;
    private const int Syllables = 11172;

    private static readonly Lazy<Dictionary<int, int[]>> s_parts = new(Read);

    /// <summary>Passes on what a character decomposes to.</summary>
    public static void Append(int letter, Action<int> take)
    {
        if (letter - FirstSyllable is >= 0 and < Syllables and var syllable)
        {
            // Hangul: 21 vowels of 28 finals (one of them none) after each first letter. The Unicode Standard, 3.12.
            take(0x1100 + (syllable / (21 * 28)));
            take(0x1161 + (syllable / 28 % 21));
            if (syllable % 28 > 0) take(0x11a7 + (syllable % 28));
        }
        else if (letter >= 0xc0 && s_parts.Value.TryGetValue(letter, out var parts))
        {
            foreach (var part in parts) take(part);
        }
        else take(letter);
    }

    private static Dictionary<int, int[]> Read()
    {
        using var stream = typeof(Decomposition).Assembly.GetManifestResourceStream("Decompositions.txt")!;
        using var reader = new StreamReader(stream);
        Dictionary<int, int[]> parts = [];
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            foreach (var entry in line.Split(' '))
            {
                int[] letters = [.. entry.EnumerateRunes().Select(rune => rune.Value)];
                parts.Add(letters[0], letters[1..]);
            }
        }

        return parts;
    }
}
