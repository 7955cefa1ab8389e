using System.Globalization;
using System.Text;

namespace Jtfa.Language.Tokenizers;

/// <summary>Classes of characters as regular expressions of tokenizers name them; characters are code points.</summary>
internal static class Letters
{
    /// <summary>\p{L}.</summary>
    public static bool IsLetter(int letter) => Category(letter) <= UnicodeCategory.OtherLetter;

    /// <summary>\p{N}.</summary>
    public static bool IsNumber(int letter) =>
        Category(letter) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>\p{P}.</summary>
    public static bool IsPunctuation(int letter) =>
        Category(letter) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;

    /// <summary>\s.</summary>
    public static bool IsBlank(int letter) => letter < 0x80 ? letter is ' ' or (>= '\t' and <= '\r') : Rune.IsWhiteSpace(new Rune(letter));

    /// <summary>[\r\n].</summary>
    public static bool IsLineBreak(int letter) => letter is '\r' or '\n';

    /// <summary>[^\s\p{L}\p{N}].</summary>
    public static bool IsOther(int letter) => !IsBlank(letter) && !IsLetter(letter) && !IsNumber(letter);

    /// <summary>The general category.</summary>
    public static UnicodeCategory Category(int letter) => CharUnicodeInfo.GetUnicodeCategory(letter);

    /// <summary>Whether a character lies in one of some ranges: first, last, first, last … in ascending order.</summary>
    public static bool IsIn(ReadOnlySpan<int> ranges, int letter)
    {
        var at = ranges.BinarySearch(letter);
        return at >= 0 || (~at & 1) == 1;
    }
}
