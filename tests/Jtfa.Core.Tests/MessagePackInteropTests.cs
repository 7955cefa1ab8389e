using System.Globalization;
using FsCheck.Fluent;
using MessagePack;

namespace Jtfa.Core.Tests;

/// <summary>Both ways against MessagePack, an independent implementation.</summary>
public class MessagePackInteropTests
{
    [Fact]
    public void Packets_that_are_written_are_those_of_MessagePack_byte_by_byte() =>
        Property.Holds(PacketCase.Any, expected => Assert.Equal(MessagePackPacket.Write(expected), expected.Write()), runs: 2000);

    [Fact]
    public void Packets_that_are_written_are_read_by_MessagePack() => Property.Holds(PacketCase.Any, expected =>
    {
        var map = MessagePackSerializer.Deserialize<Dictionary<string, object>>(expected.Write());
        var meta = Assert.IsType<Dictionary<object, object>>(map["meta"]);
        var encoding = expected.Encoding.ToString().ToLowerInvariant();
        Assert.Equal(expected.Timestamp, map["ts"]);
        Assert.Equal(expected.View, Integer(map["producer_id"]));
        Assert.Equal(encoding, map["mode"]);
        Assert.Equal(expected.Values.Length, Integer(map["d"]));
        Assert.Equal(encoding, meta["enc"]);
        Assert.Equal(expected.Seed, Integer(meta["seed"]));
        Assert.Equal(expected.Scale, meta["scale"]);
        Assert.Equal(expected.Values, (sbyte[])(object)Assert.IsType<byte[]>(map["q"]));
        Assert.Equal(expected.Label, Integer(map["label"]));
        Assert.Equal(expected.Scene, map.GetValueOrDefault("scene", ""));
        Assert.Equal(expected.DecisionId, Integer(map.GetValueOrDefault("did")));
        Assert.Equal(expected.Sequence, Integer(map.GetValueOrDefault("seq")));
        Assert.Equal(expected.Quality, map.GetValueOrDefault("qual", 1f));
    }, runs: 1000);

    [Fact]
    public void Packets_that_MessagePack_writes_anyhow_are_read() =>
        Property.Holds(PacketCase.Any.Zip(Gen.Choose(int.MinValue, int.MaxValue)), drawn =>
        {
            var (expected, seed) = drawn;
            var datagram = MessagePackPacket.WriteAnyhow(expected, new Random(seed));
            Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, out var packet));
            expected.ExpectEqualTo(packet);
        }, runs: 5000);

    private static long? Integer(object? value) => value is null ? null : Convert.ToInt64(value, CultureInfo.InvariantCulture);
}
