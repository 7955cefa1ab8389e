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
        (Path, _folder, _records) = (path, folder, Read(path));
        if (_records.Count < 2)
            throw new TestbedException($"{path}: fewer than two of its datagrams are tokens with a did: record one of jtfa cameras");
        _firstMoment = _nextMoment = _records.Min(record => record.Moment);
    }

    public string Path { get; }

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
        // Of a trace that is longer than a run only the begin is taken.
        var begin = _records[0].Record.ReceivedAt;
        var wanted = begin + (duration.TotalSeconds * speed * NanosecondsPerSecond);
        var part = _records.Where((record, i) => i < Math.Max(2, minTokens) || record.Record.ReceivedAt < wanted).ToList();
        var seconds = (part[^1].Record.ReceivedAt - begin) / NanosecondsPerSecond * part.Count / (part.Count - 1);
        var repeat = (int)Math.Ceiling(Math.Max(duration.TotalSeconds * speed / seconds * (1 - 1e-6), (double)minTokens / part.Count));
        if (part.Count < _records.Count) repeat = 1;

        var (first, last) = (part.Min(record => record.Moment), part.Max(record => record.Moment));
        var moments = last - first + 1;
        var before = (_nextMoment - _firstMoment + moments - 1) / moments;
        _nextMoment = _firstMoment + ((before + repeat + 1) * moments);

        var path = Path;
        if (part.Count < _records.Count) Write(path = System.IO.Path.Combine(_folder, "part.pcap"), part);
        using var trace = TraceReader.Open(path);
        using var replay = new TraceReplay(new ReplayOptions(to) { Now = true, Speed = speed, Repeat = repeat, RoundsBefore = before });
        return (await replay.RunAsync(trace, cancellationToken)).Sent;
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
