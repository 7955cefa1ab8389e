using System.Text;

namespace Jtfa.Language.Tests.Tokenizers;

/// <summary>Random text of what tokenizers get wrong.</summary>
internal static class NastyText
{
    private static readonly string[] s_parts =
    [
        "the ", " and", "of", "Hello", "hello", " world", "World", "I'll", "we've", "YOU'RE", "it's", "IT'S", "can't", "'d",
        "'Tis", "'", "''", "1", "12", "123", "2026", "1234567", "3.14", "٣٤", "½", "Ⅷ", "²", " ", "  ", "   ", "    ", "\t",
        "\t\t", "\n", "\n\n", "\r\n", "\r", " \n", "\n ", "\u00a0", "\u2003", "\u3000", "\u0085", "\u2028", "\v", "\f", "\0",
        "\u0001", "\u001f", "\u007f", "\u00ad", "\ufeff", "\u200b", "!", "?!", "...", "…", "—", "-", "--", "_", "__", "$",
        "+", "<", "=", ">", "^", "~", "|", "`", "\\", "/", "#", "@", "(", ")", "[]", "{}", "€", "£", "«", "»", "。", "，", "、",
        "！", "？", "「", "」", "é", "e\u0301", "ñ", "Ünï", "ß", "İ", "ı", "ſ", "ǅ", "ΑΒΓ", "αβγ", "Привет", "мир", "עברית",
        "العربية", "हिन्दी", "ไทย", "日本語", "の", "カタカナ", "中文", "汉字", "龥", "龦", "한국어", "가", "힣", "🙂", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇪🇺",
        "👍🏽", "𝔘𝔫𝔦", "𐐀𐐨", "𠀀", "🀄", "<s>", "</s>", "<|im_end|>", "<unk>", "<0x0A>", "<user defined>", "[MASK]", "▁", "▁▁",
        "Ġ", "Ċ", "a1b2", "x=1;", "foo_bar", "CamelCase",
    ];

    /// <summary>Up to about forty parts, among them random characters of all planes and halves of surrogate pairs.</summary>
    public static string Next(Random random)
    {
        while (true)
            if (Draw(random) is var text && !text.EnumerateRunes().Any(IsNew)) return text;
    }

    private static string Draw(Random random)
    {
        var text = new StringBuilder();
        for (var left = random.Next(random.Next(2, 40)); left > 0; left--)
        {
            switch (random.Next(40))
            {
                case 0: text.Append(Letter(random, 0x110000)); break;
                case 1: text.Append(Letter(random, 0x3000)); break;
                case 2: text.Append(Letter(random, 0x20000)); break;
                case 3: text.Append((char)random.Next(0xd800, 0xe000)); break;
                case 4: text.Append(s_parts[random.Next(s_parts.Length)][0], random.Next(1, 9)); break;
                case 5: text.Append((char)random.Next(0, 0x80)); break;
                default: text.Append(s_parts[random.Next(s_parts.Length)]); break;
            }
        }

        return text.ToString();
    }

    private static Rune Letter(Random random, int below)
    {
        while (true)
            if (Rune.TryCreate(random.Next(below), out var rune)) return rune;
    }

    /// <summary>Whether a character came with Unicode 15.1 to 17: llama.cpp's tables do not know these as letters and symbols.</summary>
    private static bool IsNew(Rune rune) => rune.Value is (>= 0x105c0 and <= 0x105ff) or (>= 0x10940 and <= 0x1095f)
        or (>= 0x10d40 and <= 0x10d8f) or (>= 0x10ec2 and <= 0x10efc) or (>= 0x11380 and <= 0x113ff) or (>= 0x116d0 and <= 0x116e3)
        or (>= 0x11b60 and <= 0x11bff) or (>= 0x11db0 and <= 0x11def) or (>= 0x13460 and <= 0x143ff) or (>= 0x16100 and <= 0x1613f)
        or (>= 0x16d40 and <= 0x16eff) or (>= 0x18d09 and <= 0x18df2) or (>= 0x1cc00 and <= 0x1cebf) or (>= 0x1e5d0 and <= 0x1e6ff)
        or (>= 0x1f777 and <= 0x1fbff) or (>= 0x2ebf0 and <= 0x2ee5d) or (>= 0x323b0 and <= 0x33479)
        or 0x88f or 0x897 or 0xc5c or 0xcdc or (>= 0x1c89 and <= 0x1c8a) or 0x1acf or (>= 0x1ad0 and <= 0x1aeb) or (>= 0x20c0 and <= 0x20c1)
        or (>= 0x2427 and <= 0x2429) or (>= 0x2ffc and <= 0x2fff) or (>= 0x31e4 and <= 0x31ef) or (>= 0xa7cb and <= 0xa7dc) or 0xa7f1;
}
