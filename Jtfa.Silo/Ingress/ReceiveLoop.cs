using System.Diagnostics.CodeAnalysis;
using System.Net;
using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo.Time;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Ingress;

/// <summary>
/// Reads one socket on a thread of its own: drains it, parses, rejects, finds each token's window, and sends each lane what it has for it
/// once a drain. It never waits for a lane: tokens on their way are counted, and beyond a limit new ones are dropped and counted.
/// </summary>
internal sealed partial class ReceiveLoop : IDisposable
{
    private readonly DatagramSocket _socket;
    private readonly SceneRoute _defaultScene;
    private readonly SceneRoutes _scenes;
    private readonly SiloAddress? _silo;
    private readonly IngressCounters _counters;
    private readonly TimeProvider _clock;
    private readonly WallClock _wall;
    private readonly ILogger _logger;
    private readonly LaneBatches _batches;
    private readonly RejectSampler _sampler;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stopping;
    private double _lastTokenAt;
    private long _knownDrops;

    public ReceiveLoop(
        DatagramSocket socket, SceneRoute defaultScene, SceneRoutes scenes, SiloAddress? silo, IngressCounters counters,
        int batchSize, TimeProvider clock, WallClock wall, ILogger logger)
    {
        (_socket, _defaultScene, _scenes, _silo) = (socket, defaultScene, scenes, silo);
        (_counters, _clock, _wall, _logger) = (counters, clock, wall, logger);
        _batches = new LaneBatches(batchSize * (1 + EarlierTokens.Most));
        _sampler = new RejectSampler(clock);
        _thread = new Thread(Run) { IsBackground = true, Name = $"jtfa ingress {socket.LocalEndPoint.Port}" };
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => _socket.LocalEndPoint;

    /// <summary>When it last took a token that it did not reject, seconds since 1970; 0 before that.</summary>
    public double LastTokenAt => Volatile.Read(ref _lastTokenAt);

    /// <summary>Completes when the loop has ended; faulted if its socket failed.</summary>
    public Task Ended => _ended.Task;

    public void Start() => _thread.Start();

    /// <summary>Asks it to end; it does within <see cref="DatagramSocket.Wait"/>.</summary>
    public Task StopAsync()
    {
        _stopping = true;
        return Ended;
    }

    /// <summary>Ends the loop if it still runs; until then it uses the socket's memory.</summary>
    public void Dispose()
    {
        _stopping = true;
        if (_thread.IsAlive) _thread.Join();
        _socket.Dispose();
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever ends the loop faults Ended.")]
    private void Run()
    {
        try
        {
            ShortSleep.Prepare();
            var pacer = new DrainPacer();
            while (!_stopping)
            {
                Drain();
                pacer.Pace();
            }

            TakeWaiting();
            _socket.Dispose();
            _ended.SetResult();
        }
        catch (Exception exception)
        {
            LogFailed(exception, EndPoint);
            _ended.SetException(exception);
        }
    }

    // What the kernel has taken is taken here too. Then the socket closes at once: senders are told that nobody listens any more, and
    // move on to another gateway.
    private void TakeWaiting()
    {
        var start = _clock.GetTimestamp();
        while (_socket.HasWaiting && _clock.GetElapsedTime(start) < DatagramSocket.Wait) Drain();
    }

    private void Drain()
    {
        var count = _socket.Receive();
        if (count == 0) return;
        var now = _wall.Now();
        var epoch = _scenes.ClockEpoch; // read after the clock, which may have been set back
        _counters.AddReceived(count);
        _counters.AddKernelDrops(_socket.KernelDrops - _knownDrops);
        _knownDrops = _socket.KernelDrops;
        for (var i = 0; i < count; i++)
        {
            if (Take(i, now) is not RejectReason.None and var reason) Reject(reason, i, now);
        }

        if (_batches.Count == 0) return;
        Volatile.Write(ref _lastTokenAt, now);
        for (var i = 0; i < _batches.Count; i++) Send(i, now, epoch);
        _batches.Clear();
    }

    private RejectReason Take(int index, double now)
    {
        var datagram = _socket.Datagram(index);
        var reason = DatagramCodec.TryParse(datagram, _socket.Room(index), now, out var packet);
        if (reason != RejectReason.None) return reason;
        var scene = SceneOf(packet);
        if (scene is null) return RejectReason.UnknownScene;
        if (packet.Values.Length != scene.Dimension) return RejectReason.DimensionMismatch;
        Span<byte> receipt = stackalloc byte[ReceiptCodec.MaxBytes];
        reason = scene.TryKey(packet, datagram, now, receipt[..Math.Min(receipt.Length, datagram.Length)], out var route);

        // A receipt is never longer than its token: a forged source address must not make this gateway send more than the forger sends.
        if (route.ReceiptBytes > 0 && route.ReceiptBytes <= datagram.Length) _socket.Answer(index, receipt[..route.ReceiptBytes]);
        if (reason != RejectReason.None) return reason;
        if (route.Lane is { } lane) _batches.Add(lane, route.Decision, route.Policy, packet, _socket.Memory, datagram.Length, now);
        AddHeld(scene, route);
        if (!packet.Earlier.IsEmpty) TakeEarlier(scene, packet, now);
        return reason;
    }

    // A name counts before an index, and without both it is the port's scene.
    private SceneRoute? SceneOf(in TokenPacket packet)
    {
        if (!packet.Scene.IsEmpty) return _scenes.Find(packet.Scene);
        return packet.SceneIndex == 0 ? _defaultScene : _scenes.Find(packet.SceneIndex);
    }

    // The datagram's bytes are those of its own token.
    private void TakeEarlier(SceneRoute scene, in TokenPacket packet, double now)
    {
        var tokens = new EarlierTokens(packet);
        while (tokens.TryNext(out var token))
        {
            if (!scene.TryKeyEarlier(token, now, out var route)) continue;
            _batches.Add(route.Lane!, route.Decision, route.Policy, token, _socket.Memory, 0, now);
            AddHeld(scene, route);
        }
    }

    private void AddHeld(SceneRoute scene, in TokenRoute route)
    {
        if (route.Held is not { Length: > 0 } held) return;
        foreach (var token in held) _batches.Add(route.Lane!, route.Decision, route.Policy, token);
        IngressCounters.AddHeld(scene.Tag, held.Length);
    }

    private void Reject(RejectReason reason, int index, double now)
    {
        var total = _counters.AddRejected(reason, 1);
        if (!_sampler.IsDue(reason)) return;
        LogRejected(
            _socket.Datagram(index).Length, _socket.Source(index)?.ToString() ?? "an unknown sender", reason, Explain(reason, index, now),
            total);
    }

    // What the one datagram that is told of has wrong: reading it once more costs less than to note it of each.
    private string Explain(RejectReason reason, int index, double now)
    {
        var datagram = _socket.Datagram(index);
        if (DatagramCodec.TryParse(datagram, _socket.Room(index), now, out var packet) != RejectReason.None)
            return PacketFault.Describe(datagram);
        var scene = SceneOf(packet);
        if (scene is null && packet.Scene.IsEmpty) return $"no scene is configured here with Index {packet.SceneIndex}";
        if (scene is null) return $"scene {PacketFault.Quote(packet.Scene)} is not configured here";
        return packet.Values.Length != scene.Dimension
            ? $"q has {packet.Values.Length} values, those of scene {scene.Name} are {scene.Dimension}"
            : scene.Explain(reason, packet, now);
    }

    private void Send(int index, double now, int epoch)
    {
        var (lane, policy, tokens) = _batches[index];
        var scene = lane.Scene;
        if (!scene.Pending.TryAdd(tokens) && !HasRoomAfterDropping(scene, tokens, now))
        {
            CountOverload(scene, tokens);
            return;
        }

        IngressCounters.AddTokens(scene.Tag, tokens);
        lane.Send(new TokenBatch(policy, _batches.Pack(index, _socket.Memory), _silo, epoch), tokens);
    }

    // Drops tokens that can no longer be decided in time before those that can.
    private bool HasRoomAfterDropping(SceneRoute scene, int tokens, double now)
    {
        if (scene.DropOverdue(now) is not (> 0 and var dropped)) return false;
        CountOverload(scene, dropped);
        return scene.Pending.TryAdd(tokens);
    }

    private void CountOverload(SceneRoute scene, int tokens)
    {
        _counters.AddRejected(RejectReason.Overload, tokens);
        if (_sampler.IsDue(RejectReason.Overload)) LogOverload(scene.Name, scene.Pending.Count);
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Rejected a datagram of {Bytes} bytes from {Source}: {Reason}, {Detail} ({Total} so far for this reason)")]
    private partial void LogRejected(int bytes, string source, RejectReason reason, string detail, long total);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "Tokens of scene {Scene} are dropped: {Pending} are on their way to its lanes already")]
    private partial void LogOverload(string scene, long pending);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The ingress on {EndPoint} failed")]
    private partial void LogFailed(Exception exception, IPEndPoint endPoint);
}
