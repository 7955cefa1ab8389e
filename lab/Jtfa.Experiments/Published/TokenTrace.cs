using System.Net;
using Jtfa.Core;
using Jtfa.Testbed;
using Jtfa.Testbed.Traces;

namespace Jtfa.Experiments.Published;

/// <summary>A trace's record and what its packet says of itself.</summary>
internal sealed record TokenRecord(TraceRecord Record, int View, long Moment);

/// <summary>A trace of tokens that have decision ids, to be replayed again and again into nodes that know those ids.</summary>
internal sealed class TokenTrace
{
    private const double NanosecondsPerSecond = 1e9;

    private readonly IReadOnlyList<TokenRecord> _records;
    private readonly long _firstMoment;
    private readonly string _folder;
    private long _nextMoment;

    /// <summary>Reads a trace.</summary>
    /// <param name="path">The trace.</param>
    /// <param name="folder">Takes shorter ones made of it.</param>
    /// <exception cref="InvalidDataException">It is missing, no trace, or damaged.</exception>
    /// <exception cref="TestbedException">It has fewer than two tokens with decision ids.</exception>
    public TokenTrace(string path, string folder)
    {
        (_folder, _records) = (folder, Read(path));
        if (_records.Count < 2)
            throw new TestbedException($"{path}: fewer than two of its datagrams are tokens with a did: record one of jtfa cameras");
        _firstMoment = _nextMoment = _records.Min(record => record.Moment);
    }

    /// <summary>Replays it, capture times now and compressed, with decision ids that were not used before.</summary>
    /// <param name="to">Where tokens go.</param>
    /// <param name="speed">How many times as fast as recorded.</param>
    /// <param name="duration">How long, at least.</param>
    /// <param name="minTokens">How many tokens, at least.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Datagrams sent.</returns>
    public async Task<long> ReplayAsync(
        IPEndPoint to, double speed, TimeSpan duration, int minTokens, CancellationToken cancellationToken)
    {
        var (part, moments, repeat) = Part(duration.TotalSeconds * speed, minTokens);
        var before = (_nextMoment - _firstMoment + moments - 1) / moments;
        _nextMoment = _firstMoment + ((before + repeat) * moments);
        var path = Path.Combine(_folder, "part.pcap");
        Write(path, part);
        using var trace = TraceReader.Open(path);
        using var replay = new TraceReplay(new ReplayOptions(to) { Now = true, Speed = speed, Repeat = repeat, RoundsBefore = before });
        return (await replay.RunAsync(trace, cancellationToken)).Sent;
    }

    // Rounds of as many whole moments as come nearest to what is wanted, and not below it.
    private (List<TokenRecord> Part, long Moments, int Repeat) Part(double seconds, int minTokens)
    {
        var all = _records.Max(record => record.Moment) - _firstMoment + 1;
        var traceSeconds = (_records[^1].Record.ReceivedAt - _records[0].Record.ReceivedAt) / NanosecondsPerSecond;
        var wanted = Math.Max(seconds * all / traceSeconds, (double)minTokens * all / _records.Count);
        var repeat = (int)Math.Ceiling(wanted / all);
        for (var moments = Math.Min(all, (long)Math.Ceiling(wanted / repeat)); ; moments++)
        {
            var part = _records.Where(record => record.Moment < _firstMoment + moments).ToList();
            if (moments < all && part.Count * (long)repeat < minTokens) continue;
            return (part, part.Max(record => record.Moment) - _firstMoment + 1, repeat);
        }
    }

    /// <summary>The records of a trace that are tokens with decision ids.</summary>
    public static List<TokenRecord> Read(string path)
    {
        using var trace = TraceReader.Open(path);
        var records = new List<TokenRecord>();
        while (trace.Read() is { } record)
        {
            if (PacketCodec.TryParse(record.Datagram.Span, out var packet) == RejectReason.None && packet.DecisionId is { } moment)
                records.Add(new TokenRecord(record, packet.View, moment));
        }

        return records;
    }

    /// <summary>Writes a trace anew.</summary>
    public static void Write(string path, IEnumerable<TokenRecord> records)
    {
        File.Delete(path);
        using var writer = TraceWriter.Open(path);
        foreach (var record in records) writer.Append(record.Record);
    }
}
