using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;

namespace Jtfa.Core.Tests;

public sealed class TokenKeyTests
{
    private static readonly byte[] s_bytes = [.. Enumerable.Range(0, TokenKey.Size).Select(i => (byte)(7 * i))];

    private static readonly Gen<(PacketCase Packet, int Seed)> s_signed =
        from seed in Gen.Choose(0, int.MaxValue)
        select (PacketCase.Draw(new Random(seed)).Tagged(new Random(seed)), seed);

    // Everything before the last eight bytes is what HMAC-SHA256 of another implementation (.NET's one-shot) is over.
    [Fact]
    public void A_tag_is_hmac_over_all_that_comes_before_it() => Property.Holds(s_signed, signed =>
    {
        using var key = new TokenKey(s_bytes);
        var datagram = Sign(key, signed.Packet);
        Assert.Equal(HMACSHA256.HashData(s_bytes, datagram.AsSpan()[..^8])[..8], datagram[^8..]);
        Assert.True(key.IsSigned(datagram));
        Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, out var packet));
        signed.Packet.ExpectEqualTo(packet);
    }, runs: 500);

    [Fact]
    public void A_token_of_another_key_or_with_any_bit_changed_is_not_signed() => Property.Holds(s_signed, signed =>
    {
        var random = new Random(signed.Seed);
        using var key = new TokenKey(s_bytes);
        using var other = new TokenKey([.. s_bytes[1..], 1]);
        var datagram = Sign(key, signed.Packet);
        Assert.False(other.IsSigned(datagram));
        for (var i = 0; i < 20; i++)
        {
            var at = random.Next(datagram.Length * 8);
            datagram[at / 8] ^= (byte)(1 << (at % 8));
            Assert.False(key.IsSigned(datagram));
            datagram[at / 8] ^= (byte)(1 << (at % 8));
        }

        Assert.True(key.IsSigned(datagram));
    }, runs: 200);

    [Fact]
    public void A_tag_takes_at_most_twenty_bytes()
    {
        var packet = new PacketCase { Scale = 1, Values = new sbyte[16], Sequence = 5 };
        Assert.InRange((packet with { Epoch = 9 }).Write().Length - packet.Write().Length, 1, 20);
    }

    [Fact]
    public void A_tag_comes_last_is_whole_and_needs_a_sequence_number()
    {
        var tag = MsgPackBytes.Bin16(new byte[12]);
        Assert.Equal(RejectReason.None, Parse(new PacketMap().With("seq", MsgPackBytes.Int("fixint", 1)).With("tag", tag)));
        Assert.Equal(RejectReason.WrongType, Parse(new PacketMap().With("tag", tag).With("seq", MsgPackBytes.Int("fixint", 1))));
        Assert.Equal(RejectReason.MissingKey, Parse(new PacketMap().With("tag", tag)));
        foreach (var length in new[] { 0, 11, 13 })
        {
            var other = new PacketMap().With("seq", MsgPackBytes.Int("fixint", 1)).With("tag", MsgPackBytes.Bin16(new byte[length]));
            Assert.Equal(RejectReason.WrongType, Parse(other));
        }
    }

    [Fact]
    public void Signing_and_checking_allocate_nothing()
    {
        using var key = new TokenKey(s_bytes);
        var datagram = Sign(key, new PacketCase { Scale = 1, Values = new sbyte[16], Sequence = 5, Epoch = 9 });
        Assert.Equal(0, Allocation.Of(() =>
        {
            key.Sign(datagram);
            key.IsSigned(datagram);
        }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void A_key_of_another_length_is_refused(int length) =>
        Assert.Throws<ArgumentException>(() => new TokenKey(new byte[length]));

    private static RejectReason Parse(PacketMap map) => PacketCodec.TryParse(map.ToBytes(), out _);

    private static byte[] Sign(TokenKey key, PacketCase packet)
    {
        var datagram = packet.Write();
        key.Sign(datagram);
        return datagram;
    }
}
