using BenchmarkDotNet.Attributes;
using Jtfa.Core;

namespace Jtfa.Benchmarks;

/// <summary>One packet off and onto the wire; its parsing beside the same with MessagePack's primitives.</summary>
[MemoryDiagnoser]
public class PacketBenchmarks
{
    private readonly byte[] _destination = new byte[TokenPacket.MaxDatagramBytes];
    private readonly sbyte[] _unpacked = new sbyte[TokenPacket.MaxDimension];
    private byte[] _datagram = [];
    private byte[] _array = [];

    /// <summary>Token dimension.</summary>
    [Params(16, 64)]
    public int D { get; set; }

    /// <summary>With a scene, decision id, sequence and quality.</summary>
    [Params(false, true)]
    public bool Optional { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var values = Enumerable.Range(0, D).Select(i => (sbyte)(i - (D / 2))).ToArray();
        var packet = new TokenPacket
        {
            Timestamp = 1760000000.25,
            View = 3,
            Encoding = TokenEncoding.HMix,
            Seed = 5003,
            Scale = 0.0125,
            Values = values,
            Label = 7,
            Scene = Optional ? "foyer"u8 : [],
            DecisionId = Optional ? 17600000002 : null,
            Sequence = Optional ? 12345 : null,
            Quality = Optional ? 0.875f : 1,
        };
        _datagram = _destination[..PacketCodec.Write(packet, _destination)];
        _array = _destination[..ArrayPacketCodec.Write(
            packet with { Sequence = 12345, Seed = ArrayPacketCodec.SeedOf(3, 12345) }, _destination)];
    }

    /// <summary>The same token by version 2.</summary>
    [Benchmark]
    public RejectReason ParseArray() => DatagramCodec.TryParse(_array, _unpacked, 1760000000.5, out _);

    [Benchmark(Baseline = true)]
    public RejectReason Parse() => PacketCodec.TryParse(_datagram, out _);

    [Benchmark]
    public RejectReason ParseWithPrimitives() => PrimitivesCodec.TryParse(_datagram, out _);

    [Benchmark]
    public int ParseAndWrite()
    {
        PacketCodec.TryParse(_datagram, out var packet);
        return PacketCodec.Write(packet, _destination);
    }
}
