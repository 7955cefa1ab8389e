using BenchmarkDotNet.Attributes;
using Jtfa.Core;

namespace Jtfa.Benchmarks;

/// <summary>One window fused and decided: m = 3 tokens of d = 16, 10 classes.</summary>
[MemoryDiagnoser]
public class FusionBenchmarks
{
    private const int D = 16;
    private const int M = 3;
    private const int Classes = 10;

    private readonly FusionHead _head;
    private readonly float[] _tokens;
    private readonly float[] _qualities = [1, 0.9f, 0.8f];
    private readonly float[] _attention = new float[M];
    private readonly float[] _fused = new float[D];

    public FusionBenchmarks()
    {
        var random = new Random(1);
        float[] Draw(int length) => [.. Enumerable.Range(0, length).Select(_ => (random.NextSingle() * 2) - 1)];
        _head = new FusionHead(Draw(Classes * D), Classes, D, Draw(Classes), Draw(D), gamma: 0.5);
        _tokens = Draw(M * D);
    }

    [Benchmark]
    public void Fuse() => _head.Fuse(_tokens, _qualities, 1, _attention, _fused);

    [Benchmark]
    public (int Pred, double Confidence) Decide() => _head.Decide(_fused);
}
