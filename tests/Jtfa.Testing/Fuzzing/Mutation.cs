namespace Jtfa.Testing.Fuzzing;

/// <summary>Broken files: whole ones with a few bytes changed, moved, cut out or cut off.</summary>
internal static class Mutation
{
    // Ends of the ranges of lengths, counts and sizes.
    private static readonly byte[] s_edges = [0x00, 0x01, 0x7f, 0x80, 0xff];

    /// <summary>One broken file; the same number gives the same file.</summary>
    public static byte[] Of(IReadOnlyList<byte[]> wholes, int number)
    {
        var random = new Random(number);
        var bytes = wholes[random.Next(wholes.Count)].ToList();
        for (var changes = random.Next(1, 6); changes > 0 && bytes.Count > 0; changes--) Change(bytes, wholes, random);
        return [.. bytes];
    }

    private static void Change(List<byte> bytes, IReadOnlyList<byte[]> wholes, Random random)
    {
        var at = random.Next(bytes.Count);
        var length = Math.Min(1 << random.Next(8), bytes.Count - at);
        switch (random.Next(8))
        {
            case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 1: bytes[at] = (byte)random.Next(256); break;
            case 2: bytes[at] = s_edges[random.Next(s_edges.Length)]; break;
            case 3:
                for (var i = at; i < at + Math.Min(length, 8); i++) bytes[i] = 0xff;
                break;
            case 4: bytes.RemoveRange(at, length); break;
            case 5: bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length)); break;
            case 6 when random.Next(4) == 0: bytes.RemoveRange(at, bytes.Count - at); break;
            default:
                var other = wholes[random.Next(wholes.Count)].AsSpan();
                var from = random.Next(other.Length);
                other = other.Slice(from, Math.Min(length, other.Length - from));
                for (var i = 0; i < other.Length && at + i < bytes.Count; i++) bytes[at + i] = other[i];
                break;
        }
    }
}
