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
    /// Whether capture times are moved: all by the same, so that the trace's begin falls on the replay's. At speeds above 1 they then run
    /// ahead of the clock.
    /// </summary>
    public bool Now { get; init; }
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
    public TraceReplay(ReplayOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _default = new Sender(options.To);
        _views = options.Views.ToDictionary(view => view.Key, view => new Sender(view.Value));
    }

    /// <summary>Sends all, on a thread of its own.</summary>
    /// <exception cref="InvalidDataException">The trace is damaged.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<ReplaySummary> RunAsync(TraceReader trace, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(() => Run(trace, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <inheritdoc />
    public void Dispose()
    {
        _default.Dispose();
        foreach (var sender in _views.Values) sender.Dispose();
    }

    private ReplaySummary Run(TraceReader trace, CancellationToken cancellationToken)
    {
        TimingThread.Begin();
        var record = trace.Read();
        var (begin, start, wallStart) = (record?.ReceivedAt ?? 0, TestbedClock.Elapsed, TestbedClock.Wall);
        var shift = (wallStart - begin) / (double)TestbedClock.Second;
        for (; record is not null; record = trace.Read())
        {
            var datagram = Prepare(record.Datagram.Span, shift, out var sender);
            var due = start + (long)((record.ReceivedAt - begin) / _options.Speed);
            while (!double.IsInfinity(_options.Speed) && TestbedClock.Elapsed is var now && now < due)
            {
                cancellationToken.ThrowIfCancellationRequested();
                _wait.Until(Math.Min(due, now + s_longestWait));
            }

            cancellationToken.ThrowIfCancellationRequested();
            sender.Send(datagram);
            if (!double.IsInfinity(_options.Speed)) _latenessMs.Add(Math.Max(0, TestbedClock.Elapsed - due) / NanosecondsPerMs);
        }

        var all = _views.Values.Append(_default).ToList();
        var duration = TimeSpan.FromMicroseconds((TestbedClock.Elapsed - start) / 1000);
        return new ReplaySummary(all.Sum(sender => sender.Sent), all.Sum(sender => sender.Refused), duration, _latenessMs);
    }

    // What is no packet of ours goes on as it is: a trace may hold rubbish on purpose.
    private ReadOnlySpan<byte> Prepare(ReadOnlySpan<byte> datagram, double shift, out Sender sender)
    {
        sender = _default;
        if ((!_options.Now && _views.Count == 0) || PacketCodec.TryParse(datagram, out var packet) != RejectReason.None) return datagram;
        if (_views.TryGetValue(packet.View, out var own)) sender = own;
        if (!_options.Now) return datagram;
        var moved = new TokenPacket
        {
            Timestamp = packet.Timestamp + shift,
            View = packet.View,
            Encoding = packet.Encoding,
            Seed = packet.Seed,
            Scale = packet.Scale,
            Values = packet.Values,
            Label = packet.Label,
            Scene = packet.Scene,
            DecisionId = packet.DecisionId,
            Sequence = packet.Sequence,
            Quality = packet.Quality,
        };
        return _rewritten.AsSpan(0, PacketCodec.Write(moved, _rewritten));
    }
}
