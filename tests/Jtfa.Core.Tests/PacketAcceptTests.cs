using System.Text;
using static Jtfa.Core.Tests.MsgPackBytes;

namespace Jtfa.Core.Tests;

/// <summary>What the wire allows beyond what the published scripts happen to send.</summary>
public class PacketAcceptTests
{
    public static TheoryData<string, long> IntegerFormats => new()
    {
        { "fixint", 127 }, { "uint 8", 255 }, { "uint 16", 65535 }, { "uint 32", int.MaxValue }, { "uint 64", int.MaxValue },
        { "int 8", 127 }, { "int 16", 32767 }, { "int 32", int.MaxValue }, { "int 64", int.MaxValue },
    };

    [Fact]
    public void Keys_come_in_any_order() => ExpectSample(new PacketMap().Reversed().ToBytes());

    [Fact]
    public void The_map_may_have_a_wide_header()
    {
        ExpectSample(new PacketMap().ToMap16Bytes());
        ExpectSample(new PacketMap().ToMap32Bytes());
    }

    [Fact]
    public void Strings_and_binaries_come_in_any_width()
    {
        ExpectSample(new PacketMap().With("meta.enc", Str8("hmix"u8.ToArray())).With("q", Bin16(0x81, 0, 0x7f)).ToBytes());
        ExpectSample(new PacketMap().With("meta.enc", Str16("hmix"u8.ToArray())).With("q", Bin32(0x81, 0, 0x7f)).ToBytes());
        ExpectSample(new PacketMap().With("meta.enc", Str32("hmix"u8.ToArray())).ToBytes());
    }

    [Theory, MemberData(nameof(IntegerFormats))]
    public void An_integer_comes_in_any_width(string format, long value)
    {
        var datagram = new PacketMap().With("producer_id", Int(format, value)).With("label", Int(format, value))
            .With("meta.seed", Int(format, value)).With("did", Int(format, value)).With("seq", Int(format, value)).ToBytes();

        Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, out var packet));

        Assert.Equal(value, packet.View);
        Assert.Equal(value, packet.Label);
        Assert.Equal(value, packet.Seed);
        Assert.Equal(value, packet.DecisionId);
        Assert.Equal(value, packet.Sequence);
    }

    [Theory]
    [InlineData("fixint", -32)]
    [InlineData("int 8", -128)]
    [InlineData("int 16", -32768)]
    [InlineData("int 32", int.MinValue)]
    [InlineData("int 64", int.MinValue)]
    public void A_negative_integer_comes_in_any_width(string format, long value)
    {
        var datagram = new PacketMap().With("label", Int(format, value)).With("did", Int(format, value)).ToBytes();

        Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, out var packet));

        Assert.Equal(value, packet.Label);
        Assert.Equal(value, packet.DecisionId);
    }

    [Theory, MemberData(nameof(IntegerFormats))]
    public void A_float_may_come_as_an_integer(string format, long value)
    {
        var datagram = new PacketMap().With("ts", Int(format, value)).With("meta.scale", Int(format, value)).With("qual", Int(1)).ToBytes();

        Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, out var packet));

        Assert.Equal(value, packet.Timestamp);
        Assert.Equal(value, packet.Scale);
        Assert.Equal(1, packet.Quality);
    }

    [Fact]
    public void A_float_may_come_in_single_precision_or_as_the_largest_integer()
    {
        var datagram = new PacketMap().With("ts", Int("uint 64", -1)).With("meta.scale", Float32(0.25f)).With("qual", Float32(0.5f))
            .ToBytes();

        Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, out var packet));

        Assert.Equal(ulong.MaxValue, packet.Timestamp);
        Assert.Equal(0.25, packet.Scale);
        Assert.Equal(0.5f, packet.Quality);
    }

    [Fact]
    public void The_seed_takes_all_32_bits()
    {
        var datagram = new PacketMap().With("meta.seed", Int("uint 32", uint.MaxValue)).ToBytes();

        Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, out var packet));

        Assert.Equal(uint.MaxValue, packet.Seed);
    }

    [Fact]
    public void Optional_keys_arrive()
    {
        var datagram = new PacketMap().With("scene", Str("foyer-é")).With("did", Int(-5)).With("seq", Int(long.MaxValue))
            .With("qual", Float64(0.75)).ToBytes();

        Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, out var packet));

        Assert.Equal("foyer-é", Encoding.UTF8.GetString(packet.Scene));
        Assert.Equal(-5, packet.DecisionId);
        Assert.Equal(long.MaxValue, packet.Sequence);
        Assert.Equal(0.75f, packet.Quality);
    }

    [Fact]
    public void Keys_that_may_be_missing_have_defaults()
    {
        var datagram = new PacketMap().Without("label").Without("mode").Without("d").Without("meta.d").Without("meta.n2").ToBytes();

        Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, out var packet));

        Assert.Equal(-1, packet.Label);
        Assert.Equal(3, packet.Values.Length);
    }

    [Fact]
    public void Plain_needs_no_seed() =>
        Assert.Equal(RejectReason.None, new PacketMap().With("meta.enc", Str("plain")).Without("meta.seed").Parse());

    [Fact]
    public void The_mode_only_informs() => ExpectSample(new PacketMap().With("mode", Nil).ToBytes());

    [Fact]
    public void Of_a_repeated_key_the_last_wins() =>
        ExpectSample(new PacketMap().With("producer_id", Int(1)).Again("producer_id", Int(7)).ToBytes());

    [Fact]
    public void Of_a_repeated_meta_the_last_wins_as_a_whole()
    {
        var scaleOnly = Map(("scale", Float64(2)));
        Assert.Equal(RejectReason.MissingKey, new PacketMap().Again("meta", scaleOnly).Parse());
        var plain = Map(("enc", Str("plain")), ("scale", Float64(2)));

        Assert.Equal(RejectReason.None, PacketCodec.TryParse(new PacketMap().Again("meta", plain).ToBytes(), out var packet));

        Assert.Equal(TokenEncoding.Plain, packet.Encoding);
        Assert.Equal(2, packet.Scale);
        Assert.Equal(0u, packet.Seed);
    }

    [Fact]
    public void Unknown_keys_of_any_type_are_passed_over()
    {
        byte[][] values =
        [
            Nil, Bool(false), Bool(true), Int(3), Int("fixint", -1), Float32(1), Float64(2),
            Str("text"), Str8(new byte[200]), Str16(new byte[300]), Str32([1]), Bin(1), Bin16(1, 2), Bin32(1, 2, 3),
            Array(), Array(Int("fixint", 1), Map()), Array16([1], [2]), Array32([1]),
            Map(("x", Map(("q", Nil)))), Map16(("a", Int(1))), Map32(("b", Nil)),
            Ext(1, 1), Ext(1, 2), Ext(1, 4), Ext(1, 8), Ext(1, 16), Ext(1, 3), Ext(-1, 300), [0xc8, 0, 2, 1, 0, 0], [0xc9, 0, 0, 0, 0, 1],
            .. new[] { "uint 8", "uint 16", "uint 32", "uint 64", "int 8", "int 16", "int 32", "int 64" }.Select(format => Int(format, 1)),
        ];
        foreach (var value in values) ExpectSample(new PacketMap().With("unknown", value).With("meta.unknown", value).Reversed().ToBytes());
    }

    [Fact]
    public void Unknown_values_may_nest_as_deep_as_a_datagram_allows()
    {
        var packet = new PacketMap().ToBytes();
        byte[] nested = [.. Enumerable.Repeat((byte)0x91, TokenPacket.MaxDatagramBytes - packet.Length - 3), 0xc0];

        ExpectSample(new PacketMap().With("x", nested).Reversed().ToBytes());
    }

    [Fact]
    public void Keys_that_are_no_strings_are_unknown()
    {
        var packet = new PacketMap().ToBytes();
        byte[] entries = [.. Int(1), .. Int(2), .. Nil, .. Nil, .. Map(("ts", Nil)), .. Nil];

        ExpectSample([(byte)(packet[0] + 3), .. entries, .. packet[1..]]);
    }

    private static void ExpectSample(byte[] datagram)
    {
        Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, out var packet));
        Assert.Equal(1760000000.25, packet.Timestamp);
        Assert.Equal(7, packet.View);
        Assert.Equal(TokenEncoding.HMix, packet.Encoding);
        Assert.Equal(5000u, packet.Seed);
        Assert.Equal(0.5, packet.Scale);
        Assert.Equal([-127, 0, 127], packet.Values.ToArray());
        Assert.Equal(4, packet.Label);
    }
}
