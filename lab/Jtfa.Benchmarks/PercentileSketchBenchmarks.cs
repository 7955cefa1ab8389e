using BenchmarkDotNet.Attributes;
using Jtfa.Core;

namespace Jtfa.Benchmarks;

/// <summary>One latency counted, and a percentile read, of a sketch that has seen many.</summary>
[MemoryDiagnoser]
public class PercentileSketchBenchmarks
{
    private readonly PercentileSketch _sketch = new();
    private readonly double[] _latencies = new double[1024];
    private int _next;

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        foreach (ref var latency in _latencies.AsSpan()) latency = -0.02 * Math.Log(1 - random.NextDouble());
        foreach (var latency in _latencies) _sketch.Add(latency);
    }

    [Benchmark]
    public void Add() => _sketch.Add(_latencies[_next++ % _latencies.Length]);

    [Benchmark]
    public double P99() => _sketch.Quantile(0.99);
}
