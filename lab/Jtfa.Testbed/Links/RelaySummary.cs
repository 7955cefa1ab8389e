using Jtfa.Core;

namespace Jtfa.Testbed.Links;

/// <summary>What a relay has done.</summary>
/// <param name="Links">Each link's counts, by its number.</param>
/// <param name="ErrorMs">What the relay added to the delays asked for, milliseconds.</param>
/// <param name="IsRealTime">Whether its thread had real-time priority.</param>
public sealed record RelaySummary(IReadOnlyList<LinkCounts> Links, PercentileSketch ErrorMs, bool IsRealTime);

/// <summary>A link's counts.</summary>
public sealed class LinkCounts
{
    private readonly long[] _outcomes = new long[Enum.GetValues<RelayOutcome>().Length];

    /// <summary>Datagrams received.</summary>
    public long Received { get; internal set; }

    /// <summary>Datagrams that came too fast and that the kernel dropped.</summary>
    public long KernelDrops { get; internal set; }

    /// <summary>Packets, or copies, with an outcome.</summary>
    public long this[RelayOutcome outcome] => _outcomes[(int)outcome];

    internal void Add(RelayOutcome outcome) => _outcomes[(int)outcome]++;
}
