using System.Diagnostics;
using System.Runtime.Intrinsics;
using Jtfa.Language.Kernels;

namespace Jtfa.Lab.Bench;

/// <summary>How fast threads read memory that no cache holds.</summary>
internal sealed unsafe class MemoryBandwidth : RangeJob, IDisposable
{
    private const long BytesRead = 512L << 20;
    private const int Chunk = 1 << 20;
    private const int Rounds = 3;
    private readonly NativeBuffer<byte> _memory = new(BytesRead);
    private long _sum;

    /// <summary>Bytes a second, the best of some rounds.</summary>
    public static double Measure(int threads)
    {
        using var workers = new Workers(threads);
        using var job = new MemoryBandwidth();
        var best = 0.0;
        for (var round = 0; round <= Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            workers.Run(job, (int)(BytesRead / Chunk));
            best = Math.Max(best, BytesRead / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    /// <inheritdoc/>
    public override void Run(int from, int to, int worker)
    {
        Vector512<long> a = default, b = default, c = default, d = default;
        var end = (long*)(_memory.Address + ((long)to * Chunk));
        for (var at = (long*)(_memory.Address + ((long)from * Chunk)); at < end; at += 32)
        {
            a += Vector512.Load(at);
            b += Vector512.Load(at + 8);
            c += Vector512.Load(at + 16);
            d += Vector512.Load(at + 24);
        }

        Interlocked.Add(ref _sum, Vector512.Sum((a + b) + (c + d)));
    }
}
