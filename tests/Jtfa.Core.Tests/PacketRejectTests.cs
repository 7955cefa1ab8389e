using static Jtfa.Core.Tests.MsgPackBytes;

namespace Jtfa.Core.Tests;

/// <summary>Each thing that can be wrong with a datagram, and the reason given for it.</summary>
public class PacketRejectTests
{
    public static TheoryData<string> RequiredKeys => ["ts", "producer_id", "q", "meta", "meta.enc", "meta.scale", "meta.seed"];

    public static TheoryData<string> IntegerKeys => ["producer_id", "d", "label", "did", "seq", "meta.seed", "meta.d", "meta.n2"];

    public static TheoryData<string> RequiredNumberKeys => ["ts", "meta.scale", "producer_id"];

    public static TheoryData<string> NumberKeys => ["ts", "tick", "qual", "meta.scale"];

    [Fact]
    public void The_sample_is_accepted() => Assert.Equal(RejectReason.None, new PacketMap().Parse());

    [Fact]
    public void Nothing_is_truncated() => Assert.Equal(RejectReason.Truncated, PacketMap.Parse([]));

    [Fact]
    public void Every_part_of_a_packet_is_truncated()
    {
        var withOptional = new PacketMap().With("scene", Str("foyer")).With("x", Int(1)).ToBytes();
        byte[][] packets = [withOptional, .. ReferenceVectors.Tokens.Select(token => token.Datagram)];
        foreach (var packet in packets)
        {
            for (var length = 0; length < packet.Length; length++) Assert.Equal(RejectReason.Truncated, PacketMap.Parse(packet[..length]));
        }
    }

    [Fact]
    public void A_length_beyond_the_end_is_truncated()
    {
        byte[][] claims =
        [
            [0xdf, 0xff, 0xff, 0xff, 0xff], [0xdd, 0xff, 0xff, 0xff, 0xff], [0xdb, 0xff, 0xff, 0xff, 0xff], [0xc6, 0xff, 0xff, 0xff, 0xff],
            [0xc9, 0xff, 0xff, 0xff, 0xff], [0xde, 0xff, 0xff], [0xdc, 0xff, 0xff],
        ];
        foreach (var claim in claims)
        {
            Assert.Equal(RejectReason.Truncated, new PacketMap().With("x", claim).Parse());
            Assert.Equal(RejectReason.Truncated, new PacketMap().With("meta.x", claim).Parse());
        }
        Assert.Equal(RejectReason.Truncated, new PacketMap().With("x", [0xd8, 0]).Parse());
        Assert.Equal(RejectReason.Truncated, PacketMap.Parse([0xdf, 0xff, 0xff, 0xff, 0xff]));
        Assert.Equal(RejectReason.Truncated, new PacketMap().With("q", [0xc6, 0xff, 0xff, 0xff, 0xff]).Parse());
    }

    [Fact]
    public void What_is_no_map_is_not_msgpack()
    {
        foreach (var first in Enumerable.Range(0, 256).Where(first => first is not ((>= 0x80 and <= 0x8f) or 0xde or 0xdf)))
            Assert.Equal(RejectReason.NotMsgPack, PacketMap.Parse([(byte)first, .. new PacketMap().ToBytes()]));
    }

    [Fact]
    public void Bytes_after_the_map_are_not_msgpack() =>
        Assert.Equal(RejectReason.NotMsgPack, PacketMap.Parse([.. new PacketMap().ToBytes(), .. Nil]));

    [Fact]
    public void The_byte_that_msgpack_never_uses_is_not_msgpack() =>
        Assert.Equal(RejectReason.NotMsgPack, new PacketMap().With("x", [0xc1]).Parse());

    [Theory, MemberData(nameof(RequiredKeys))]
    public void A_required_key_must_be_there(string key) => Assert.Equal(RejectReason.MissingKey, new PacketMap().Without(key).Parse());

    [Fact]
    public void Psmix_needs_its_seed() =>
        Assert.Equal(RejectReason.MissingKey, new PacketMap().With("meta.enc", Str("psmix")).Without("meta.seed").Parse());

    [Theory, MemberData(nameof(IntegerKeys))]
    public void An_integer_is_not_a_fraction_or_a_text_or_too_wide(string key)
    {
        byte[][] values =
        [
            Float64(3.5), Float32(0.25f), Float64(double.NaN), Float64(double.PositiveInfinity), Float64(9.3e18), Float64(-9.3e18),
            Str("3"), Bool(true), Bin(3), Array(), Map(), Ext(-1, 4), Int("uint 64", -1),
        ];
        foreach (var value in values) Assert.Equal(RejectReason.WrongType, new PacketMap().With(key, value).Parse());
    }

    [Theory, MemberData(nameof(NumberKeys))]
    public void A_number_is_not_a_text(string key)
    {
        byte[][] values = [Str("3"), Bool(true), Bin(3), Array(), Map(), Ext(5, 4)];
        foreach (var value in values) Assert.Equal(RejectReason.WrongType, new PacketMap().With(key, value).Parse());
    }

    [Theory, MemberData(nameof(RequiredNumberKeys))]
    public void A_required_number_is_not_nil(string key) =>
        Assert.Equal(RejectReason.WrongType, new PacketMap().With(key, Nil).Parse());

    [Theory, MemberData(nameof(NumberKeys))]
    public void A_number_is_finite(string key)
    {
        foreach (var value in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
        {
            Assert.Equal(RejectReason.NonFinite, new PacketMap().With(key, Float64(value)).Parse());
            Assert.Equal(RejectReason.NonFinite, new PacketMap().With(key, Float32((float)value)).Parse());
        }
    }

    [Theory]
    [InlineData("producer_id", -1)]
    [InlineData("producer_id", 1L << 31)]
    [InlineData("meta.seed", -1)]
    [InlineData("meta.seed", 1L << 32)]
    [InlineData("label", 1L << 31)]
    [InlineData("label", (-1L << 31) - 1)]
    public void An_integer_lies_in_its_range(string key, long value) =>
        Assert.Equal(RejectReason.WrongType, new PacketMap().With(key, Int(value)).Parse());

    [Theory]
    [InlineData("meta.scale", 0)]
    [InlineData("meta.scale", -0.5)]
    [InlineData("qual", 0)]
    [InlineData("qual", -0.5)]
    [InlineData("qual", 1.0000001)]
    [InlineData("qual", 1e-60)]
    public void A_number_lies_in_its_range(string key, double value) =>
        Assert.Equal(RejectReason.WrongType, new PacketMap().With(key, Float64(value)).Parse());

    [Fact]
    public void A_scale_that_would_overflow_is_not_finite()
    {
        Assert.Equal(RejectReason.None, new PacketMap().With("meta.scale", Float64(TokenCodec.MaxScale)).Parse());
        Assert.Equal(RejectReason.NonFinite, new PacketMap().With("meta.scale", Float64(TokenCodec.MaxScale * 1.01)).Parse());
    }

    [Fact]
    public void Values_are_bytes_or_int8_and_meta_is_a_map()
    {
        byte[][] noValues =
        [
            Nil, Int(3), Map(), Ext(17, 3), Array(Int(1), Int(2), Int(128)), Array(Int(1), Int(2), Int(-129)),
            Array(Int(1), Float64(0.5), Int(3)), Array(Int(1), Nil, Int(3)), Array(Array(Int(1)), Int(2), Int(3)),
        ];
        foreach (var value in noValues) Assert.Equal(RejectReason.WrongType, new PacketMap().With("q", value).Parse());
        Assert.Equal(RejectReason.WrongType, new PacketMap().With("meta", Str("abc")).Parse());
        Assert.Equal(RejectReason.WrongType, new PacketMap().With("meta", Array()).Parse());
        Assert.Equal(RejectReason.WrongType, new PacketMap().With("meta.enc", Int(1)).Parse());
        Assert.Equal(RejectReason.WrongType, new PacketMap().With("meta.enc", Nil).Parse());
        Assert.Equal(RejectReason.WrongType, new PacketMap().With("meta", Nil).Parse());
        Assert.Equal(RejectReason.WrongType, new PacketMap().With("scene", Array()).Parse());
    }

    [Fact]
    public void An_encoding_of_another_name_is_unknown_whatever_else_it_has()
    {
        foreach (var name in new[] { "", "Plain", "hmix2", "zfp" })
            Assert.Equal(RejectReason.UnknownEncoding, new PacketMap().With("meta.enc", Str(name)).Without("meta.scale").Parse());
    }

    [Theory]
    [InlineData("d", 2)]
    [InlineData("d", -3)]
    [InlineData("d", 1L << 32 | 3)]
    [InlineData("meta.d", 4)]
    [InlineData("meta.n2", 3)]
    [InlineData("meta.n2", 8)]
    [InlineData("meta.n2", 1L << 32 | 4)]
    public void Lengths_agree_with_the_values(string key, long value) =>
        Assert.Equal(RejectReason.DimensionMismatch, new PacketMap().With(key, Int(value)).Parse());

    [Theory]
    [InlineData(0, RejectReason.DimensionMismatch)]
    [InlineData(1, RejectReason.None)]
    [InlineData(TokenPacket.MaxDimension, RejectReason.None)]
    [InlineData(TokenPacket.MaxDimension + 1, RejectReason.DimensionMismatch)]
    public void The_dimension_lies_in_its_range(int d, RejectReason expected)
    {
        foreach (var values in new[] { Bin(new byte[d]), Str(new byte[d]), Array([.. Enumerable.Repeat(Int("fixint", 5), d)]) })
            Assert.Equal(expected, new PacketMap().Without("d").Without("meta.d").Without("meta.n2").With("q", values).Parse());
    }

    [Fact]
    public void A_scene_is_short_valid_utf8_without_slashes()
    {
        Assert.Equal(RejectReason.None, new PacketMap().With("scene", Str(new string('s', TokenPacket.MaxSceneBytes))).Parse());
        Assert.Equal(RejectReason.WrongType, new PacketMap().With("scene", Str(new string('s', TokenPacket.MaxSceneBytes + 1))).Parse());
        Assert.Equal(RejectReason.WrongType, new PacketMap().With("scene", Str("a/b")).Parse());
        Assert.Equal(RejectReason.WrongType, new PacketMap().With("scene", Str([0xc3, 0x28])).Parse());
        Assert.Equal(RejectReason.WrongType, new PacketMap().With("scene", Str([0xed, 0xa0, 0x80])).Parse());
    }

    [Fact]
    public void A_model_is_short_valid_utf8()
    {
        Assert.Equal(RejectReason.None, new PacketMap().With("model", Str(new string('m', TokenPacket.MaxModelBytes))).Parse());
        foreach (var model in (byte[][])[Str(new string('m', TokenPacket.MaxModelBytes + 1)), Str([0xc3, 0x28]), Int(1), Map()])
            Assert.Equal(RejectReason.WrongType, new PacketMap().With("model", model).Parse());
    }

    [Fact]
    public void A_datagram_beyond_the_limit_is_oversize()
    {
        var packet = new PacketMap().ToBytes();
        byte[] Padded(int length) => new PacketMap().With("x", Bin(new byte[length - packet.Length - 5])).ToBytes();

        Assert.Equal(RejectReason.None, PacketMap.Parse(Padded(TokenPacket.MaxDatagramBytes)));
        Assert.Equal(RejectReason.Oversize, PacketMap.Parse(Padded(TokenPacket.MaxDatagramBytes + 1)));
    }

    [Fact]
    public void A_rejected_datagram_leaves_no_packet()
    {
        PacketCodec.TryParse(new PacketMap().Without("ts").ToBytes(), out var packet);

        Assert.True(packet.Values.IsEmpty);
    }
}
