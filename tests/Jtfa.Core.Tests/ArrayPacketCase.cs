using FsCheck;
using FsCheck.Fluent;

namespace Jtfa.Core.Tests;

/// <summary>A packet of version 2, apart from any datagram.</summary>
internal sealed record ArrayPacketCase
{
    private static readonly int[] s_edgeDimensions = [1, 2, 7, 13, 14, 15, 16, 17, 112, 255, 256, 1023, TokenPacket.MaxDimension];
    private static readonly long[] s_edges = [0, 1, 127, 128, 255, 256, 65_535, 65_536, int.MaxValue, 1L + int.MaxValue, uint.MaxValue];

    /// <summary>Microseconds since 1970 at which the gateway has it.</summary>
    public long Now { get; init; }

    /// <summary>Capture time, microseconds since 1970.</summary>
    public long Time { get; init; }

    public int View { get; init; }

    public uint Sequence { get; init; }

    public int SceneIndex { get; init; }

    public TokenEncoding Encoding { get; init; }

    public TokenQuantiser Quantiser { get; init; }

    public float Scale { get; init; }

    public sbyte[] Values { get; init; } = [];

    public int Label { get; init; }

    public long? DecisionId { get; init; }

    public float Quality { get; init; } = 1;

    public long? Tick { get; init; }

    public string Model { get; init; } = "";

    public string Scene { get; init; } = "";

    public uint? Epoch { get; init; }

    public static Gen<ArrayPacketCase> Any { get; } = Gen.Choose(int.MinValue, int.MaxValue).Select(seed => Draw(new Random(seed)));

    public double NowSeconds => Now / 1e6;

    public static ArrayPacketCase Draw(Random random)
    {
        var now = random.NextInt64(0, 2_000_000_000_000_000);
        var quantiser = (TokenQuantiser)random.Next(3);
        return new()
        {
            Now = now,
            Time = Near(now, random),
            View = (int)Math.Min(Edge(random), int.MaxValue),
            Sequence = (uint)Edge(random),
            SceneIndex = (int)Math.Min(Edge(random), ArrayPacketCodec.MaxSceneIndex),
            Encoding = (TokenEncoding)random.Next(3),
            Quantiser = quantiser,
            Scale = (float)Math.Pow(10, (random.NextDouble() * 30) - 15),
            Values = DrawValues(quantiser, random),
            Label = random.Next(2) == 0 ? TokenPacket.UnknownLabel : random.Next(int.MinValue, int.MaxValue),
            DecisionId = random.Next(2) == 0 ? null : random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64),
            Quality = random.Next(2) == 0 ? 1 : 1 - random.NextSingle(),
            Tick = random.Next(2) == 0 ? null : Near(now, random),
            Model = random.Next(2) == 0 ? "" : "Küche@91bc0d4ffe12",
            Scene = random.Next(3) > 0 ? "" : "Flur→2",
            Epoch = random.Next(2) == 0 ? null : (uint)random.NextInt64(1L << 32),
        };
    }

    public byte[] Write()
    {
        var datagram = new byte[TokenPacket.MaxDatagramBytes];
        return datagram[..WriteTo(datagram)];
    }

    public int WriteTo(Span<byte> destination, uint? seed = null) => ArrayPacketCodec.Write(
        new TokenPacket
        {
            Timestamp = Time / 1e6,
            View = View,
            Sequence = Sequence,
            SceneIndex = SceneIndex,
            Encoding = Encoding,
            Quantiser = Quantiser,
            Seed = seed ?? ArrayPacketCodec.SeedOf(View, Sequence),
            Scale = Scale,
            Values = Values,
            Label = Label,
            DecisionId = DecisionId,
            Quality = Quality,
            Tick = Tick / 1e6,
            Model = System.Text.Encoding.UTF8.GetBytes(Model),
            Scene = System.Text.Encoding.UTF8.GetBytes(Scene),
            Epoch = Epoch,
        },
        destination);

    public void ExpectEqualTo(TokenPacket packet)
    {
        Assert.Equal(2, packet.Version);
        Assert.Equal(Time / 1e6, packet.Timestamp);
        Assert.Equal((View, (long?)Sequence, SceneIndex), (packet.View, packet.Sequence, packet.SceneIndex));
        Assert.Equal((Encoding, Quantiser, (double)Scale), (packet.Encoding, packet.Quantiser, packet.Scale));
        Assert.Equal(ArrayPacketCodec.SeedOf(View, Sequence), packet.Seed);
        Assert.Equal(Values, packet.Values.ToArray());
        Assert.Equal((Label, DecisionId, Quality), (packet.Label, packet.DecisionId, packet.Quality));
        Assert.Equal(Tick / 1e6, packet.Tick);
        Assert.Equal(Model, System.Text.Encoding.UTF8.GetString(packet.Model));
        Assert.Equal(Scene, System.Text.Encoding.UTF8.GetString(packet.Scene));
        Assert.Equal(Epoch, packet.Epoch);
    }

    // Within reach of now, at its edges too.
    private static long Near(long now, Random random) => now + (random.Next(4) switch
    {
        0 => int.MinValue + 2,
        1 => int.MaxValue - 2,
        _ => random.Next(int.MinValue, int.MaxValue) >> random.Next(32),
    });

    private static long Edge(Random random) =>
        random.Next(2) == 0 ? s_edges[random.Next(s_edges.Length)] : random.NextInt64(1L << 32) >> random.Next(32);

    private static sbyte[] DrawValues(TokenQuantiser quantiser, Random random)
    {
        var d = random.Next(2) == 0 ? s_edgeDimensions[random.Next(s_edgeDimensions.Length)] : random.Next(1, TokenPacket.MaxDimension + 1);
        var largest = quantiser switch { TokenQuantiser.Int8 => 127, TokenQuantiser.Int4 => 7, _ => 5 };
        if (quantiser == TokenQuantiser.Q3H) d += d % 2;
        return [.. Enumerable.Range(0, d).Select(_ => (sbyte)random.Next(-largest, largest + 1))];
    }
}
