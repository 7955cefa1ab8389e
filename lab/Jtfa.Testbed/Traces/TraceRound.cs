using System.Text;
using Jtfa.Core;

namespace Jtfa.Testbed.Traces;

/// <summary>By how much a trace that is played again follows the round before.</summary>
internal sealed class TraceRound
{
    private readonly Dictionary<(string Scene, int View), (long First, long Last)> _sequences = [];

    public TraceRound(IReadOnlyList<TraceRecord> records)
    {
        if (records.Count > 1)
        {
            var trace = records.Max(record => record.ReceivedAt) - records[0].ReceivedAt;
            Duration = (long)(trace * ((double)records.Count / (records.Count - 1)));
        }

        var (first, last) = (long.MaxValue, long.MinValue);
        foreach (var record in records)
        {
            if (record.TryParse(out var packet) != RejectReason.None) continue;
            if (packet.DecisionId is { } id) (first, last) = (Math.Min(first, id), Math.Max(last, id));
            if (packet.Sequence is not { } sequence) continue;
            var key = KeyOf(packet);
            var range = _sequences.GetValueOrDefault(key, (First: sequence, Last: sequence));
            _sequences[key] = (Math.Min(range.First, sequence), Math.Max(range.Last, sequence));
        }

        if (first <= last) Decisions = last - first + 1;
    }

    /// <summary>From a round's begin to that of the next, nanoseconds: the trace and a mean interval between its datagrams.</summary>
    public long Duration { get; }

    /// <summary>By how much decision ids rise a round.</summary>
    public long Decisions { get; }

    /// <summary>By how much the sequence of a packet's view rises a round.</summary>
    public long SequencesOf(in TokenPacket packet) =>
        _sequences.TryGetValue(KeyOf(packet), out var range) ? range.Last - range.First + 1 : 0;

    private static (string, int) KeyOf(in TokenPacket packet) => (Encoding.UTF8.GetString(packet.Scene), packet.View);
}
