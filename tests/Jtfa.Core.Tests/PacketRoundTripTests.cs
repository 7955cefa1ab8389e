namespace Jtfa.Core.Tests;

public class PacketRoundTripTests
{
    [Fact]
    public void What_is_written_parses_to_the_same_packet() => Property.Holds(PacketCase.Any, expected =>
    {
        Assert.Equal(RejectReason.None, PacketCodec.TryParse(expected.Write(), out var packet));
        expected.ExpectEqualTo(packet);
    }, runs: 2000);

    [Fact]
    public void A_truncated_packet_is_rejected() => Property.Holds(PacketCase.Any, expected =>
    {
        var datagram = expected.Write();
        for (var length = 0; length < datagram.Length; length++)
            Assert.Equal(RejectReason.Truncated, PacketCodec.TryParse(datagram.AsSpan(0, length), out _));
    }, runs: 100);

    [Fact]
    public void The_longest_packet_fits_a_datagram()
    {
        var longest = new PacketCase
        {
            View = int.MaxValue,
            Encoding = TokenEncoding.HMix,
            Seed = uint.MaxValue,
            Scale = 1,
            Values = new sbyte[TokenPacket.MaxDimension],
            Label = int.MinValue,
            Scene = new string('s', TokenPacket.MaxSceneBytes),
            DecisionId = long.MinValue,
            Sequence = long.MinValue,
            Quality = 0.5f,
            Tick = 0.1,
            Model = new string('m', TokenPacket.MaxModelBytes),
            Epoch = uint.MaxValue,
        };

        Assert.Equal(RejectReason.None, PacketCodec.TryParse(longest.Write(), out var packet));
        longest.ExpectEqualTo(packet);
    }

    [Fact]
    public void A_destination_too_small_is_refused()
    {
        var datagram = ReferenceVectors.Tokens[0].Datagram;
        for (var length = 0; length < datagram.Length; length++) Assert.Throws<ArgumentException>(() => Rewrite(datagram, length));
        Assert.Equal(datagram.Length, Rewrite(datagram, datagram.Length));
    }

    [Fact]
    public void What_could_not_be_parsed_again_is_refused()
    {
        var valid = new PacketCase { Scale = 1, Values = [1] };
        Assert.NotEmpty(valid.Write());
        Assert.Throws<ArgumentException>(() => (valid with { Values = [] }).Write());
        Assert.Throws<ArgumentException>(() => (valid with { Values = new sbyte[TokenPacket.MaxDimension + 1] }).Write());
        Assert.Throws<ArgumentException>(() => (valid with { Scene = new string('s', TokenPacket.MaxSceneBytes + 1) }).Write());
        Assert.Throws<ArgumentException>(() => (valid with { Model = new string('m', TokenPacket.MaxModelBytes + 1) }).Write());
        Assert.Throws<ArgumentOutOfRangeException>(() => (valid with { Encoding = (TokenEncoding)3 }).Write());
    }

    [Fact]
    public void Writing_allocates_nothing()
    {
        var (datagram, copy) = (ReferenceVectors.Tokens[^1].Datagram, new byte[TokenPacket.MaxDatagramBytes]);
        Assert.Equal(0, Allocation.Of(() =>
        {
            PacketCodec.TryParse(datagram, out var packet);
            PacketCodec.Write(packet, copy);
        }));
        Assert.Equal(datagram, copy[..datagram.Length]);
    }

    private static int Rewrite(byte[] datagram, int destinationBytes)
    {
        Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, out var packet));
        return PacketCodec.Write(packet, new byte[destinationBytes]);
    }
}
