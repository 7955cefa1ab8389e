namespace Jtfa.Core.Tests;

/// <summary>
/// A million hostile datagrams: none throws, none allocates, what is accepted decodes to finite numbers, and what is refused can be told in
/// one short line.
/// </summary>
public class PacketFuzzTests
{
    private const double Now = 1_764_331_200.25;

    private static readonly int s_rounds = LongForm.Times(500_000);

    [Fact]
    public void Random_bytes_never_throw_and_allocate_nothing()
    {
        var random = new Random(20251121);
        var counts = Fuzz(datagram =>
        {
            var length = random.Next(1, 129);
            random.NextBytes(datagram[..length]);
            datagram[0] = (byte)((random.Next(2) == 0 ? 0x80 : 0x90) | (datagram[0] & 0x0f)); // anything but map and array ends at once
            if (datagram[0] >= 0x90 && length > 1) (datagram[0], datagram[1]) = ((byte)(0x98 + random.Next(3)), 2);
            return length;
        });

        Assert.True(counts[(int)RejectReason.Truncated] > 0 && counts[(int)RejectReason.NotMsgPack] > 0);
    }

    [Fact]
    public void Mutated_packets_never_throw_and_allocate_nothing()
    {
        var random = new Random(20251121);
        var packets = Enumerable.Range(0, 200).Select(_ => PacketCase.Draw(random).Write()).Where(packet => packet.Length < 600)
            .Concat(ReferenceVectors.Tokens.Select(token => token.Datagram)).Concat(PacketDialectTests.All)
            .Concat(Enumerable.Range(0, 200).Select(_ => ArrayPacketCase.Draw(random).Write()).Where(packet => packet.Length < 600))
            .ToArray();
        var counts = Fuzz(datagram =>
        {
            var packet = packets[random.Next(packets.Length)];
            packet.CopyTo(datagram);
            for (var mutations = random.Next(1, 5); mutations > 0; mutations--) Mutate(datagram[..packet.Length], packets, random);
            return random.Next(8) == 0 ? random.Next(1, packet.Length + 1) : packet.Length;
        });

        RejectReason[] reachable =
        [
            RejectReason.None, RejectReason.Truncated, RejectReason.NotMsgPack, RejectReason.MissingKey, RejectReason.WrongType,
            RejectReason.UnknownEncoding, RejectReason.DimensionMismatch, RejectReason.NonFinite,
        ];
        Assert.All(reachable, reason => Assert.True(counts[(int)reason] > 0, $"{reason} was never reached"));
    }

    private static void Mutate(Span<byte> datagram, byte[][] packets, Random random)
    {
        var at = random.Next(datagram.Length);
        switch (random.Next(4))
        {
            case 0: datagram[at] ^= (byte)(1 << random.Next(8)); break;
            case 1: datagram[at] = (byte)random.Next(256); break;
            case 2: datagram[at] = (byte)random.Next(0xc0, 0xe0); break; // the formats with lengths and types
            default:
                var other = packets[random.Next(packets.Length)].AsSpan();
                var from = random.Next(other.Length);
                var length = Math.Min(random.Next(32), Math.Min(datagram.Length - at, other.Length - from));
                other.Slice(from, length).CopyTo(datagram[at..]);
                break;
        }
    }

    private static int[] Fuzz(Func<Span<byte>, int> makeDatagram)
    {
        var (datagram, length, reason) = (new byte[TokenPacket.MaxDatagramBytes], 0, RejectReason.None);
        var (z, unpacked) = (new float[TokenPacket.MaxDimension], new sbyte[TokenPacket.MaxDimension]);
        var counts = new int[Enum.GetValues<RejectReason>().Length];
        Action parse = () => reason = ParseAndDecode(datagram.AsSpan(0, length), unpacked, z);
        for (var round = 0; round < s_rounds; round++)
        {
            length = makeDatagram(datagram);
            if (Allocation.Of(parse) != 0) Assert.Fail($"Allocated for {Convert.ToHexString(datagram, 0, length)}");
            counts[(int)reason]++;
            if (reason != RejectReason.None && round % 16 == 0) AssertTold(datagram.AsSpan(0, length));
        }
        return counts;
    }

    private static void AssertTold(ReadOnlySpan<byte> datagram)
    {
        var told = PacketFault.Describe(datagram);
        if (told.Length is < 5 or > 250 || told.Any(char.IsControl) || told == "nothing is wrong")
            Assert.Fail($"'{told}' for {Convert.ToHexString(datagram)}");
    }

    private static RejectReason ParseAndDecode(ReadOnlySpan<byte> datagram, sbyte[] unpacked, float[] z)
    {
        var reason = DatagramCodec.TryParse(datagram, unpacked, Now, out var packet);
        if (reason != RejectReason.None) return reason;
        var decoded = z.AsSpan(0, packet.Values.Length);
        TokenCodec.Decode(packet.Values, packet.Encoding, packet.Seed, packet.Scale, decoded);
        if (decoded.ContainsAnyExceptInRange(float.MinValue, float.MaxValue)) Assert.Fail("A decoded element is not finite.");
        return reason;
    }
}
