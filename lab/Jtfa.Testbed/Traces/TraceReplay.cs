using System.Net;
using Jtfa.Core;
using Jtfa.Testbed.Sockets;

namespace Jtfa.Testbed.Traces;

/// <summary>How a trace is sent again.</summary>
/// <param name="To">Where datagrams go.</param>
public sealed record ReplayOptions(IPEndPoint To)
{
    /// <summary>Where those of single views go instead; by the number in the packet.</summary>
    public IReadOnlyDictionary<int, IPEndPoint> Views { get; init; } = new Dictionary<int, IPEndPoint>();

    /// <summary>How many times as fast as recorded, above 0; infinite: as fast as it can.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>
    /// Whether capture times are moved and compressed: to start + (captured − first received) / speed, so that a token is as old when it is
    /// sent as it was when it was received, divided by the speed.
    /// </summary>
    public bool Now { get; init; }

    /// <summary>
    /// How often the trace is played, one round after another, 1 or more; a round is longer than the trace by a mean interval between
    /// datagrams. Capture times, decision ids and sequences go on from round to round. More than one holds the trace in memory.
    /// </summary>
    public int Repeat { get; init; } = 1;

    /// <summary>
    /// Rounds that were played before this replay, 0 or more: decision ids and sequences go on behind theirs, so that a receiver which
    /// knows those takes these.
    /// </summary>
    public long RoundsBefore { get; init; }
}

/// <summary>What a replay came to.</summary>
/// <param name="Sent">Datagrams sent.</param>
/// <param name="Refused">Datagrams that the system would not send.</param>
/// <param name="Duration">From the first due time to the last datagram.</param>
/// <param name="LatenessMs">By how much datagrams left after they were due, milliseconds; empty at the highest speed.</param>
public sealed record ReplaySummary(long Sent, long Refused, TimeSpan Duration, PercentileSketch LatenessMs);

/// <summary>Sends a trace's datagrams again, each when it is due.</summary>
public sealed class TraceReplay : IDisposable
{
    private const double NanosecondsPerMs = 1e6;
    private static readonly long s_longestWait = TestbedClock.Second / 10;

    private readonly ReplayOptions _options;
    private readonly Sender _default;
    private readonly Dictionary<int, Sender> _views;
    private readonly byte[] _rewritten = new byte[TokenPacket.MaxDatagramBytes];
    private readonly PercentileSketch _latenessMs = new();
    private readonly SocketWait _wait = new([]);

    /// <summary>Makes ready.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Rounds are out of range.</exception>
    public TraceReplay(ReplayOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Repeat, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.RoundsBefore);
        _options = options;
        _default = new Sender(options.To);
        _views = options.Views.ToDictionary(view => view.Key, view => new Sender(view.Value));
    }

    /// <summary>Sends all, on a thread of its own.</summary>
    /// <exception cref="InvalidDataException">The trace is damaged.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<ReplaySummary> RunAsync(TraceReader trace, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(
            () => Run(trace, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <inheritdoc />
    public void Dispose()
    {
        _default.Dispose();
        foreach (var sender in _views.Values) sender.Dispose();
    }

    private ReplaySummary Run(TraceReader trace, CancellationToken cancellationToken)
    {
        TimingThread.Begin();
        var records = Records(trace);
        TraceRound? round = null;
        if (_options.Repeat > 1 || _options.RoundsBefore > 0)
        {
            List<TraceRecord> all = [.. records];
            (records, round) = (all, new TraceRound(all));
        }

        var (start, wallStart, begin) = (TestbedClock.Elapsed, TestbedClock.Wall, (long?)null);
        for (var number = 0; number < _options.Repeat; number++)
        {
            foreach (var record in records)
            {
                begin ??= record.ReceivedAt;
                var datagram = Prepare(record, new Place(wallStart, begin.Value, round, number), out var sender);
                var due = start + (long)((record.ReceivedAt - begin.Value + (number * (round?.Duration ?? 0))) / _options.Speed);
                WaitUntil(due, cancellationToken);
                sender.Send(datagram);
                if (!double.IsInfinity(_options.Speed)) _latenessMs.Add(Math.Max(0, TestbedClock.Elapsed - due) / NanosecondsPerMs);
            }
        }

        var senders = _views.Values.Append(_default).ToList();
        var duration = TimeSpan.FromMicroseconds((TestbedClock.Elapsed - start) / 1000);
        return new ReplaySummary(senders.Sum(sender => sender.Sent), senders.Sum(sender => sender.Refused), duration, _latenessMs);
    }

    private static IEnumerable<TraceRecord> Records(TraceReader trace)
    {
        while (trace.Read() is { } record) yield return record;
    }

    private void WaitUntil(long due, CancellationToken cancellationToken)
    {
        while (!double.IsInfinity(_options.Speed) && TestbedClock.Elapsed is var now && now < due)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _wait.Until(Math.Min(due, now + s_longestWait));
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    // Datagrams that are no packets of ours are sent unchanged: a trace may hold rubbish on purpose.
    private ReadOnlySpan<byte> Prepare(TraceRecord record, in Place place, out Sender sender)
    {
        sender = _default;
        var datagram = record.Datagram.Span;
        var moves = _options.Now || place.Round is not null;
        if ((!moves && _views.Count == 0) || record.TryParse(out var packet) != RejectReason.None) return datagram;
        if (_views.TryGetValue(packet.View, out var own)) sender = own;
        if (!moves) return datagram;
        var rounds = _options.RoundsBefore + place.Number;

        // The seed of version 2 follows from the sequence number.
        var sequences = packet.Version == 1 ? place.Round?.SequencesOf(packet) ?? 0 : 0;
        var moved = new TokenPacket
        {
            Version = packet.Version,
            Quantiser = packet.Quantiser,
            SceneIndex = packet.SceneIndex,
            Timestamp = Captured(packet.Timestamp, place),
            View = packet.View,
            Encoding = packet.Encoding,
            Seed = packet.Seed,
            Scale = packet.Scale,
            Values = packet.Values,
            Label = packet.Label,
            Scene = packet.Scene,
            DecisionId = packet.DecisionId + (rounds * (place.Round?.Decisions ?? 0)),
            Sequence = packet.Sequence + (rounds * sequences),
            Quality = packet.Quality,
            Tick = packet.Tick is { } tick ? Captured(tick, place) : null,
            Model = packet.Model,
        };
        return _rewritten.AsSpan(0, DatagramCodec.Write(moved, _rewritten));
    }

    private double Captured(double timestamp, in Place place)
    {
        const double second = TestbedClock.Second;
        var round = (place.Round?.Duration ?? 0) / second;
        return _options.Now
            ? (place.WallStart / second) + ((timestamp - (place.Begin / second) + (place.Number * round)) / _options.Speed)
            : timestamp + ((_options.RoundsBefore + place.Number) * round);
    }

    // When the replay and its trace begin, nanoseconds since 1970; by how much rounds differ, null if there is one only; which round this
    // is.
    private readonly record struct Place(long WallStart, long Begin, TraceRound? Round, int Number);
}
