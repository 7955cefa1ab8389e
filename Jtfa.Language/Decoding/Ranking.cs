using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Jtfa.Language.Decoding;

/// <summary>
/// Ids in the order of their logits, without sorting the whole vocabulary. An entry is a logit and its id in one number, so that a smaller
/// number is a larger logit, and of equal logits the lower id.
/// </summary>
internal static class Ranking
{
    /// <summary>The entry of an id.</summary>
    public static ulong Entry(float logit, int id)
    {
        // Zero has one sign, so that equal logits are equal entries.
        var bits = BitConverter.SingleToUInt32Bits(logit + 0f);
        var ascending = (bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000;
        return (ulong)~ascending << 32 | (uint)id;
    }

    /// <summary>An entry's id.</summary>
    public static int Id(ulong entry) => (int)(uint)entry;

    /// <summary>An entry's logit.</summary>
    public static float Logit(ulong entry)
    {
        var ascending = ~(uint)(entry >> 32);
        return BitConverter.UInt32BitsToSingle((ascending & 0x80000000) != 0 ? ascending & 0x7FFFFFFF : ~ascending);
    }

    /// <summary>The largest logit's id, the lowest of equal ones; -1 when none is above negative infinity.</summary>
    public static int Largest(ReadOnlySpan<float> logits)
    {
        var max = Max(logits);
        return float.IsNegativeInfinity(max) ? -1 : logits.IndexOf(max);
    }

    /// <summary>The largest logit; none of them is NaN.</summary>
    public static float Max(ReadOnlySpan<float> logits)
    {
        var max = float.NegativeInfinity;
        var i = 0;
        if (logits.Length >= 8)
        {
            ref var first = ref MemoryMarshal.GetReference(logits);
            var most = Vector256.LoadUnsafe(ref first);
            for (i = 8; i + 8 <= logits.Length; i += 8) most = Vector256.Max(most, Vector256.LoadUnsafe(ref first, (nuint)i));
            for (var lane = 0; lane < 8; lane++) max = Math.Max(max, most[lane]);
        }
        for (; i < logits.Length; i++) max = Math.Max(max, logits[i]);
        return max;
    }

    /// <summary>The best entries, in order.</summary>
    /// <param name="logits">The logits; those of negative infinity are left out.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="entries">Takes them; as long as twice the count or as the logits, whichever is less.</param>
    /// <returns>How many there are.</returns>
    public static int Top(ReadOnlySpan<float> logits, int count, Span<ulong> entries)
    {
        count = Math.Min(count, logits.Length);
        var room = (int)Math.Min(2L * count, logits.Length);
        ref var first = ref MemoryMarshal.GetReference(logits);
        var (held, worst, limit) = (0, ulong.MaxValue, float.NegativeInfinity);
        for (var i = 0; i < logits.Length;)
        {
            var end = Math.Min(i + 8, logits.Length);
            if (end - i == 8 && Vector256.LessThanAll(Vector256.LoadUnsafe(ref first, (nuint)i), Vector256.Create(limit)))
            {
                i = end;
                continue;
            }
            for (; i < end; i++)
            {
                var entry = Entry(logits[i], i);
                if (entry >= worst || float.IsNegativeInfinity(logits[i])) continue;
                if (held == room)
                {
                    Partition(entries[..held], count);
                    held = count;
                    worst = entries[0];
                    foreach (var kept in entries[..held]) worst = Math.Max(worst, kept);
                    limit = Logit(worst);
                    if (entry >= worst) continue;
                }
                entries[held++] = entry;
            }
        }
        if (held > count) Partition(entries[..held], count);
        held = Math.Min(held, count);
        entries[..held].Sort();
        return held;
    }

    /// <summary>Brings the smallest entries to the front, in no order.</summary>
    /// <param name="entries">Different from each other.</param>
    /// <param name="count">How many belong to the front.</param>
    public static void Partition(Span<ulong> entries, int count)
    {
        while (entries.Length > 2)
        {
            var smaller = Split(entries);
            if (count <= smaller) entries = entries[..smaller];
            else
            {
                entries = entries[smaller..];
                count -= smaller;
            }
        }
        entries.Sort();
    }

    /// <summary>Splits three entries or more into smaller and larger ones, at least one of each (Hoare, by the median of three).</summary>
    /// <param name="entries">Different from each other.</param>
    /// <returns>How many are among the smaller ones, which come first.</returns>
    public static int Split(Span<ulong> entries)
    {
        var (a, b, c) = (entries[0], entries[entries.Length / 2], entries[^1]);
        var pivot = Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
        var (i, j) = (0, entries.Length - 1);
        while (true)
        {
            while (entries[i] < pivot) i++;
            while (entries[j] > pivot) j--;
            if (i >= j) return i;
            (entries[i], entries[j]) = (entries[j], entries[i]);
            i++;
            j--;
        }
    }
}
