using System.Diagnostics;
using System.Security.Cryptography;
using Jtfa.Core;

namespace Jtfa.Lab.Bench;

/// <summary>
/// What a tag costs a token: bytes on the wire, and time and memory to sign it and to check it, beside those of parsing and writing the
/// same token. 16 numbers, hmix, a scene of five letters, a sequence number. One thread.
/// </summary>
internal static class TagsBench
{
    private const int Tokens = 200_000;
    private const int Runs = 9;
    private const int Different = 1024;

    private delegate int Work(int token);

    public static TagsResult Run(CancellationToken cancellationToken)
    {
        using var key = new TokenKey(RandomNumberGenerator.GetBytes(TokenKey.Size));
        var pool = LoadSender.EncodePool(TokenEncoding.HMix);
        var untagged = Enumerable.Range(0, Different).Select(i => Written(pool, i, epoch: null)).ToArray();
        var tagged = Enumerable.Range(0, Different).Select(i => Written(pool, i, epoch: 1_000_000)).ToArray();
        foreach (var datagram in tagged) key.Sign(datagram);
        var packet = new byte[TokenPacket.MaxDatagramBytes];

        var works = new Work[]
        {
            i => Write(pool, i, epoch: null, packet),
            i => PacketCodec.TryParse(untagged[i], out var token) == RejectReason.None ? token.Values.Length : -1,
            i =>
            {
                key.Sign(tagged[i]);
                return tagged[i][^1];
            },
            i => key.IsSigned(tagged[i]) ? 1 : throw new InvalidOperationException("A tag that was just made is not right."),
        };

        // Side by side: what the machine does meanwhile slows all of them alike. The first round compiles.
        var nanos = works.Select(_ => new List<double>()).ToArray();
        var bytes = new double[works.Length];
        for (var run = 0; run <= Runs; run++)
        {
            for (var work = 0; work < works.Length; work++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (took, allocated) = Measure(works[work]);
                if (run == 0) continue;
                nanos[work].Add(took);
                bytes[work] = Math.Max(bytes[work], allocated);
            }
        }

        var costs = nanos.Select((times, work) => new TagCost(Median(times), bytes[work])).ToArray();
        return new TagsResult(
            untagged.Max(datagram => datagram.Length), tagged.Max(datagram => datagram.Length), Tokens, Runs, costs[0], costs[1], costs[2],
            costs[3]);
    }

    private static (double Nanos, double Bytes) Measure(Work work)
    {
        var (before, start, sum) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp(), 0);
        for (var i = 0; i < Tokens; i++) sum += work(i % Different);
        var elapsed = Stopwatch.GetElapsedTime(start);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        GC.KeepAlive(sum);
        return (elapsed.TotalNanoseconds / Tokens, (double)allocated / Tokens);
    }

    private static double Median(List<double> times)
    {
        times.Sort();
        return times[times.Count / 2];
    }

    private static byte[] Written(LoadSender.EncodedToken[] pool, int i, uint? epoch)
    {
        var packet = new byte[TokenPacket.MaxDatagramBytes];
        return packet[..Write(pool, i, epoch, packet)];
    }

    private static int Write(LoadSender.EncodedToken[] pool, int i, uint? epoch, byte[] packet) => LoadSender.Write(
        pool, TokenEncoding.HMix, i, view: 0, i % IngestSettings.Classes, 1.8e9 + (0.1 * i), "foyer"u8, packet, sequence: 100_000 + i,
        epoch: epoch);
}

/// <summary>What tags cost. Each figure is the median of several runs.</summary>
/// <param name="BytesWithoutTag">The longest datagram without a tag, bytes.</param>
/// <param name="BytesWithTag">The same with one.</param>
/// <param name="TokensPerRun">Tokens in each run.</param>
/// <param name="Runs">Runs of each.</param>
/// <param name="Write">Writing a token without a tag.</param>
/// <param name="Parse">Parsing a token without a tag.</param>
/// <param name="Sign">Signing.</param>
/// <param name="Check">Checking.</param>
internal sealed record TagsResult(
    int BytesWithoutTag, int BytesWithTag, int TokensPerRun, int Runs, TagCost Write, TagCost Parse, TagCost Sign, TagCost Check);

/// <summary>What one step costs a token.</summary>
/// <param name="Nanos">Nanoseconds.</param>
/// <param name="AllocatedBytes">Bytes allocated.</param>
internal readonly record struct TagCost(double Nanos, double AllocatedBytes);
