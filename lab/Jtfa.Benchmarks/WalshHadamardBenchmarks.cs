using BenchmarkDotNet.Attributes;
using Jtfa.Core;

namespace Jtfa.Benchmarks;

/// <summary>Why the transform runs in 128-bit registers: against the scalar loop.</summary>
[MemoryDiagnoser]
public class WalshHadamardBenchmarks
{
    private float[] _values = [];

    /// <summary>Length of the transform.</summary>
    [Params(16, 64, 1024)]
    public int N { get; set; }

    [GlobalSetup]
    public void Setup() => _values = new float[N];

    [Benchmark]
    public void Vectors() => WalshHadamard.Transform(_values);

    [Benchmark(Baseline = true)]
    public void Scalars()
    {
        Span<float> values = _values;
        for (var width = 1; width < values.Length; width *= 2)
        {
            for (var start = 0; start < values.Length; start += 2 * width)
            {
                for (var i = start; i < start + width; i++)
                    (values[i], values[i + width]) = (values[i] + values[i + width], values[i] - values[i + width]);
            }
        }
    }
}
