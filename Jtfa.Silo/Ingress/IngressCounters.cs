using System.Diagnostics.Metrics;
using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Ingress;

/// <summary>What the gateway took, refused and lost, by reason. Written by the receive loops, read by anyone.</summary>
public sealed class IngressCounters
{
    private static readonly Counter<long> s_received = JtfaNames.Meter.CreateCounter<long>("jtfa.ingress.received", description: "Datagrams received");
    private static readonly Counter<long> s_rejected = JtfaNames.Meter.CreateCounter<long>("jtfa.ingress.rejected", description: "Datagrams rejected, by reason");
    private static readonly Counter<long> s_undelivered = JtfaNames.Meter.CreateCounter<long>("jtfa.ingress.undelivered", description: "Tokens that no window took");
    private static readonly Counter<long> s_kernelDrops = JtfaNames.Meter.CreateCounter<long>("jtfa.ingress.kernel_drops", description: "Datagrams that the kernel dropped");

    private static readonly KeyValuePair<string, object?>[] s_reasonTags =
        [.. Enum.GetNames<RejectReason>().Select(name => new KeyValuePair<string, object?>("reason", name))];

    private readonly long[] _rejected = new long[s_reasonTags.Length];
    private long _received;
    private long _undelivered;
    private long _kernelDrops;

    /// <summary>Datagrams received.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>Tokens that no window took, because its grain failed.</summary>
    public long Undelivered => Volatile.Read(ref _undelivered);

    /// <summary>Datagrams that the kernel dropped because the receive buffer was full.</summary>
    public long KernelDrops => Volatile.Read(ref _kernelDrops);

    /// <summary>Datagrams rejected for any reason.</summary>
    public long Rejected => Enum.GetValues<RejectReason>().Sum(reason => this[reason]);

    /// <summary>Datagrams rejected for a reason.</summary>
    public long this[RejectReason reason] => Volatile.Read(ref _rejected[(int)reason]);

    /// <summary>The reasons with a count above 0, by name.</summary>
    public IReadOnlyDictionary<string, long> ByReason() =>
        Enum.GetValues<RejectReason>().Where(reason => this[reason] > 0).ToDictionary(reason => reason.ToString(), reason => this[reason]);

    internal void AddReceived(int count)
    {
        Interlocked.Add(ref _received, count);
        s_received.Add(count);
    }

    /// <returns>The reason's count with these.</returns>
    internal long AddRejected(RejectReason reason, int count)
    {
        s_rejected.Add(count, s_reasonTags[(int)reason]);
        return Interlocked.Add(ref _rejected[(int)reason], count);
    }

    internal void AddUndelivered(int count)
    {
        Interlocked.Add(ref _undelivered, count);
        s_undelivered.Add(count);
    }

    internal void AddKernelDrops(long count)
    {
        if (count == 0) return;
        Interlocked.Add(ref _kernelDrops, count);
        s_kernelDrops.Add(count);
    }
}
