using System.Text;
using System.Text.Json;

namespace Jtfa.Core.Tests;

/// <summary>Version 2 both ways against msgpack for Python, and a decoder in Python that was written from docs/wire.md.</summary>
public class ArrayPacketInteropTests
{
    [Fact]
    public void Packets_that_python_packs_are_read()
    {
        var packets = Python.Ask("pack2", new { seed = 3, count = 500 });
        Assert.Equal(500, packets.GetArrayLength());
        foreach (var expected in packets.EnumerateArray())
        {
            var datagram = Convert.FromHexString(expected.GetProperty("hex").GetString()!);
            var now = expected.GetProperty("now").GetInt64() / 1e6;
            Assert.Equal(RejectReason.None, DatagramCodec.TryParse(datagram, [], now, out var packet));

            Assert.Equal(expected.GetProperty("ts").GetInt64() / 1e6, packet.Timestamp);
            Assert.Equal(Number(expected, "view"), packet.View);
            Assert.Equal(Number(expected, "seq"), packet.Sequence);
            Assert.Equal(Number(expected, "index"), packet.SceneIndex);
            Assert.Equal(Number(expected, "encoding"), (int)packet.Encoding);
            Assert.Equal(expected.GetProperty("quantiser").GetString(), packet.Quantiser.ToString());
            Assert.Equal(expected.GetProperty("seed").GetUInt32(), packet.Seed);
            Assert.Equal(expected.GetProperty("scale").GetDouble(), packet.Scale);
            Assert.Equal(Values(expected), packet.Values.ToArray());
            Assert.Equal(Number(expected, "label"), packet.Label);
            Assert.Equal(Number(expected, "did"), packet.DecisionId);
            Assert.Equal(expected.GetProperty("qual").GetSingle(), packet.Quality);
            Assert.Equal(Number(expected, "tick") / 1e6, packet.Tick);
            Assert.Equal(expected.GetProperty("model").GetString(), Encoding.UTF8.GetString(packet.Model));
            Assert.Equal(expected.GetProperty("scene").GetString(), Encoding.UTF8.GetString(packet.Scene));
        }
    }

    [Fact]
    public void Packets_that_are_written_are_read_by_python()
    {
        var random = new Random(6);
        var cases = Enumerable.Range(0, 300).Select(_ => ArrayPacketCase.Draw(random)).ToArray();
        byte[] key = [.. Enumerable.Range(0, TokenKey.Size).Select(i => (byte)i)];
        var read = Python.Ask("unpack2", new
        {
            key = Convert.ToHexString(key),
            packets = cases.Select(packet => new object[] { Convert.ToHexString(Sign(packet, key)), packet.Now }),
        });

        foreach (var (expected, fields) in cases.Zip(read.EnumerateArray()))
        {
            Assert.Equal(2, Number(fields, "version"));
            Assert.Equal(expected.SceneIndex, Number(fields, "index"));
            Assert.Equal(expected.View, Number(fields, "view"));
            Assert.Equal(expected.Sequence, Number(fields, "seq"));
            Assert.Equal(expected.Time, Number(fields, "ts"));
            Assert.Equal(expected.Tick, Number(fields, "tick"));
            Assert.Equal(expected.Values, Values(fields));
            Assert.Equal(Decoded(expected), fields.GetProperty("decoded").EnumerateArray().Select(value => value.GetSingle()));
            Assert.Equal(expected.Label, Number(fields, "label") ?? -1);
            Assert.Equal(expected.DecisionId, Number(fields, "did"));
            Assert.Equal(expected.Quality, fields.TryGetProperty("qual", out var quality) ? quality.GetSingle() : 1);
            Assert.Equal(expected.Model, fields.TryGetProperty("model", out var model) ? model.GetString() : "");
            Assert.Equal(expected.Scene, fields.TryGetProperty("scene", out var scene) ? scene.GetString() : "");
            Assert.Equal(expected.Epoch, Number(fields, "tag"));
        }
    }

    private static byte[] Sign(ArrayPacketCase packet, byte[] bytes)
    {
        var datagram = packet.Write();
        if (packet.Epoch is null) return datagram;
        using var key = new TokenKey(bytes);
        key.Sign(datagram);
        return datagram;
    }

    private static float[] Decoded(ArrayPacketCase packet)
    {
        var z = new float[packet.Values.Length];
        TokenCodec.Decode(packet.Values, packet.Encoding, ArrayPacketCodec.SeedOf(packet.View, packet.Sequence), packet.Scale, z);
        return z;
    }

    private static sbyte[] Values(JsonElement fields) =>
        [.. fields.GetProperty("values").EnumerateArray().Select(value => value.GetSByte())];

    private static long? Number(JsonElement fields, string name) =>
        fields.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : null;
}
