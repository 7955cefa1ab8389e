using static Jtfa.Core.Tests.MsgPackBytes;

namespace Jtfa.Core.Tests;

/// <summary>Version 2 of the wire: what is written is read, and what is wrong is refused for its reason and told.</summary>
public class ArrayPacketTests
{
    private const double Now = 1_764_331_200.5;

    private static readonly byte[][] s_elements =
        [Int(2), Int(0), Int(1), Int(7), Int(200_250_000), Int(0), Float32(0.05f), Bin(1, 2, 3)];

    public static TheoryData<string, byte[], RejectReason, string> Wrong => new()
    {
        { "version", Array(Int(3), Nil), RejectReason.NotMsgPack, "version: expected the int 2; version 1 is a map, found the int 3" },
        { "no version", Array(), RejectReason.NotMsgPack, "expected an array of 8 to 10, found an array of 0" },
        { "few", Array(Int(2), Int(0)), RejectReason.MissingKey, "expected an array of 8 to 10, found an array of 2" },
        { "many", Array([.. s_elements, Map(), Bin(new byte[12]), Nil]), RejectReason.WrongType,
            "expected an array of 8 to 10, found an array of 11" },
        { "scene", With(1, Int(65_536)), RejectReason.WrongType, "scene index: expected an int 0 … 65535, found the int 65536" },
        { "view", With(2, Int(-1)), RejectReason.WrongType, "view: expected an int 0 … 2147483647, found the int -1" },
        { "seq", With(3, Int(1L << 32)), RejectReason.WrongType, "seq: expected an int 0 … 4294967295, found the int 4294967296" },
        { "time", With(4, Float64(Now)), RejectReason.WrongType,
            "time: expected microseconds modulo 2^32, an int 0 … 4294967295, found the float 1764331200.5" },
        { "mixing", With(5, Int(3)), RejectReason.UnknownEncoding, $"encoding: expected {Encodings}, found the int 3" },
        { "quantiser", With(5, Int(12)), RejectReason.UnknownEncoding, $"encoding: expected {Encodings}, found the int 12" },
        { "scale", With(6, Float32(0)), RejectReason.WrongType, "scale: expected a number above 0, at most 1E+20, found 0" },
        { "scale NaN", With(6, Float32(float.NaN)), RejectReason.NonFinite, "scale: expected a number above 0, at most 1E+20, found NaN" },
        { "q", With(7, Int(5)), RejectReason.WrongType, $"q: expected {Numbers}, found the int 5" },
        { "empty q", With(7, Bin()), RejectReason.DimensionMismatch, $"q: expected {Numbers}, found 0 bytes that are not" },
        { "long q", With(7, Bin(new byte[1025])), RejectReason.DimensionMismatch,
            $"q: expected {Numbers}, found 1025 bytes that are not" },
        { "int4 filler", With(5, Int(4), Bin(0x81, 0x11)), RejectReason.WrongType,
            $"q: expected {Numbers}, found 2 bytes that are not" },
        { "q3h pair", With(5, Int(8), Bin(0xf6)), RejectReason.WrongType,
            $"q: expected {Numbers}, found 1 bytes that are not" },
        { "tag", [.. Array9, .. Bin(1, 2)], RejectReason.WrongType,
            "tag: expected 12 bytes as bin, or options as a map and then the tag, found a bin of 2 bytes" },
        { "option", [.. Array9, .. Map(("label", Int(1)))], RejectReason.WrongType,
            "options: expected ints as keys, found a str of 5 bytes" },
        { "qual", Option(3, Float32(0)), RejectReason.WrongType, "qual: expected a number above 0, at most 1, found 0" },
        { "scene name", Option(6, Str("a/b")), RejectReason.WrongType,
            "scene: expected a str of at most 128 bytes of UTF-8 without '/', found 'a/b', 3 bytes" },
        { "after", [.. Array(s_elements), 0], RejectReason.NotMsgPack, "bytes follow the array: 1 of 66" },
        { "length", [0xdd, 0xff, 0xff, 0xff, 0xff], RejectReason.Truncated, "the array has not all of its values" },
    };

    private static string Encodings => "one of 0, 1, 2 (plain, psmix, hmix as int8), 4, 5, 6 (as int4), 8, 9, 10 (as q3h)";

    private static string Numbers => "1 … 1024 numbers, packed as the encoding says, as bin or str";

    private static byte[] Array9 => [0x99, .. s_elements.SelectMany(element => element)];

    [Theory, MemberData(nameof(Wrong))]
    public void What_is_wrong_is_refused_and_told(string what, byte[] datagram, RejectReason reason, string told)
    {
        Assert.Equal((what, reason), (what, DatagramCodec.TryParse(datagram, [], Now, out _)));
        Assert.Equal(told, PacketFault.Describe(datagram));
    }

    [Fact]
    public void What_is_written_is_read() => Property.Holds(ArrayPacketCase.Any, expected =>
    {
        Assert.Equal(RejectReason.None, DatagramCodec.TryParse(expected.Write(), [], expected.NowSeconds, out var packet));
        expected.ExpectEqualTo(packet);
    }, runs: 2000);

    [Fact]
    public void A_packet_that_ends_early_is_refused() => Property.Holds(ArrayPacketCase.Any, expected =>
    {
        var datagram = expected.Write();
        for (var length = 0; length < datagram.Length; length++)
            Assert.Equal(RejectReason.Truncated, DatagramCodec.TryParse(datagram.AsSpan(0, length), [], 0, out _));
    }, runs: 100);

    [Fact]
    public void A_destination_too_small_is_refused()
    {
        var packet = ArrayPacketCase.Draw(new Random(4));
        var length = packet.Write().Length;
        for (var bytes = 0; bytes < length; bytes++) Assert.Throws<ArgumentException>(() => packet.WriteTo(new byte[bytes]));
        Assert.Equal(length, packet.WriteTo(new byte[length]));
    }

    [Fact]
    public void What_could_not_be_read_again_is_refused()
    {
        var valid = new ArrayPacketCase { Scale = 1, Values = [1, 2] };
        Assert.NotEmpty(valid.Write());
        Assert.Throws<ArgumentException>(() => (valid with { Values = [] }).Write());
        Assert.Throws<ArgumentException>(() => (valid with { SceneIndex = 65_536 }).Write());
        Assert.Throws<ArgumentException>(() => (valid with { Quantiser = TokenQuantiser.Int4, Values = [8] }).Write());
        Assert.Throws<ArgumentException>(() => (valid with { Quantiser = TokenQuantiser.Q3H, Values = [-6, 0] }).Write());
        Assert.Throws<ArgumentException>(() => (valid with { Quantiser = TokenQuantiser.Q3H, Values = [1] }).Write());
        Assert.Throws<ArgumentException>(
            () => (valid with { Encoding = TokenEncoding.HMix }).WriteTo(new byte[99], ArrayPacketCodec.SeedOf(0, 1)));
        Assert.Throws<ArgumentException>(() => ArrayPacketCodec.Write(new TokenPacket { Values = [1], Scale = 1 }, new byte[99]));
        Assert.Throws<ArgumentOutOfRangeException>(() => (valid with { Quantiser = (TokenQuantiser)3 }).Write());
    }

    [Fact]
    public void Numbers_of_any_width_will_do()
    {
        byte[] wide =
        [
            0xdd, 0, 0, 0, 9, 0xcd, 0, 2, .. Float64(1), 0xd3, 0, 0, 0, 0, 0, 0, 0, 4, 0xcc, 9, .. Int(200_250_000), 0xd0, 4,
            .. Float64(0.5), .. Str([0x17, 0x98]), .. Options((1, Float64(3)), (99, Array(Nil, Str("later")))),
        ];
        Assert.Equal(RejectReason.None, DatagramCodec.TryParse(wide, new sbyte[8], Now, out var packet));
        Assert.Equal((1, 4, 9, 0.5, 3), (packet.SceneIndex, packet.View, packet.Sequence, packet.Scale, packet.Label));
        Assert.Equal([1, 7, -7], packet.Values.ToArray());
    }

    [Fact]
    public void A_token_of_16_numbers_has_at_most_40_bytes() => Property.Holds(ArrayPacketCase.Any, any =>
    {
        var token = any with
        {
            View = any.View % 128,
            SceneIndex = any.SceneIndex % 256,
            Values = [.. any.Values.Concat(new sbyte[16]).Take(16)],
            Label = -1,
            DecisionId = null,
            Quality = 1,
            Tick = null,
            Model = "",
            Scene = "",
            Epoch = null,
        };
        var most = token.Quantiser switch { TokenQuantiser.Int8 => 40, TokenQuantiser.Int4 => 32, _ => 31 };
        Assert.InRange(token.Write().Length, 1, most);
    }, runs: 500);

    [Fact]
    public void A_time_is_the_one_nearest_to_the_gateways()
    {
        foreach (var off in (double[])[-2147, -1, -1e-6, 0, 1e-6, 1, 2147])
        {
            var packet = new ArrayPacketCase { Time = (long)((Now + off) * 1e6), Scale = 1, Values = [1] };
            Assert.Equal(RejectReason.None, DatagramCodec.TryParse(packet.Write(), [], Now, out var parsed));
            Assert.Equal(Now + off, parsed.Timestamp, 2e-6);
        }

        // A clock that is further off appears elsewhere within the reach.
        Assert.Equal(2147.483648, ArrayPacketCodec.TimeReach);
        var far = new ArrayPacketCase { Time = (long)((Now + 4000) * 1e6), Scale = 1, Values = [1] };
        DatagramCodec.TryParse(far.Write(), [], Now, out var wrapped);
        Assert.Equal(Now + 4000 - (2 * ArrayPacketCodec.TimeReach), wrapped.Timestamp, 2e-6);
    }

    [Fact]
    public void Reading_and_writing_allocate_nothing()
    {
        var random = new Random(5);
        var (unpacked, copy) = (new sbyte[TokenPacket.MaxDimension], new byte[TokenPacket.MaxDatagramBytes]);
        for (var i = 0; i < 50; i++)
        {
            var packet = ArrayPacketCase.Draw(random);
            var datagram = packet.Write();
            Assert.Equal(0, Allocation.Of(() =>
            {
                DatagramCodec.TryParse(datagram, unpacked, packet.NowSeconds, out var parsed);
                DatagramCodec.Write(parsed, copy);
            }));
            Assert.Equal(datagram, copy[..datagram.Length]);
        }
    }

    [Fact]
    public void A_tag_is_over_all_that_comes_before_it() => Property.Holds(ArrayPacketCase.Any, any =>
    {
        using var key = new TokenKey(new byte[TokenKey.Size]);
        var datagram = (any with { Epoch = 5 }).Write();
        key.Sign(datagram);
        Assert.True(key.IsSigned(datagram));
        Assert.Equal(RejectReason.None, DatagramCodec.TryParse(datagram, [], any.NowSeconds, out var packet));
        Assert.Equal(5U, packet.Epoch);
        datagram[any.View % (datagram.Length - 8)] ^= 1;
        Assert.False(key.IsSigned(datagram));
    }, runs: 200);

    [Fact]
    public void A_receipt_is_never_longer_than_its_token() => Property.Holds(ArrayPacketCase.Any, any =>
    {
        using var key = new TokenKey(new byte[TokenKey.Size]);
        foreach (var token in (ArrayPacketCase[])[any, any with { Values = new sbyte[2], Scene = "", Model = "", DecisionId = null }])
        {
            var datagram = token.Write();
            Assert.Equal(RejectReason.None, DatagramCodec.TryParse(datagram, [], token.NowSeconds, out var packet));
            var room = new byte[Math.Min(ReceiptCodec.MaxBytes, datagram.Length)];
            var length = ReceiptCodec.Write(packet, packet.Epoch is null ? null : key, room, 77);
            Assert.Equal(length > 0, ReceiptCodec.TryParse(room.AsSpan(0, length), out var receipt));
            if (length > 0) Assert.Equal((packet.View, packet.Sequence, packet.Epoch), (receipt.View, receipt.Sequence, receipt.Epoch));
        }
    }, runs: 500);

    private static byte[] With(int element, byte[] value, byte[]? q = null)
    {
        var elements = (byte[][])s_elements.Clone();
        elements[element] = value;
        if (q is not null) elements[7] = q;
        return Array(elements);
    }

    private static byte[] Option(int key, byte[] value) => [.. Array9, .. Options((key, value))];

    private static byte[] Options(params (int Key, byte[] Value)[] entries) =>
        [(byte)(0x80 | entries.Length), .. entries.SelectMany(entry => Int(entry.Key).Concat(entry.Value))];
}
