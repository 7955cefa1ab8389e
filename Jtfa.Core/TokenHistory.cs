using System.Runtime.InteropServices;

namespace Jtfa.Core;

/// <summary>
/// The last tokens of one camera, for its next packet to carry along as <see cref="TokenPacket.Earlier"/>. Allocates nothing a token after
/// the first few. Used by one caller at a time.
/// </summary>
public sealed class TokenHistory
{
    /// <summary>
    /// The longest packet that carries tokens along, bytes of UDP payload: with its headers it passes every IPv6 link whole (1,280 bytes,
    /// RFC 8200, section 5). A packet carries as many tokens, the newest first, as there is room for.
    /// </summary>
    public const int MostBytes = 1200;

    private const int KeyBytes = 5; // "red" and the array's length

    private readonly Kept[] _kept;
    private readonly byte[] _written = new byte[MostBytes];
    private int _count;

    /// <summary>A history of so many tokens.</summary>
    /// <param name="most">1 … <see cref="EarlierTokens.Most"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is another.</exception>
    public TokenHistory(int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(most, EarlierTokens.Most);
        _kept = new Kept[most];
    }

    /// <summary>Keeps a token that was sent, in place of the oldest.</summary>
    /// <param name="packet">Its packet, with a sequence number.</param>
    public void Add(in TokenPacket packet)
    {
        ref var kept = ref _kept[_count++ % _kept.Length];
        if (kept.Values is null || kept.Values.Length != packet.Values.Length) kept.Values = new sbyte[packet.Values.Length];
        packet.Values.CopyTo(kept.Values);
        (kept.Timestamp, kept.Scale, kept.Seed, kept.Label) = (packet.Timestamp, packet.Scale, packet.Seed, packet.Label);
        (kept.Sequence, kept.Decision, kept.Tick, kept.Quality) =
            (packet.Sequence!.Value, packet.DecisionId, packet.Tick, packet.Quality);
        kept.Encoding = packet.Encoding;
    }

    /// <summary>What the next packet carries along.</summary>
    /// <param name="packet">The packet, whose own token has not been kept yet.</param>
    /// <param name="bytes">How long it is without, with its tag.</param>
    /// <returns>The value of <c>red</c>, until the next call; empty where there is nothing to carry, or no room.</returns>
    public ReadOnlySpan<byte> Before(in TokenPacket packet, int bytes)
    {
        var writer = new MsgPackWriter(_written);
        writer.WriteArray(0);
        var tokens = 0;
        for (var age = 1; age <= Math.Min(_count, _kept.Length); age++)
        {
            ref readonly var kept = ref _kept[(_count - age) % _kept.Length];
            var back = packet.Sequence!.Value - kept.Sequence;
            if (back is < 1 or > EarlierTokens.FurthestBack || kept.Encoding != packet.Encoding) break;
            if (kept.Values!.Length != packet.Values.Length) break;
            if (bytes + KeyBytes + writer.Written + LongestEntry(kept.Values.Length) > MostBytes) break;
            Write(ref writer, kept, back, packet.DecisionId - kept.Decision);
            tokens++;
        }

        if (tokens == 0) return default;
        new MsgPackWriter(_written).WriteArray(tokens);
        return _written.AsSpan(0, writer.Written);
    }

    // Array 1, back 1, ts 9, scale 9, seed 5, q 3 + d, label 5, did 9, tick 9, qual 5.
    private static int LongestEntry(int dimension) => 56 + dimension;

    private static void Write(ref MsgPackWriter writer, in Kept kept, long back, long? didBack)
    {
        writer.WriteArray(kept.Quality != 1 ? 9 : kept.Tick is not null ? 8 : didBack is not null ? 7 : 6);
        writer.WriteInteger(back);
        writer.WriteDouble(kept.Timestamp);
        writer.WriteDouble(kept.Scale);
        writer.WriteInteger(kept.Seed);
        writer.WriteBinary(MemoryMarshal.AsBytes<sbyte>(kept.Values));
        writer.WriteInteger(kept.Label);
        if (kept.Quality == 1 && kept.Tick is null && didBack is null) return;
        writer.WriteIntegerOrNil(didBack);
        if (kept.Quality == 1 && kept.Tick is null) return;
        if (kept.Tick is { } tick) writer.WriteDouble(tick);
        else writer.WriteNil();
        if (kept.Quality != 1) writer.WriteSingle(kept.Quality);
    }

    private struct Kept
    {
        public sbyte[]? Values;
        public TokenEncoding Encoding;
        public double Timestamp;
        public double Scale;
        public uint Seed;
        public int Label;
        public long Sequence;
        public long? Decision;
        public double? Tick;
        public float Quality;
    }
}
