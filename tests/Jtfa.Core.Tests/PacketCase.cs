using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Jtfa.Core.Tests;

/// <summary>A packet's content, apart from any datagram.</summary>
internal sealed record PacketCase
{
    private static readonly int[] s_edgeDimensions = [1, 2, 15, 16, 17, 255, 256, TokenPacket.MaxDimension];
    private static readonly long[] s_edgeNumbers =
    [
        0, 1, 31, 32, 127, 128, 255, 256, 65535, 65536, int.MaxValue, 1L + int.MaxValue, uint.MaxValue, 1L + uint.MaxValue, long.MaxValue,
        -1, -32, -33, -128, -129, -32768, -32769, int.MinValue, -1L + int.MinValue, long.MinValue,
    ];

    private static readonly string[] s_sceneLetters = ["a", "Z", "0", "-", " ", "é", "→", "😀"];

    public double Timestamp { get; init; }

    public int View { get; init; }

    public TokenEncoding Encoding { get; init; }

    public uint Seed { get; init; }

    public double Scale { get; init; }

    public sbyte[] Values { get; init; } = [];

    public int Label { get; init; }

    public string Scene { get; init; } = "";

    public long? DecisionId { get; init; }

    public long? Sequence { get; init; }

    public float Quality { get; init; }

    public double? Tick { get; init; }

    public string Model { get; init; } = "";

    public uint? Epoch { get; init; }

    public bool IsCopy { get; init; }

    /// <summary>Random packets, of which many stand at the edges of number widths.</summary>
    public static Gen<PacketCase> Any { get; } = Gen.Choose(int.MinValue, int.MaxValue).Select(seed => Draw(new Random(seed)));

    public static PacketCase Draw(Random random) => random.Next(2) == 0 ? Untagged(random) : Untagged(random).Tagged(random);

    private static PacketCase Untagged(Random random) => new()
    {
        Timestamp = random.Next(4) == 0 ? s_edgeNumbers[random.Next(s_edgeNumbers.Length)] : random.NextDouble() * 2e9,
        View = (int)Math.Clamp(Number(random), 0, int.MaxValue),
        Encoding = (TokenEncoding)random.Next(3),
        Seed = (uint)Math.Clamp(Number(random), 0, uint.MaxValue),
        Scale = Math.Pow(10, (random.NextDouble() * 30) - 15),
        Values = DrawValues(random),
        Label = (int)Math.Clamp(Number(random), int.MinValue, int.MaxValue),
        Scene = DrawScene(random),
        DecisionId = random.Next(2) == 0 ? null : Number(random),
        Sequence = random.Next(2) == 0 ? null : Number(random),
        Quality = random.Next(2) == 0 ? 1 : 1 - random.NextSingle(),
        Tick = random.Next(2) == 0 ? null : random.NextDouble() * 2e9,
        Model = random.Next(2) == 0 ? "" : DrawScene(random, atMost: TokenPacket.MaxModelBytes / 4), // a letter has up to 4 bytes
    };

    /// <summary>The same with a tag, and the sequence number that it needs.</summary>
    public PacketCase Tagged(Random random) => this with
    {
        Sequence = Sequence ?? Number(random),
        Epoch = (uint)random.NextInt64(1L << 32),
    };

    public byte[] Write(ReadOnlySpan<byte> earlier = default)
    {
        var packet = new TokenPacket
        {
            Timestamp = Timestamp,
            View = View,
            Encoding = Encoding,
            Seed = Seed,
            Scale = Scale,
            Values = Values,
            Label = Label,
            Scene = System.Text.Encoding.UTF8.GetBytes(Scene),
            DecisionId = DecisionId,
            Sequence = Sequence,
            Quality = Quality,
            Tick = Tick,
            Model = System.Text.Encoding.UTF8.GetBytes(Model),
            IsCopy = IsCopy,
            Earlier = earlier,
            Epoch = Epoch,
        };
        var datagram = new byte[TokenPacket.MaxDatagramBytes];
        return datagram[..PacketCodec.Write(packet, datagram)];
    }

    public void ExpectEqualTo(TokenPacket packet)
    {
        Assert.Equal(Timestamp, packet.Timestamp);
        Assert.Equal(View, packet.View);
        Assert.Equal(Encoding, packet.Encoding);
        Assert.Equal(Seed, packet.Seed);
        Assert.Equal(Scale, packet.Scale);
        Assert.Equal(Values, packet.Values.ToArray());
        Assert.Equal(Label, packet.Label);
        Assert.Equal(Scene, System.Text.Encoding.UTF8.GetString(packet.Scene));
        Assert.Equal(DecisionId, packet.DecisionId);
        Assert.Equal(Sequence, packet.Sequence);
        Assert.Equal(Quality, packet.Quality);
        Assert.Equal(Tick, packet.Tick);
        Assert.Equal(Tick ?? Timestamp, packet.Moment);
        Assert.Equal(Model, System.Text.Encoding.UTF8.GetString(packet.Model));
        Assert.Equal(Epoch, packet.Epoch);
    }

    private static long Number(Random random) =>
        random.Next(2) == 0
            ? s_edgeNumbers[random.Next(s_edgeNumbers.Length)]
            : random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64);

    private static sbyte[] DrawValues(Random random)
    {
        var d = random.Next(2) == 0 ? s_edgeDimensions[random.Next(s_edgeDimensions.Length)] : random.Next(1, TokenPacket.MaxDimension + 1);
        var bytes = new byte[d];
        random.NextBytes(bytes);
        return (sbyte[])(object)bytes;
    }

    private static string DrawScene(Random random, int atMost = 32)
    {
        var scene = new StringBuilder();
        for (var length = random.Next(3) == 0 ? 0 : random.Next(1, atMost + 1); length > 0; length--)
            scene.Append(s_sceneLetters[random.Next(s_sceneLetters.Length)]);
        return scene.ToString();
    }
}
