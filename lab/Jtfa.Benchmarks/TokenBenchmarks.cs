using BenchmarkDotNet.Attributes;
using Jtfa.Core;

namespace Jtfa.Benchmarks;

/// <summary>One token encoded and decoded.</summary>
[MemoryDiagnoser]
public class TokenBenchmarks
{
    private const uint Seed = 5003;

    private float[] _z = [];
    private float[] _decoded = [];
    private sbyte[] _q = [];
    private double _scale;

    /// <summary>Token dimension.</summary>
    [Params(16, 64)]
    public int D { get; set; }

    /// <summary>How the token is encoded.</summary>
    [Params(TokenEncoding.Plain, TokenEncoding.PsMix, TokenEncoding.HMix)]
    public TokenEncoding Encoding { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        _z = [.. Enumerable.Range(0, D).Select(_ => (random.NextSingle() * 2) - 1)];
        (_q, _decoded) = (new sbyte[D], new float[D]);
        _scale = TokenCodec.Encode(_z, Encoding, Seed, _q);
    }

    [Benchmark]
    public double Encode() => TokenCodec.Encode(_z, Encoding, Seed, _q);

    [Benchmark]
    public void Decode() => TokenCodec.Decode(_q, Encoding, Seed, _scale, _decoded);
}
