using static Jtfa.Core.Tests.MsgPackBytes;

namespace Jtfa.Core.Tests;

/// <summary>What is said of a datagram that is refused: the key, what should be there, what is.</summary>
public class PacketFaultTests
{
    private const string Time = "seconds since 1970 as a number, or a timestamp extension";

    public static TheoryData<string, byte[], string> Values => new()
    {
        { "ts", Str("now"), $"ts: expected {Time}, found a str of 3 bytes" },
        { "ts", Nil, $"ts: expected {Time}, found nil" },
        { "ts", Ext(5, 4), $"ts: expected {Time}, found an extension of type 5" },
        { "ts", Float64(double.NaN), $"ts: expected {Time}, found NaN" },
        { "producer_id", Int(-1), "producer_id: expected an int 0 … 2147483647, found the int -1" },
        { "producer_id", Float64(1.5), "producer_id: expected an int 0 … 2147483647, found the float 1.5" },
        { "label", Bool(true), "label: expected an int of 32 bits, found true" },
        { "did", Str("7"), "did: expected an int of 64 bits, found a str of 1 bytes" },
        { "q", Ext(17, 16), "q: expected d bytes as bin or str, or an array of d ints, found an extension of type 17" },
        { "q", Map(), "q: expected d bytes as bin or str, or an array of d ints, found a map" },
        { "q", Array(Int(1), Int(200), Int(3)), "q[1]: expected an int -128 … 127, found the int 200" },
        { "q", Bin(1, 2), "q has 2 values, allowed are 1 … 1024; d says 3, meta.d says 3, meta.n2 says 4" },
        { "q", Array16([.. Enumerable.Repeat((byte[])[1], 1025)]), "q: allowed are 1 … 1024 values, found an array of 1025" },
        { "qual", Float64(1.5), "qual: expected a number above 0, at most 1, found 1.5" },
        { "qual", Str("1"), "qual: expected a number above 0, at most 1, found a str of 1 bytes" },
        { "meta", Array(), "meta: expected a map, found an array of 0" },
        { "meta.enc", Int(1), "meta.enc: expected a str, found the int 1" },
        { "meta.enc", Str("zfp"), "meta.enc 'zfp': known are plain, psmix and hmix" },
        { "meta.seed", Int(-1), "meta.seed: expected an int 0 … 4294967295, found the int -1" },
        { "meta.scale", Float64(0), "meta.scale: expected a number above 0, at most 1E+20, found 0" },
        { "scene", Str("a/b"), "scene: expected a str of at most 128 bytes of UTF-8 without '/', found 'a/b', 3 bytes" },
        { "tick", Float64(double.NegativeInfinity), $"tick: expected {Time}, found -Infinity" },
        { "tick", Str("now"), $"tick: expected {Time}, found a str of 3 bytes" },
        { "model", Str([0xc3, 0x28]), "model: expected a str of at most 32 bytes of UTF-8, found '\ufffd(', 2 bytes" },
        { "tag", Bin(1, 2, 3), "tag: expected 12 bytes as bin, which end the datagram, found 3 bytes" },
        { "x", [0xc1], "'x' holds the byte 0xc1, which msgpack does not use" },
        { "x", Array32([1], [0xc1]), "'x' holds the byte 0xc1, which msgpack does not use" },
        { "x", [0xc6, 0xff, 0xff, 0xff, 0xff], "it ends within the value of 'x'" },
        { "a\u001b[2Jbc", [0xc1], "'a?[2Jbc' holds the byte 0xc1, which msgpack does not use" },
    };

    [Theory, MemberData(nameof(Values))]
    public void A_value_is_named_with_what_should_be_there(string key, byte[] value, string told)
    {
        var datagram = new PacketMap().With(key, value).ToBytes();
        Assert.NotEqual(RejectReason.None, PacketMap.Parse(datagram));
        Assert.Equal(told, PacketFault.Describe(datagram));
    }

    [Fact]
    public void What_is_no_map_is_told_by_its_first_byte()
    {
        Assert.Equal("expected a msgpack map, found the int 123: JSON?", PacketFault.Describe("{\"ts\":1}"u8));
        Assert.Equal("expected a msgpack map, found nil", PacketFault.Describe([0xc0]));
        Assert.Equal("it is empty", PacketFault.Describe([]));
        Assert.Equal("allowed are 2048 bytes", PacketFault.Describe(new byte[2049]));
        Assert.Equal($"bytes follow the map: 1 of {Sample.Length + 1}", PacketFault.Describe([.. Sample, 0xc0]));
    }

    [Fact]
    public void What_is_missing_is_named()
    {
        Assert.Equal("missing: ts, meta.scale", PacketFault.Describe(new PacketMap().Without("ts").Without("meta.scale").ToBytes()));
        Assert.Equal("missing: meta.seed", PacketFault.Describe(new PacketMap().With("meta.seed", Nil).ToBytes()));
        Assert.Equal(
            "seq is missing: a token with tag, copy or red needs it",
            PacketFault.Describe(new PacketMap().With("tag", Bin(new byte[12])).ToBytes()));
    }

    [Fact]
    public void A_datagram_that_ends_early_is_told_where()
    {
        Assert.Equal("it ends within the value of label", PacketFault.Describe(Sample.AsSpan()[..^1]));
        Assert.Equal("the map ends before all of its entries", PacketFault.Describe([0x82, 0xa1, (byte)'x', 1]));
        Assert.Equal("the map ends before all of its entries", PacketFault.Describe([0xdf, 0xff, 0xff, 0xff, 0xff]));
    }

    [Fact]
    public void A_name_is_quoted_short_and_without_control_characters() =>
        Assert.Equal($"'a?{new string('x', 30)}…'", PacketFault.Quote([(byte)'a', 0x1b, .. Enumerable.Repeat((byte)'x', 100)]));

    private static byte[] Sample => new PacketMap().ToBytes();
}
