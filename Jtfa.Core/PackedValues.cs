namespace Jtfa.Core;

/// <summary>
/// How the wire's version 2 packs quantised numbers (docs/wire.md, "Version 2"). int8: a byte each. int4: four bits each, the first in the
/// high half; an odd number of them ends with a half of 1000. q3h: (a + 5)·11 + b + 5 of each two in 7 bits, one after another from the
/// highest bit on, filled up to a byte with ones. Allocates nothing.
/// </summary>
internal static class PackedValues
{
    private const int Int4Filler = 8;
    private const int LargestInt4 = 7;
    private const int LargestQ3H = 5;
    private const int Levels = (2 * LargestQ3H) + 1;
    private const int PairBits = 7;
    private const int PairFiller = (1 << PairBits) - 1;

    /// <summary>The largest number of a quantiser.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The quantiser is unknown.</exception>
    public static int Largest(TokenQuantiser quantiser) => quantiser switch
    {
        TokenQuantiser.Int8 => sbyte.MaxValue,
        TokenQuantiser.Int4 => LargestInt4,
        TokenQuantiser.Q3H => LargestQ3H,
        _ => throw new ArgumentOutOfRangeException(nameof(quantiser), quantiser, "Unknown quantiser."),
    };

    /// <summary>Bytes that d numbers take.</summary>
    public static int Bytes(int d, TokenQuantiser quantiser) => quantiser switch
    {
        TokenQuantiser.Int4 => (d + 1) / 2,
        TokenQuantiser.Q3H => ((d / 2 * PairBits) + 7) / 8,
        _ => d,
    };

    /// <summary>Packs numbers.</summary>
    /// <param name="values">d numbers, within the quantiser's range.</param>
    /// <param name="quantiser">Their quantiser; int8's need no packing.</param>
    /// <param name="packed">Takes <see cref="Bytes"/>.</param>
    /// <exception cref="ArgumentException">A number is outside the range, or q3h gets an odd number of them.</exception>
    public static void Pack(ReadOnlySpan<sbyte> values, TokenQuantiser quantiser, Span<byte> packed)
    {
        var largest = Largest(quantiser);
        foreach (var value in values)
        {
            if (Math.Abs((int)value) > largest)
                throw new ArgumentException($"{value}: {quantiser} has ±{largest} at most.", nameof(values));
        }

        if (quantiser == TokenQuantiser.Int4)
        {
            for (var i = 0; i < packed.Length; i++)
            {
                var low = (2 * i) + 1 < values.Length ? values[(2 * i) + 1] & 0xf : Int4Filler;
                packed[i] = (byte)((values[2 * i] << 4) | low);
            }

            return;
        }

        if (values.Length % 2 != 0) throw new ArgumentException($"{values.Length} numbers: Q3H takes an even number.", nameof(values));
        var (bits, held, at) = (0, 0, 0);
        for (var i = 0; i < values.Length; i += 2)
        {
            bits = (bits << PairBits) | ((values[i] + LargestQ3H) * Levels) + values[i + 1] + LargestQ3H;
            held += PairBits;
            if (held < 8) continue;
            held -= 8;
            packed[at++] = (byte)(bits >> held);
        }

        if (held > 0) packed[at] = (byte)((bits << (8 - held)) | ((1 << (8 - held)) - 1));
    }

    /// <summary>How many numbers packed bytes hold; 0 where no number of them is packed like this.</summary>
    public static int Count(ReadOnlySpan<byte> packed, TokenQuantiser quantiser)
    {
        if (packed.IsEmpty) return 0;
        if (quantiser == TokenQuantiser.Int8) return packed.Length;
        if (quantiser == TokenQuantiser.Int4) return (2 * packed.Length) - ((packed[^1] & 0xf) == Int4Filler ? 1 : 0);

        // Seven pairs leave room for an eighth: filled with ones, it is none.
        var pairs = 8 * packed.Length / PairBits;
        if (pairs % 8 == 0 && (packed[^1] & PairFiller) == PairFiller) pairs--;
        return 2 * pairs;
    }

    /// <summary>Unpacks numbers.</summary>
    /// <param name="packed">Bytes.</param>
    /// <param name="quantiser">How they are packed: not int8, whose bytes are the numbers.</param>
    /// <param name="values">Takes as many as <see cref="Count"/> says.</param>
    /// <returns>Whether all are such as <see cref="Pack"/> writes.</returns>
    public static bool TryUnpack(ReadOnlySpan<byte> packed, TokenQuantiser quantiser, Span<sbyte> values)
    {
        if (packed.Length != Bytes(values.Length, quantiser)) return false;
        return quantiser == TokenQuantiser.Int4 ? TryUnpackInt4(packed, values) : TryUnpackQ3H(packed, values);
    }

    private static bool TryUnpackInt4(ReadOnlySpan<byte> packed, Span<sbyte> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            var half = i % 2 == 0 ? packed[i / 2] >> 4 : packed[i / 2] & 0xf;
            if (half == Int4Filler) return false;
            values[i] = (sbyte)((sbyte)(half << 4) >> 4);
        }

        return true;
    }

    private static bool TryUnpackQ3H(ReadOnlySpan<byte> packed, Span<sbyte> values)
    {
        var (bits, held, at) = (0, 0, 0);
        for (var i = 0; i < values.Length; i += 2)
        {
            if (held < PairBits)
            {
                bits = ((bits & ((1 << held) - 1)) << 8) | packed[at++];
                held += 8;
            }

            held -= PairBits;
            var pair = (bits >> held) & PairFiller;
            if (pair >= Levels * Levels) return false;
            values[i] = (sbyte)((pair / Levels) - LargestQ3H);
            values[i + 1] = (sbyte)((pair % Levels) - LargestQ3H);
        }

        return true;
    }
}
