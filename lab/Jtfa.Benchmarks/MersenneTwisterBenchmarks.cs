using System.Runtime.CompilerServices;
using BenchmarkDotNet.Attributes;
using Jtfa.Core;

namespace Jtfa.Benchmarks;

/// <summary>Why the generator is lazy: the first outputs of one seed, against seeding and twisting the whole state.</summary>
[MemoryDiagnoser]
public class MersenneTwisterBenchmarks
{
    private const int Words = MersenneTwister.StateWords;
    private const int Shift = 397;

    private uint _seed = 5003;

    /// <summary>Outputs drawn.</summary>
    [Params(16, 64, 1024)]
    public int Outputs { get; set; }

    [Benchmark]
    [SkipLocalsInit]
    public uint Lazy()
    {
        var random = new MersenneTwister(_seed++, stackalloc uint[Words]);
        var sum = 0u;
        for (var i = 0; i < Outputs; i++) sum += random.Next();
        return sum;
    }

    [Benchmark(Baseline = true)]
    [SkipLocalsInit]
    public uint Whole()
    {
        Span<uint> state = stackalloc uint[Words];
        Seed(state, _seed++);
        var sum = 0u;
        for (var i = 0; i < Outputs; i++)
        {
            if (i % Words == 0) Twist(state);
            var y = state[i % Words];
            y ^= y >> 11;
            y ^= (y << 7) & 0x9d2c5680u;
            y ^= (y << 15) & 0xefc60000u;
            sum += y ^ (y >> 18);
        }
        return sum;
    }

    private static void Seed(Span<uint> state, uint seed)
    {
        state[0] = seed;
        for (var i = 1; i < state.Length; i++) state[i] = (1812433253u * (state[i - 1] ^ (state[i - 1] >> 30))) + (uint)i;
    }

    private static void Twist(Span<uint> state)
    {
        for (var k = 0; k < Words - Shift; k++) state[k] = Twisted(state[k], state[k + 1], state[k + Shift]);
        for (var k = Words - Shift; k < Words - 1; k++) state[k] = Twisted(state[k], state[k + 1], state[k + Shift - Words]);
        state[Words - 1] = Twisted(state[Words - 1], state[0], state[Shift - 1]);
    }

    private static uint Twisted(uint word, uint following, uint shifted)
    {
        var y = (word & 0x80000000u) | (following & 0x7fffffffu);
        return shifted ^ (y >> 1) ^ ((y & 1) * 0x9908b0dfu);
    }
}
