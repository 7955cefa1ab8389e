using System.Net;
using Jtfa.Core;
using Jtfa.Testbed.Sockets;

namespace Jtfa.Testbed.Links;

/// <summary>One link of a relay.</summary>
/// <param name="Listen">Where it takes datagrams.</param>
/// <param name="To">Where it sends them.</param>
/// <param name="Profile">What it does to them.</param>
public sealed record RelayLink(IPEndPoint Listen, IPEndPoint To, LinkProfile Profile)
{
    /// <summary>Where else each datagram goes, at once behind <see cref="To"/>: several readers of the same packets.</summary>
    public IReadOnlyList<IPEndPoint> Also { get; init; } = [];
}

/// <summary>Told of each datagram that a relay has sent, with its bytes, on the relay's thread; must be quick.</summary>
public delegate void RelayTap(in RelayedPacket packet, ReadOnlySpan<byte> datagram);

/// <summary>
/// Passes datagrams on over links that delay, lose, reorder, copy and limit them (<see cref="LinkImpairment"/>). One thread receives,
/// keeps time and sends: a datagram leaves when it is due, counted from when the kernel took it.
/// </summary>
public sealed class Relay : IDisposable
{
    private const int NanosecondsPerTick = 100;
    private static readonly long s_longestWait = TestbedClock.Second / 10;

    // A kernel time further back than this was taken before the wall clock was set.
    private static readonly long s_longestAge = TestbedClock.Second;

    private readonly List<OpenLink> _links = [];
    private readonly HeldPackets _held = new();
    private readonly PercentileSketch _errorMs = new();
    private readonly Action<RelayedPacket>? _log;
    private readonly RelayTap? _tap;

    /// <summary>Listens.</summary>
    /// <param name="links">The links; a link's number is its place.</param>
    /// <param name="seed">The experiment's seed.</param>
    /// <param name="log">Told of each outcome, on the relay's thread, and so must be quick.</param>
    /// <param name="tap">Told of each datagram sent.</param>
    /// <exception cref="TestbedException">A port is in use.</exception>
    public Relay(IReadOnlyList<RelayLink> links, ulong seed, Action<RelayedPacket>? log = null, RelayTap? tap = null)
    {
        ArgumentNullException.ThrowIfNull(links);
        (_log, _tap) = (log, tap);
        RelayWarmUp.Once();
        try
        {
            foreach (var link in links) _links.Add(Open(link, seed));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>
    /// Has the runtime compile what relays run. Otherwise the first relay does it when it is made, and starts threads for that, which it
    /// must not do in the namespace of another host.
    /// </summary>
    public static void WarmUp() => RelayWarmUp.Once();

    /// <summary>Where a link listens.</summary>
    public IPEndPoint EndPoint(int link) => _links[link].In.LocalEndPoint;

    /// <summary>Relays until the token is cancelled, on a thread of its own.</summary>
    public Task<RelaySummary> RunAsync(CancellationToken cancellationToken) =>
        Task.Factory.StartNew(
            () => Run(TimingThread.Begin(), cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

    /// <summary>Closes the links; <see cref="RunAsync"/> must have ended.</summary>
    public void Dispose()
    {
        foreach (var link in _links)
        {
            link.In.Dispose();
            link.Out.Dispose();
            foreach (var also in link.Also) also.Dispose();
        }
    }

    internal RelaySummary Run(bool isRealTime, CancellationToken cancellationToken)
    {
        var wait = new SocketWait([.. _links.Select(link => link.In)]);
        while (!cancellationToken.IsCancellationRequested) Turn(wait);
        while (_held.TryTake(out var held, out _))
        {
            Tell(held.Packet with { Outcome = RelayOutcome.Ended });
            HeldPackets.Return(held);
        }

        return new RelaySummary([.. _links.Select(link => link.Counts)], _errorMs, isRealTime);
    }

    private OpenLink Open(RelayLink link, ulong seed) => new(
        new TimedSocket(link.Listen), new Sender(link.To), [.. link.Also.Select(also => new Sender(also))],
        new LinkImpairment(link.Profile, seed, _links.Count), new LinkCounts());

    // Waits until something has come or is due, and then handles all of it.
    private void Turn(SocketWait wait)
    {
        wait.Until(Math.Min(_held.NextDue, TestbedClock.Elapsed + s_longestWait));
        for (var link = 0; link < _links.Count; link++) Drain(link);
        SendDue();
    }

    private void Drain(int number)
    {
        var link = _links[number];
        while (link.In.TryReceive())
        {
            link.Counts.Received++;
            link.Counts.KernelDrops = link.In.KernelDrops;
            var receivedAt = TestbedClock.Elapsed - Math.Clamp(TestbedClock.Wall - link.In.ReceivedAt, 0, s_longestAge);
            Take(number, link, receivedAt);
            SendDue(); // a long queue of arrivals must not delay what is due
        }
    }

    private void Take(int number, OpenLink link, long receivedAt)
    {
        var datagram = link.In.Datagram;
        var fate = link.Impairment.Next(new TimeSpan(receivedAt / NanosecondsPerTick), datagram.Length);
        var packet = new RelayedPacket(number, fate.Number, link.In.ReceivedAt, datagram.Length, OutcomeOf(fate.Kind), fate.Delay, null);
        if (fate.Kind != FateKind.Sent)
        {
            Tell(packet);
            return;
        }

        Hold(packet, datagram, receivedAt);
        if (fate.CopyDelay is { } copyDelay) Hold(packet with { Outcome = RelayOutcome.Copy, Delay = copyDelay }, datagram, receivedAt);
    }

    private void Hold(in RelayedPacket packet, ReadOnlySpan<byte> datagram, long receivedAt)
    {
        if (!_held.TryAdd(packet, datagram, receivedAt + TestbedClock.Nanoseconds(packet.Delay)))
            Tell(packet with { Outcome = RelayOutcome.Overflow });
    }

    private void SendDue()
    {
        while (_held.NextDue <= TestbedClock.Elapsed && _held.TryTake(out var held, out var due))
        {
            var packet = held.Packet;
            if (_links[packet.Link].Out.Send(held.Datagram.AsSpan(0, packet.Bytes)))
            {
                // Taken after the call: the time that sending takes is the relay's error, too.
                var error = new TimeSpan((TestbedClock.Elapsed - due) / NanosecondsPerTick);
                _errorMs.Add(error.TotalMilliseconds);
                packet = packet with { Error = error };
                Tell(packet);
                _tap?.Invoke(packet, held.Datagram.AsSpan(0, packet.Bytes));
                foreach (var also in _links[packet.Link].Also) also.Send(held.Datagram.AsSpan(0, packet.Bytes));
            }
            else
            {
                Tell(packet with { Outcome = RelayOutcome.Refused });
            }

            HeldPackets.Return(held);
        }
    }

    private void Tell(in RelayedPacket packet)
    {
        _links[packet.Link].Counts.Add(packet.Outcome);
        _log?.Invoke(packet);
    }

    private static RelayOutcome OutcomeOf(FateKind fate) => fate switch
    {
        FateKind.Lost => RelayOutcome.Lost,
        FateKind.Burst => RelayOutcome.Burst,
        FateKind.Fade => RelayOutcome.Fade,
        FateKind.Queue => RelayOutcome.Queue,
        _ => RelayOutcome.Sent,
    };

    private sealed record OpenLink(TimedSocket In, Sender Out, Sender[] Also, LinkImpairment Impairment, LinkCounts Counts);
}
