using System.Buffers.Binary;
using System.Text;
using FsCheck.Fluent;
using static Jtfa.Core.Tests.MsgPackBytes;

namespace Jtfa.Core.Tests;

/// <summary>What senders in other languages and with other libraries write for the same token.</summary>
public class PacketDialectTests
{
    private static readonly byte[] s_values = [0x81, 0, 0x7f];

    public static TheoryData<string> OptionalKeys => ["d", "label", "scene", "did", "seq", "qual", "tick", "model", "meta.d", "meta.n2"];

    /// <summary>A datagram of each dialect, for others to change at random.</summary>
    internal static IEnumerable<byte[]> All =>
    [
        new PacketMap().With("q", Str(s_values)).ToBytes(),
        new PacketMap().With("q", Array([.. s_values.Select(value => Int("int 8", (sbyte)value))])).ToBytes(),
        new PacketMap().With("q", Array16([.. s_values.Select(value => Float64((sbyte)value))])).ToBytes(),
        new PacketMap().With("ts", Time(1760000000, 250_000_000)).With("label", Float32(4)).With("seq", Nil).ToBytes(),
        new PacketMap().With("meta.enc", Bin("hmix"u8.ToArray())).With("meta.seed", Float64(5000)).With("d", Nil).ToBytes(),
    ];

    [Fact]
    public void Each_is_the_same_token()
    {
        foreach (var datagram in All)
        {
            var unpacked = new sbyte[TokenPacket.MaxDimension];
            Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, unpacked, out var packet));
            Assert.Equal(
                (1760000000.25, 7, TokenEncoding.HMix, 5000u, 0.5, 4),
                (packet.Timestamp, packet.View, packet.Encoding, packet.Seed, packet.Scale, packet.Label));
            Assert.Equal([-127, 0, 127], packet.Values.ToArray());
        }
    }

    [Fact]
    public void Values_come_as_an_array_of_integers_of_any_width() =>
        Property.Holds(Gen.Choose(int.MinValue, int.MaxValue), seed =>
        {
            var random = new Random(seed);
            var values = new sbyte[random.Next(1, 300)];
            for (var i = 0; i < values.Length; i++) values[i] = (sbyte)random.Next(-128, 128);
            string[] formats = ["int 8", "int 16", "int 32", "int 64", "fixint"];
            byte[][] items = [.. values.Select(value => Int(formats[random.Next(formats.Length)], value))];
            var array = random.Next(3) switch { 0 => Array(items), 1 => Array16(items), _ => Array32(items) };
            var datagram = new PacketMap().With("q", array).Without("d").Without("meta.d").Without("meta.n2").ToBytes();
            var asSent = datagram.ToArray();

            // With room and without; the datagram stays as it came, since a tag is over its bytes.
            Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, new sbyte[values.Length], out var packet));
            Assert.Equal(values, packet.Values.ToArray());
            Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, out packet));
            Assert.Equal(values, packet.Values.ToArray());
            Assert.Equal(asSent, datagram);
        }, runs: 300);

    [Fact]
    public void An_array_is_unpacked_without_an_allocation()
    {
        var datagram = new PacketMap().With("q", Array(Int(-127), Int(0), Int(127))).ToBytes();
        var unpacked = new sbyte[TokenPacket.MaxDimension];
        Assert.Equal(0, Allocation.Of(() => PacketCodec.TryParse(datagram, unpacked, out _)));
    }

    [Theory, MemberData(nameof(OptionalKeys))]
    public void Nil_is_a_key_that_is_missing(string key)
    {
        Assert.Equal(RejectReason.None, PacketCodec.TryParse(new PacketMap().With(key, Nil).ToBytes(), out var packet));
        Assert.Equal((null, null, 1f, null), (packet.DecisionId, packet.Sequence, packet.Quality, packet.Tick));
        Assert.Equal(key == "label" ? -1 : 4, packet.Label);
        Assert.True(packet.Scene.IsEmpty && packet.Model.IsEmpty);
    }

    [Fact]
    public void Nil_takes_back_what_an_earlier_key_said()
    {
        var datagram = new PacketMap().With("did", Int(5)).With("scene", Str("yard")).With("d", Int(99))
            .Again("did", Nil).Again("scene", Nil).Again("d", Nil).ToBytes();
        Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, out var packet));
        Assert.Null(packet.DecisionId);
        Assert.True(packet.Scene.IsEmpty);
    }

    [Fact]
    public void A_seed_of_nil_is_missing()
    {
        Assert.Equal(RejectReason.MissingKey, new PacketMap().With("meta.seed", Nil).Parse());
        Assert.Equal(RejectReason.None, new PacketMap().With("meta.enc", Str("plain")).With("meta.seed", Nil).Parse());
    }

    [Theory]
    [InlineData("producer_id", 7)]
    [InlineData("label", -3)]
    [InlineData("did", 1L << 53)]
    [InlineData("seq", -(1L << 40))]
    [InlineData("meta.seed", 4294967295)]
    [InlineData("d", 3)]
    public void An_integer_may_come_as_a_float_without_a_fraction(string key, long value)
    {
        Assert.Equal(RejectReason.None, PacketCodec.TryParse(new PacketMap().With(key, Float64(value)).ToBytes(), out var asFloat));
        Assert.Equal(RejectReason.None, PacketCodec.TryParse(new PacketMap().With(key, Int(value)).ToBytes(), out var asInteger));
        Assert.Equal(
            (asInteger.View, asInteger.Label, asInteger.DecisionId, asInteger.Sequence, asInteger.Seed),
            (asFloat.View, asFloat.Label, asFloat.DecisionId, asFloat.Sequence, asFloat.Seed));
    }

    [Fact]
    public void A_float_is_in_the_range_of_its_integer()
    {
        foreach (var (key, value) in new[] { ("producer_id", -1.0), ("producer_id", 4e9), ("meta.seed", 5e9), ("label", 3e9) })
            Assert.Equal(RejectReason.WrongType, new PacketMap().With(key, Float64(value)).Parse());
    }

    // Against MessagePack's own writer, which chooses the width by the value.
    [Theory]
    [InlineData(1760000000, 0)]
    [InlineData(1760000000, 123_456_789)]
    [InlineData(17_179_869_184, 999_999_999)] // beyond the 34 bits of the eight bytes
    [InlineData(-5, 500_000_000)]
    [InlineData(0, 0)]
    public void A_time_may_come_as_a_timestamp(long seconds, int nanoseconds)
    {
        var time = DateTime.UnixEpoch.AddSeconds(seconds).AddTicks(nanoseconds / 100);
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new MessagePack.MessagePackWriter(buffer);
        writer.Write(time);
        writer.Flush();
        foreach (var value in new[] { buffer.WrittenSpan.ToArray(), Time(seconds, nanoseconds / 100 * 100) })
        {
            Assert.Equal(
                RejectReason.None, PacketCodec.TryParse(new PacketMap().With("ts", value).With("tick", value).ToBytes(), out var packet));
            Assert.Equal((time - DateTime.UnixEpoch).TotalSeconds, packet.Timestamp, 6);
            Assert.Equal(packet.Timestamp, packet.Tick);
        }
    }

    [Fact]
    public void What_is_no_timestamp_is_no_time()
    {
        byte[][] values =
        [
            Ext(5, 4), Ext(5, 8), Ext(5, 12), Ext(-1, 1), Ext(-1, 2), Ext(-1, 3), Ext(-1, 16), Ext(-1, 0), Time(0, 1_000_000_000),
            [0xd7, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0],
        ];
        foreach (var value in values) Assert.Equal(RejectReason.WrongType, new PacketMap().With("ts", value).Parse());
        Assert.Equal(RejectReason.WrongType, new PacketMap().With("qual", Time(1, 0)).Parse());
    }

    [Fact]
    public void Keys_and_names_may_be_binaries()
    {
        var datagram = new PacketMap().With("meta.enc", Bin("hmix"u8.ToArray())).With("scene", Bin("foyer"u8.ToArray())).ToBytes();
        var plain = new PacketMap().ToBytes();
        var key = plain.AsSpan().IndexOf((byte[])[0xa5, .. "label"u8]);
        byte[] withKey = [.. plain[..key], 0xc4, 5, .. plain[(key + 1)..]];

        Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, out var packet));
        Assert.Equal(("foyer", TokenEncoding.HMix), (Encoding.UTF8.GetString(packet.Scene), packet.Encoding));
        Assert.Equal(RejectReason.None, PacketCodec.TryParse(withKey, out packet));
        Assert.Equal(4, packet.Label);
    }

    [Fact]
    public void A_tag_is_over_the_bytes_as_they_were_sent()
    {
        using var key = new TokenKey([.. Enumerable.Range(0, TokenKey.Size).Select(i => (byte)i)]);
        var unpacked = new sbyte[TokenPacket.MaxDimension];
        foreach (var values in new[] { Str(s_values), Array(Int(-127), Int("fixint", 0), Float32(127)) })
        {
            PacketMap With(byte[] q, byte[] tag) => new PacketMap().With("q", q).With("seq", Float64(9)).With("tag", Bin(tag));
            var datagram = With(values, new byte[TokenKey.TagBytes]).ToBytes();
            key.Sign(datagram);

            Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, unpacked, out var packet));
            Assert.Equal((0u, 9), (packet.Epoch, packet.Sequence));
            Assert.True(key.IsSigned(datagram));

            // The same token in other bytes is another datagram.
            Assert.False(key.IsSigned(With(Bin(s_values), datagram[^TokenKey.TagBytes..]).ToBytes()));
        }
    }

    [Fact]
    public void A_tag_of_nil_is_none()
    {
        Assert.Equal(RejectReason.None, PacketCodec.TryParse(new PacketMap().With("tag", Nil).ToBytes(), out var packet));
        Assert.Null(packet.Epoch);
    }

    // The widest of the three.
    private static byte[] Time(long seconds, int nanoseconds)
    {
        var bytes = new byte[15];
        (bytes[0], bytes[1], bytes[2]) = (0xc7, 12, 0xff);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(3), nanoseconds);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(7), seconds);
        return bytes;
    }
}
