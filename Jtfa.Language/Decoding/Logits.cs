using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Jtfa.Language.Decoding;

/// <summary>Steps over a whole vocabulary's logits.</summary>
internal static class Logits
{
    /// <summary>Copies them; NaN becomes negative infinity, and positive infinity the largest number.</summary>
    public static void CopyClean(ReadOnlySpan<float> logits, Span<float> copy)
    {
        if (logits.Length != copy.Length)
            throw new ArgumentException($"There are {logits.Length} logits, and the vocabulary has {copy.Length}.");
        ref var from = ref MemoryMarshal.GetReference(logits);
        ref var to = ref MemoryMarshal.GetReference(copy);
        var (least, most) = (Vector256.Create(float.NegativeInfinity), Vector256.Create(float.MaxValue));
        var i = 0;
        for (; i + 8 <= logits.Length; i += 8)
        {
            var values = Vector256.LoadUnsafe(ref from, (nuint)i);
            values = Vector256.ConditionalSelect(Vector256.Equals(values, values), Vector256.Min(values, most), least);
            values.StoreUnsafe(ref to, (nuint)i);
        }
        for (; i < logits.Length; i++) copy[i] = float.IsNaN(logits[i]) ? float.NegativeInfinity : Math.Min(logits[i], float.MaxValue);
    }

    /// <summary>Gives those negative infinity whose bit is not set.</summary>
    public static void Mask(Span<float> logits, ReadOnlySpan<ulong> allowed)
    {
        for (var word = 0; word < allowed.Length; word++)
        {
            var part = logits.Slice(64 * word, Math.Min(64, logits.Length - 64 * word));
            if (allowed[word] == 0) part.Fill(float.NegativeInfinity);
            else
            {
                for (var forbidden = ~allowed[word]; forbidden != 0; forbidden &= forbidden - 1)
                {
                    var bit = BitOperations.TrailingZeroCount(forbidden);
                    if (bit < part.Length) part[bit] = float.NegativeInfinity;
                }
            }
        }
    }
}
