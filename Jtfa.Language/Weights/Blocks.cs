namespace Jtfa.Language.Weights;

/// <summary>What formats of blocks have in common.</summary>
internal static class Blocks
{
    /// <summary>The largest magnitude; the first number that has it.</summary>
    public static float Extreme(ReadOnlySpan<float> values, out float extreme)
    {
        var largest = 0f;
        extreme = 0;
        foreach (var value in values)
            if (Math.Abs(value) > largest) (largest, extreme) = (Math.Abs(value), value);
        return largest;
    }

    /// <summary>The least number and the largest one.</summary>
    public static (float Least, float Most) Range(ReadOnlySpan<float> values)
    {
        var (least, most) = (values[0], values[0]);
        foreach (var value in values) (least, most) = (Math.Min(least, value), Math.Max(most, value));
        return (least, most);
    }

    /// <summary>1/scale; 0 for 0.</summary>
    public static float Inverse(float scale) => scale == 0 ? 0 : 1 / scale;

    /// <summary>32 numbers of 4 bits.</summary>
    public static void FourBits(ReadOnlySpan<byte> packed, Span<byte> codes)
    {
        for (var i = 0; i < 16; i++) (codes[i], codes[i + 16]) = ((byte)(packed[i] & 15), (byte)(packed[i] >> 4));
    }

    /// <summary>Number i of 32: its lower 4 bits, and bit i of the high bits.</summary>
    public static int FiveBits(ReadOnlySpan<byte> lower, uint high, int i)
    {
        var low = i < 16 ? lower[i] & 15 : lower[i - 16] >> 4;
        return low | (int)(((high >> i) & 1) << 4);
    }

    /// <summary>Writes the lower 4 bits of 32 numbers.</summary>
    /// <returns>Their fifth bits.</returns>
    public static uint PutFiveBits(ReadOnlySpan<byte> codes, Span<byte> lower)
    {
        var high = 0u;
        for (var i = 0; i < 16; i++) lower[i] = (byte)((codes[i] & 15) | ((codes[i + 16] & 15) << 4));
        for (var i = 0; i < 32; i++) high |= (uint)(codes[i] >> 4) << i;
        return high;
    }
}
