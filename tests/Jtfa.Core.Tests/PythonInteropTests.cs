using System.Text;
using System.Text.Json;

namespace Jtfa.Core.Tests;

/// <summary>Both ways against independent implementations: msgpack for Python and numpy's RandomState.</summary>
public class PythonInteropTests
{
    [Fact]
    public void Packets_that_python_packs_are_read()
    {
        var packets = Python.Ask("pack", new { seed = 1, count = 300 });
        Assert.Equal(300, packets.GetArrayLength());
        foreach (var expected in packets.EnumerateArray())
        {
            Assert.Equal(RejectReason.None, PacketCodec.TryParse(Convert.FromHexString(Text(expected, "hex")), out var packet));

            Assert.Equal(expected.GetProperty("ts").GetDouble(), packet.Timestamp);
            Assert.Equal(expected.GetProperty("producer_id").GetInt32(), packet.View);
            Assert.Equal(Text(expected, "mode"), packet.Encoding.ToString().ToLowerInvariant());
            Assert.Equal(expected.GetProperty("seed").GetUInt32(), packet.Seed);
            Assert.Equal(expected.GetProperty("scale").GetDouble(), packet.Scale);
            Assert.Equal(Bytes(expected, "q"), packet.Values.ToArray());
            Assert.Equal(expected.GetProperty("label").GetInt32(), packet.Label);
            Assert.Equal(Text(expected, "scene"), Encoding.UTF8.GetString(packet.Scene));
            Assert.Equal(OptionalNumber(expected, "did"), packet.DecisionId);
            Assert.Equal(OptionalNumber(expected, "seq"), packet.Sequence);
            Assert.Equal(expected.GetProperty("qual").GetSingle(), packet.Quality);
            Assert.Equal(OptionalTime(expected, "tick"), packet.Tick);
            Assert.Equal(Text(expected, "model"), Encoding.UTF8.GetString(packet.Model));
        }
    }

    [Fact]
    public void Packets_that_are_written_are_read_by_python()
    {
        var random = new Random(3);
        var cases = Enumerable.Range(0, 300).Select(_ => PacketCase.Draw(random)).ToArray();

        byte[] key = [.. Enumerable.Range(0, TokenKey.Size).Select(i => (byte)i)];
        var maps = Python.Ask(
            "unpack", new { key = Convert.ToHexString(key), packets = cases.Select(expected => Convert.ToHexString(Sign(expected, key))) });

        foreach (var (expected, map) in cases.Zip(maps.EnumerateArray()))
        {
            var meta = map.GetProperty("meta");
            Assert.Equal(expected.Timestamp, map.GetProperty("ts").GetDouble());
            Assert.Equal(expected.View, map.GetProperty("producer_id").GetInt32());
            Assert.Equal(expected.Encoding.ToString().ToLowerInvariant(), Text(map, "mode"));
            Assert.Equal(expected.Encoding.ToString().ToLowerInvariant(), Text(meta, "enc"));
            Assert.Equal(expected.Values.Length, map.GetProperty("d").GetInt32());
            Assert.Equal(expected.Seed, meta.GetProperty("seed").GetUInt32());
            Assert.Equal(expected.Scale, meta.GetProperty("scale").GetDouble());
            Assert.Equal(expected.Encoding != TokenEncoding.Plain, meta.TryGetProperty("d", out _));
            Assert.Equal(expected.Encoding == TokenEncoding.HMix, meta.TryGetProperty("n2", out _));
            Assert.Equal(expected.Values, Bytes(map, "q"));
            Assert.Equal(expected.Label, map.GetProperty("label").GetInt32());
            Assert.Equal(expected.Scene, map.TryGetProperty("scene", out var scene) ? scene.GetString() : "");
            Assert.Equal(expected.DecisionId, OptionalNumber(map, "did"));
            Assert.Equal(expected.Sequence, OptionalNumber(map, "seq"));
            Assert.Equal(expected.Quality, map.TryGetProperty("qual", out var quality) ? quality.GetSingle() : 1);
            Assert.Equal(expected.Tick, OptionalTime(map, "tick"));
            Assert.Equal(expected.Model, map.TryGetProperty("model", out var model) ? model.GetString() : "");
            Assert.Equal(expected.Epoch, OptionalNumber(map, "tag"));
        }
    }

    [Fact]
    public void Tokens_that_numpy_encodes_are_the_same_bit_by_bit()
    {
        var tokens = Python.Ask("tokens", new { seed = 2, count = 500 });
        Assert.Equal(500, tokens.GetArrayLength());
        foreach (var expected in tokens.EnumerateArray())
        {
            var encoding = Enum.Parse<TokenEncoding>(Text(expected, "mode"), ignoreCase: true);
            var seed = expected.GetProperty("seed").GetUInt32();
            var z = Singles(expected, "z");
            var (q, decoded) = (new sbyte[z.Length], new float[z.Length]);

            var scale = TokenCodec.Encode(z, encoding, seed, q);
            TokenCodec.Decode(q, encoding, seed, scale, decoded);

            Assert.Equal(expected.GetProperty("scale").GetDouble(), scale);
            Assert.Equal(Bytes(expected, "q"), q);
            Assert.Equal(Singles(expected, "decoded"), decoded);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Arrays_that_numpy_saves_are_read(bool compressed)
    {
        using var file = new TemporaryFile();
        var expected = Python.Ask("save", new { path = file.Path, compressed });

        var arrays = Npz.Read(file.Path);

        Assert.Equal(expected.EnumerateObject().Select(array => array.Name).Order(), arrays.Keys.Order());
        Assert.True(arrays.Count > 18);
        foreach (var array in expected.EnumerateObject())
        {
            var values = Doubles(array.Value, "values");
            Assert.Equal(Shape(array.Value), arrays[array.Name].Shape);
            Assert.Equal(values, arrays[array.Name].ToDoubles());
            Assert.Equal(values.Select(value => (float)value), arrays[array.Name].ToSingles());
        }
    }

    [Fact]
    public void Headers_that_numpy_reads_are_read_as_numpy_reads_them()
    {
        var folder = Directory.CreateTempSubdirectory("jtfa-npy-");
        try
        {
            var read = 0;
            foreach (var file in Python.Ask("headers", new { folder = folder.FullName }).EnumerateObject())
            {
                if (file.Value.GetProperty("shape").ValueKind == JsonValueKind.Null) continue;
                using var stream = File.OpenRead(Path.Combine(folder.FullName, file.Name));
                var array = Npy.Read(stream);
                Assert.Equal(Shape(file.Value), array.Shape);
                Assert.Equal(Doubles(file.Value, "values"), array.ToDoubles());
                read++;
            }

            Assert.InRange(read, 150, 400);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Arrays_beside_those_that_are_wanted_may_be_of_any_type()
    {
        using var file = new TemporaryFile();
        var expected = Python.Ask("save", new { path = file.Path, compressed = true, others = true });
        Assert.Equal(Doubles(expected.GetProperty("float32"), "values"), Npz.Read(file.Path, "float32", "none")["float32"].ToDoubles());
        Assert.Throws<InvalidDataException>(() => Npz.Read(file.Path));
    }

    [Fact]
    public void Arrays_that_are_written_are_loaded_by_numpy()
    {
        using var file = new TemporaryFile();
        var written = new Dictionary<string, NpyArray>
        {
            ["W"] = NpyArray.FromSingles([1, 2, 3, 4, 5, -6.5f], 2, 3),
            ["b"] = NpyArray.FromSingles([0.25f, 1e-30f], 2),
            ["beta"] = NpyArray.FromSingles([2]),
            ["empty"] = NpyArray.FromSingles([], 0, 4),
        };
        Npz.Write(file.Path, written);

        var loaded = Python.Ask("load", new { path = file.Path });

        Assert.Equal(written.Keys.Order(), loaded.EnumerateObject().Select(array => array.Name).Order());
        foreach (var array in loaded.EnumerateObject())
        {
            Assert.Equal(written[array.Name].Shape, Shape(array.Value));
            Assert.Equal(written[array.Name].ToDoubles(), Doubles(array.Value, "values"));
        }
    }

    private static byte[] Sign(PacketCase packet, byte[] bytes)
    {
        using var key = new TokenKey(bytes);
        var datagram = packet.Write();
        if (packet.Epoch is not null) key.Sign(datagram);
        return datagram;
    }

    private static string Text(JsonElement map, string key) => map.GetProperty(key).GetString() ?? "";

    private static long? OptionalNumber(JsonElement map, string key) =>
        map.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetInt64() : null;

    private static double? OptionalTime(JsonElement map, string key) =>
        map.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetDouble() : null;

    private static sbyte[] Bytes(JsonElement map, string key) => Elements(map, key, value => value.GetSByte());

    private static float[] Singles(JsonElement map, string key) => Elements(map, key, value => (float)value.GetDouble());

    private static double[] Doubles(JsonElement map, string key) => Elements(map, key, value => value.GetDouble());

    private static int[] Shape(JsonElement map) => Elements(map, "shape", value => value.GetInt32());

    private static T[] Elements<T>(JsonElement map, string key, Func<JsonElement, T> read) =>
        [.. map.GetProperty(key).EnumerateArray().Select(read)];
}
