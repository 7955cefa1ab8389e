using System.Diagnostics.Metrics;
using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Ingress;

/// <summary>What the gateway took, refused and lost, by reason. Written by the receive loops, read by anyone.</summary>
public sealed class IngressCounters
{
    private static readonly Counter<long> s_received = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.ingress.received", "{datagram}", "Datagrams received");
    private static readonly Counter<long> s_rejected = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.ingress.rejected", "{datagram}", "Datagrams rejected, by reason");
    private static readonly Counter<long> s_tokens = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.ingress.tokens", "{token}", "Tokens sent on to windows, by scene");
    private static readonly Counter<long> s_copies = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.ingress.copies", "{token}", "Copies of tokens that had come already, by scene");
    private static readonly Counter<long> s_saved = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.ingress.saved", "{token}", "Tokens that were missing, came as copies, and went to windows, by scene");
    private static readonly Counter<long> s_held = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.ingress.held", "{token}", "Tokens of earlier moments sent on to windows for views that had not moved, by scene");
    private static readonly Counter<long> s_undelivered = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.ingress.undelivered", "{token}", "Of these, tokens that no window took");
    private static readonly Counter<long> s_kernelDrops = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.ingress.kernel_drops", "{datagram}", "Datagrams that the kernel dropped");

    private static readonly KeyValuePair<string, object?>[] s_reasonTags =
        [.. Enum.GetNames<RejectReason>().Select(name => new KeyValuePair<string, object?>("reason", name))];

    private readonly long[] _rejected = new long[s_reasonTags.Length];
    private long _received;
    private long _undelivered;
    private long _kernelDrops;

    /// <summary>Counters from 0. Their metrics exist from now on, too: so whoever computes differences sees the first increments.</summary>
    public IngressCounters()
    {
        foreach (var reason in Enum.GetValues<RejectReason>().Where(reason => reason != RejectReason.None))
            s_rejected.Add(0, s_reasonTags[(int)reason]);
        foreach (var counter in new[] { s_received, s_undelivered, s_kernelDrops }) counter.Add(0);
    }

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

    /// <param name="scene">The scene as a tag.</param>
    /// <param name="count">Tokens sent on to its windows.</param>
    internal static void AddTokens(KeyValuePair<string, object?> scene, int count) => s_tokens.Add(count, scene);

    /// <param name="scene">The scene as a tag.</param>
    /// <param name="count">Copies of tokens that had come already.</param>
    internal static void AddCopies(KeyValuePair<string, object?> scene, int count) => s_copies.Add(count, scene);

    /// <param name="scene">The scene as a tag.</param>
    /// <param name="count">Tokens that were missing and came as copies.</param>
    internal static void AddSaved(KeyValuePair<string, object?> scene, int count) => s_saved.Add(count, scene);

    /// <param name="scene">The scene as a tag.</param>
    /// <param name="count">Held tokens sent on to its windows.</param>
    internal static void AddHeld(KeyValuePair<string, object?> scene, int count) => s_held.Add(count, scene);

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
