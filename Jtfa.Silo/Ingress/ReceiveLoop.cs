using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Ingress;

/// <summary>
/// Reads one socket on a thread of its own: drains it, parses, rejects, finds each token's window, and calls each window once a
/// drain. It never waits for a window: tokens on their way are counted, and beyond a limit new ones are dropped and counted.
/// </summary>
internal sealed partial class ReceiveLoop : IDisposable
{
    // As long as a cluster may take to notice that a silo has died: its windows' tokens, and those of windows that only it could look
    // up, wait that long. What waits counts as pending.
    private static readonly TimeSpan s_longestResend = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_resendDelay = TimeSpan.FromMilliseconds(100);

    private readonly DatagramSocket _socket;
    private readonly SceneRoute _defaultScene;
    private readonly SceneRoutes _scenes;
    private readonly IGrainFactory _grains;
    private readonly IngressCounters _counters;
    private readonly PendingTokens _pending;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly WindowBatcher _batch;
    private readonly RejectSampler _sampler;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stopping;
    private double _lastTokenAt;
    private long _knownDrops;

    public ReceiveLoop(
        DatagramSocket socket, SceneRoute defaultScene, SceneRoutes scenes, IGrainFactory grains, IngressCounters counters,
        PendingTokens pending, int batchSize, TimeProvider clock, ILogger logger)
    {
        (_socket, _defaultScene, _scenes, _grains) = (socket, defaultScene, scenes, grains);
        (_counters, _pending, _clock, _logger) = (counters, pending, clock, logger);
        _batch = new WindowBatcher(batchSize);
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

    /// <summary>Ends the loop if it still runs: the socket's memory is its own until then.</summary>
    public void Dispose()
    {
        _stopping = true;
        if (_thread.IsAlive) _thread.Join();
        _socket.Dispose();
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever ends the loop is given to who waits for its end.")]
    private void Run()
    {
        try
        {
            while (!_stopping) Drain();
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
        var now = _clock.UnixSeconds();
        _counters.AddReceived(count);
        _counters.AddKernelDrops(_socket.KernelDrops - _knownDrops);
        _knownDrops = _socket.KernelDrops;
        for (var i = 0; i < count; i++)
        {
            if (Take(_socket.Datagram(i), now) is not RejectReason.None and var reason) Reject(reason, i);
        }

        if (_batch.Count > 0) Volatile.Write(ref _lastTokenAt, now);
        SendAll();
        _batch.Clear();
    }

    private RejectReason Take(ReadOnlySpan<byte> datagram, double now)
    {
        if (PacketCodec.TryParse(datagram, out var packet) is not RejectReason.None and var reason) return reason;
        var scene = packet.Scene.IsEmpty ? _defaultScene : _scenes.Find(packet.Scene);
        if (scene is null) return RejectReason.UnknownScene;
        if (packet.Values.Length != scene.Dimension) return RejectReason.DimensionMismatch;
        reason = scene.TryKey(packet, datagram.Length, now, out var decision, out var policy);
        if (reason == RejectReason.None) _batch.Add(scene, decision, policy, packet, _socket.Memory, datagram.Length, now);
        return reason;
    }

    private void Reject(RejectReason reason, int index)
    {
        var total = _counters.AddRejected(reason, 1);
        if (_sampler.IsDue(reason)) LogRejected(_socket.Datagram(index).Length, _socket.Source(index), reason, total);
    }

    // Counted once for the windows of a scene that follow one another: mostly, for the drain.
    private void SendAll()
    {
        var (counted, tokens) = (_defaultScene, 0);
        for (var i = 0; i < _batch.Count; i++)
        {
            var (scene, sent) = Send(i);
            if (scene != counted && tokens > 0)
            {
                IngressCounters.AddTokens(counted.Tag, tokens);
                tokens = 0;
            }

            (counted, tokens) = (scene, tokens + sent);
        }

        if (tokens > 0) IngressCounters.AddTokens(counted.Tag, tokens);
    }

    private (SceneRoute Scene, int Tokens) Send(int index)
    {
        var (scene, decision, policy, tokens) = _batch.Window(index);
        if (!_pending.TryAdd(tokens))
        {
            _counters.AddRejected(RejectReason.Overload, tokens);
            if (_sampler.IsDue(RejectReason.Overload)) LogOverload(_pending.Count);
            return (scene, 0);
        }

        var window = _grains.GetGrain<IFusionWindowGrain>(string.Create(CultureInfo.InvariantCulture, $"{scene.Name}/{decision}"));
        _ = DeliverAsync(window, new TokenBatch(policy, _batch.Pack(index, _socket.Memory)), tokens);
        return (scene, tokens);
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a window throws, its tokens are counted as undelivered.")]
    private async Task DeliverAsync(IFusionWindowGrain window, TokenBatch batch, int tokens)
    {
        try
        {
            await AddAsync(window, batch);
        }
        catch (Exception exception)
        {
            _counters.AddUndelivered(tokens);
            if (_sampler.IsDue(RejectReason.None)) LogUndelivered(exception, window.GetPrimaryKeyString(), _counters.Undelivered);
        }
        finally
        {
            _pending.Remove(tokens);
        }
    }

    // A call is rejected, not run, when it meets activations that end, or a silo that has died: it then goes to the next activation.
    private async Task AddAsync(IFusionWindowGrain window, TokenBatch batch)
    {
        var start = _clock.GetTimestamp();
        while (true)
        {
            try
            {
                await window.AddAsync(batch);
                return;
            }
            catch (OrleansMessageRejectionException) when (!_stopping && _clock.GetElapsedTime(start) < s_longestResend)
            {
                await Task.Delay(s_resendDelay, _clock);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Rejected a datagram of {Bytes} bytes from {Source}: {Reason} ({Total} so far for this reason)")]
    private partial void LogRejected(int bytes, IPEndPoint? source, RejectReason reason, long total);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Tokens are dropped: {Pending} are on their way to windows already")]
    private partial void LogOverload(long pending);

    [LoggerMessage(Level = LogLevel.Error, Message = "Window {Window} did not take its tokens ({Total} tokens so far)")]
    private partial void LogUndelivered(Exception exception, string window, long total);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The ingress on {EndPoint} failed")]
    private partial void LogFailed(Exception exception, IPEndPoint endPoint);
}
