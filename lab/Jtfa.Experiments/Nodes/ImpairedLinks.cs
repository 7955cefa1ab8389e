using System.Net;
using Jtfa.Testbed;
using Jtfa.Testbed.Hosts;
using Jtfa.Testbed.Links;
using Jtfa.Testbed.Traces;

namespace Jtfa.Experiments.Nodes;

/// <summary>
/// The relay between the cameras and the fusion node for the time of a run, and what came through it. It stands in this process, so that
/// profile and seed change without a start, and listens on the host <c>air</c>.
/// </summary>
public sealed class ImpairedLinks : IAsyncDisposable
{
    private readonly Relay _relay;
    private readonly Task<RelaySummary> _running;
    private readonly CancellationTokenSource _stop = new();
    private readonly Tape _tape;

    private ImpairedLinks(Relay relay, Tape tape) => (_relay, _tape, _running) = (relay, tape, relay.RunAsync(_stop.Token));

    /// <summary>Ports for links, that stay while relays come and go.</summary>
    public static async Task<IReadOnlyList<IPEndPoint>> ReserveAsync(TestHost air, int links)
    {
        ArgumentNullException.ThrowIfNull(air);

        // All at once, so that each gets one of its own.
        var sockets = await Task.WhenAll(Enumerable.Range(0, links).Select(_ => air.MakeAsync(() => FreePorts.BindUdp(air.Address))));
        IPEndPoint[] ends = [.. sockets.Select(socket => (IPEndPoint)socket.LocalEndPoint!)];
        foreach (var socket in sockets) socket.Dispose();
        return ends;
    }

    /// <summary>Begins to relay.</summary>
    /// <param name="air">Where.</param>
    /// <param name="links">The links; link v is view v's.</param>
    /// <param name="seed">The run's seed.</param>
    /// <exception cref="TestbedException">A port is in use.</exception>
    public static async Task<ImpairedLinks> StartAsync(TestHost air, IReadOnlyList<RelayLink> links, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(air);
        ArgumentNullException.ThrowIfNull(links);
        Relay.WarmUp();
        var tape = new Tape(links);
        return new ImpairedLinks(await air.MakeAsync(() => new Relay(links, seed, tape.Note, tape.Keep)), tape);
    }

    /// <summary>Datagrams that have come to each link so far.</summary>
    public IReadOnlyList<long> Received => _tape.Received;

    /// <summary>Waits until a datagram has come to each of the first links.</summary>
    /// <exception cref="TestbedException">After 30 s one has none.</exception>
    public async Task AllTalkAsync(int links, CancellationToken cancellationToken)
    {
        var until = TimeProvider.System.GetUtcNow().AddSeconds(30);
        while (Received.Take(links).Any(received => received == 0))
        {
            if (TimeProvider.System.GetUtcNow() > until)
                throw new TestbedException(
                    $"Nothing comes from views {string.Join(", ", Enumerable.Range(0, links).Where(link => Received[link] == 0))}: is " +
                    "the machine overloaded?");
            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
        }
    }

    /// <summary>Ends relaying.</summary>
    public async Task<RelaySummary> StopAsync()
    {
        await _stop.CancelAsync();
        return await _running;
    }

    /// <summary>
    /// Writes what came to the fusion node, as a trace: each datagram with the time at which the relay had sent it. Stop it first.
    /// </summary>
    /// <exception cref="TestbedException">The file cannot be written.</exception>
    public void WriteTrace(string path)
    {
        File.Delete(path);
        using var writer = TraceWriter.Open(path);
        foreach (var record in _tape.Sent.OrderBy(record => record.ReceivedAt)) writer.Append(record);
    }

    /// <summary>Writes what became of each datagram, as the log of <c>jtfa relay</c>. Stop it first.</summary>
    /// <exception cref="TestbedException">The file cannot be written.</exception>
    public async Task WriteFatesAsync(string path)
    {
        await using var log = new RelayLog(path);
        foreach (var packet in _tape.Told) await log.AddAsync(packet);
    }

    /// <summary>
    /// Datagrams, and their UDP payload bytes, that views sent into the links in a span of time (seconds since 1970), copies not counted.
    /// </summary>
    public (long Datagrams, long Bytes) SentInto(double from, double to)
    {
        var inside = _tape.Told.Where(
            packet => packet.Outcome != RelayOutcome.Copy && packet.ReceivedAt >= from * 1e9 && packet.ReceivedAt < to * 1e9).ToList();
        return (inside.Count, inside.Sum(packet => (long)packet.Bytes));
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _relay.Dispose();
        _stop.Dispose();
    }

    // Filled by the relay's thread. Others may read the counts at any time, the rest once that thread has ended.
    private sealed class Tape(IReadOnlyList<RelayLink> links)
    {
        private readonly long[] _received = new long[links.Count];

        public List<RelayedPacket> Told { get; } = new(1 << 14);

        public List<TraceRecord> Sent { get; } = new(1 << 14);

        public IReadOnlyList<long> Received => [.. _received.Select((_, link) => Volatile.Read(ref _received[link]))];

        public void Note(RelayedPacket packet)
        {
            Told.Add(packet);
            if (packet.Outcome != RelayOutcome.Copy) Volatile.Write(ref _received[packet.Link], _received[packet.Link] + 1);
        }

        public void Keep(in RelayedPacket packet, ReadOnlySpan<byte> datagram)
        {
            var sentAt = packet.ReceivedAt + ((packet.Delay + packet.Error!.Value).Ticks * TimeSpan.NanosecondsPerTick);
            Sent.Add(new TraceRecord(sentAt, links[packet.Link].Listen, links[packet.Link].To, datagram.ToArray()));
        }
    }
}
