using System.Text;
using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Silo.Cameras.Sources;
using Jtfa.Silo.Cameras.Vision;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Cameras;

/// <summary>
/// One camera at work: at each tick of its schedule frame → view → backbone → token → encoding → datagram, one after another in one
/// loop on the thread pool. Starts when made, ends when its source is exhausted or when it is disposed. After a fault that may pass it
/// tries its source again for ever, ever more rarely; <see cref="CameraOptions.TriesEveryFaultAgain"/> says what other faults do.
/// </summary>
public sealed class CameraPipeline : ICameraPipeline
{
    // A model whose last frames all gave numbers that are not finite is at fault: so many frames, and for so long.
    private const int BadFrames = 10;
    private static readonly TimeSpan s_badTime = TimeSpan.FromSeconds(10);

    private readonly CameraConfig _config;
    private readonly VisionModels _models;
    private readonly CameraOptions _options;
    private readonly IGatewayDirectory _gateways;
    private readonly CameraIdentities _identities;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly CameraMetrics _metrics;
    private readonly CameraOutage _outage;
    private readonly CameraPicture? _picture;
    private readonly LeftOutFrames _damaged;
    private readonly LeftOutFrames _notFinite;
    private CaptureSchedule? _schedule;
    private TokenSender? _sender;
    private string? _fault;
    private long _sequence;
    private long _sent;
    private long _copies;
    private long _unsent;
    private long _bytes;
    private long _prepareTicks; // of TimeSpan, over all sent tokens
    private int _disposed;

    /// <summary>Starts capturing on the thread pool, whatever scheduler the caller runs on.</summary>
    /// <param name="config">The camera; a fault in it ends the pipeline, not this call.</param>
    /// <param name="models">The process's loaded models.</param>
    /// <param name="options">The process's camera options.</param>
    /// <param name="gateways">Knows where its tokens go.</param>
    /// <param name="identities">Knows its key.</param>
    /// <param name="time">All clocks and timers.</param>
    /// <param name="logger">Logs start, end and faults.</param>
    internal CameraPipeline(
        CameraConfig config, VisionModels models, CameraOptions options, IGatewayDirectory gateways, CameraIdentities identities,
        TimeProvider time, ILogger logger)
    {
        _config = config;
        _models = models;
        _options = options;
        _gateways = gateways;
        _identities = identities;
        _time = time;
        _logger = logger;
        _metrics = new CameraMetrics(config);
        _picture = config.Pictures ? new CameraPicture(time) : null;
        _outage = new CameraOutage(config, _metrics, time, logger);
        _damaged = new LeftOutFrames(config, LeftOutReason.Damaged, _metrics, time, logger);
        _notFinite = new LeftOutFrames(config, LeftOutReason.NotFinite, _metrics, time, logger);
        Completion = Task.Run(RunAsync);
    }

    /// <inheritdoc/>
    public Task Completion { get; }

    /// <summary>Attempts to send that failed, and failed lookups of the gateway.</summary>
    public long SendFailures => Volatile.Read(ref _sender)?.Failures ?? 0;

    /// <summary>Tokens of which its gateway has told whether they came, and those that did; 0 where it tells nothing.</summary>
    public (long Known, long Arrived) Delivered => Volatile.Read(ref _sender)?.Delivered is { } delivered
        ? (delivered.Known, delivered.Arrived)
        : (0, 0);

    /// <inheritdoc/>
    public CameraStatus Status
    {
        get
        {
            var sent = Interlocked.Read(ref _sent);
            return new CameraStatus
            {
                Running = !Completion.IsCompleted,
                Sent = sent,
                Missed = Volatile.Read(ref _schedule)?.Missed ?? 0,
                Unsent = Interlocked.Read(ref _unsent),
                Copies = Interlocked.Read(ref _copies),
                Bytes = Interlocked.Read(ref _bytes),
                MeanPrepareMs = sent == 0 ? 0 : TimeSpan.FromTicks(Interlocked.Read(ref _prepareTicks) / sent).TotalMilliseconds,
                Fault = Volatile.Read(ref _fault) ?? _outage.Fault,
                LeftOut = _damaged.Count + _notFinite.Count,
                Config = _config.WithoutSecrets(),
            };
        }
    }

    /// <inheritdoc/>
    public Task<byte[]?> GetPictureAsync(CancellationToken cancellationToken) =>
        _picture is { } picture ? Task.Run(picture.Get, cancellationToken) : Task.FromResult<byte[]?>(null);

    /// <summary>Stops capture and waits for its end; a fault is not thrown here, but by <see cref="Completion"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) await _stop.CancelAsync();
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await KeepCapturingAsync(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed: that is a normal end.
        }
        catch (CameraFaultException e)
        {
            Volatile.Write(ref _fault, e.Message);
            CameraLog.Faulted(_logger, _config.Scene, _config.Camera, e.Message);
            throw;
        }
        catch (Exception e)
        {
            Volatile.Write(ref _fault, e.Message.ReplaceLineEndings(" "));
            CameraLog.Broke(_logger, e, _config.Scene, _config.Camera);
            throw;
        }
        finally
        {
            _outage.NoteEnd();
        }
        CameraLog.Ended(_logger, _config.Scene, _config.Camera, _sent, _schedule?.Missed ?? 0);
    }

    /// <summary>Captures until the source is exhausted. What a fault that may pass leaves whole is kept for the next try.</summary>
    private async Task KeepCapturingAsync(CancellationToken cancellationToken)
    {
        CameraEquipment? equipment = null;
        try
        {
            while (true)
            {
                try
                {
                    equipment ??= await EquipAsync(cancellationToken);
                    await CaptureAsync(equipment, cancellationToken);
                    return;
                }
                catch (Exception e) when (IsTriedAgain(e, cancellationToken))
                {
                    if (e is not CameraFaultException { MayPass: true })
                    {
                        if (equipment is not null) await equipment.DisposeAsync();
                        equipment = null;
                    }
                    await Task.Delay(_outage.Note(e), _time, cancellationToken);
                }
            }
        }
        finally
        {
            if (equipment is not null) await equipment.DisposeAsync();
        }
    }

    private bool IsTriedAgain(Exception fault, CancellationToken cancellationToken) =>
        !cancellationToken.IsCancellationRequested
        && (_options.TriesEveryFaultAgain || fault is CameraFaultException { MayPass: true });

    private void CheckConfig()
    {
        var faults = _config.Faults().ToList();
        if (_config.RateHz is > 0 and < CaptureSchedule.MinRateHz)
            faults.Add($"RateHz={_config.RateHz}: allowed is {CaptureSchedule.MinRateHz} … {CaptureSchedule.MaxRateHz}");
        if (Encoding.UTF8.GetByteCount(_config.Scene) > TokenPacket.MaxSceneBytes)
            faults.Add($"Scene='{_config.Scene}': allowed are up to {TokenPacket.MaxSceneBytes} bytes");
        if (faults.Count > 0) throw new CameraFaultException($"Camera '{_config.Camera}': {string.Join("; ", faults)}");
    }

    private async Task<CameraEquipment> EquipAsync(CancellationToken cancellationToken)
    {
        CheckConfig();
        var model = FrameSources.GivesFrames(_config.Source.Kind)
            ? _models.Acquire(_config.Model.Length > 0 ? _config.Model : _options.ModelFolder)
            : null;
        CameraIdentity? identity = null;
        TokenSender? sender = null;
        try
        {
            identity = _identities.Next(_config);
            sender = new TokenSender(_config, _gateways, _time, _logger, identity);
            await sender.OpenAsync(cancellationToken);
            var equipment = new CameraEquipment(_config, model, identity, sender, _time, NoteCopy);
            Volatile.Write(ref _sender, sender);
            if (_schedule is not null) return equipment;
            Volatile.Write(ref _schedule, new CaptureSchedule(_time, _config.RateHz));
            CameraLog.Capturing(_logger, _config.Scene, _config.Camera, _config.View, _config.Source.Kind,
                Secrets.Mask(_config.Source.Path), _config.RateHz, _config.Encoding, string.Join(", ", _gateways.GatewaysFor(_config)));
            return equipment;
        }
        catch
        {
            sender?.Dispose();
            identity?.Dispose();
            model?.Dispose();
            throw;
        }
    }

    /// <summary>Captures until the source is exhausted.</summary>
    private async Task CaptureAsync(CameraEquipment equipment, CancellationToken cancellationToken)
    {
        var schedule = _schedule!;
        await using var source = await FrameSources.OpenAsync(_config, equipment.Shape, _options, _time, _logger, cancellationToken);
        var (known, bad, badSince) = (0L, 0, 0L);
        var standing = new StandingFrame(_time);
        var (last, token) = (default(Sample), default(ReadOnlyMemory<float>));
        try
        {
            while (true)
            {
                var tick = await schedule.NextAsync(cancellationToken);
                if (standing.Stands && !source.HasNext)
                {
                    await SendAsync(equipment, last, token, tick, cancellationToken);
                    continue;
                }

                if (await source.NextAsync(tick, cancellationToken) is not { } sample) return;
                NoteDamaged();
                if (equipment.TryMakeToken(sample, tick, out token))
                {
                    (bad, last) = (0, sample);
                    standing.Take(sample.TakenAt);
                    await SendAsync(equipment, sample, token, tick, cancellationToken);
                    _outage.NoteToken();
                    if (equipment.Seen is { } seen) _picture?.Offer(seen);
                }
                else
                {
                    standing.Drop();
                    _notFinite.Add(1);
                    if (bad++ == 0) badSince = _time.GetTimestamp();
                    if (bad >= BadFrames && _time.GetElapsedTime(badSince) >= s_badTime) throw equipment.NotFinite(source.IsLive);
                }
            }
        }
        finally
        {
            NoteDamaged();
        }

        void NoteDamaged()
        {
            var damaged = source.DamagedFrames;
            _damaged.Add(damaged - known);
            known = damaged;
        }
    }

    private async Task SendAsync(
        CameraEquipment equipment, Sample sample, ReadOnlyMemory<float> token, long tick, CancellationToken cancellationToken)
    {
        if (!equipment.IsDue(token.Span))
        {
            Interlocked.Increment(ref _unsent);
            _metrics.CountUnsent();
            _metrics.CountTo(_schedule!.Missed, equipment.Sender.Failures);
            return;
        }

        var inferred = _time.GetUtcNow();
        var moment = MomentOf(sample.TakenAt.Utc, tick, inferred);
        var sequence = NextSequence(tick);
        var datagram = equipment.Write(sample, token.Span, tick, (moment, _schedule!.DueAt(moment)), sequence);
        if (await equipment.Sender.SendAsync(datagram, sequence, cancellationToken))
        {
            TokenSpan.Record(_config, moment, sequence, _schedule.DueAt(tick), sample.TakenAt.Utc, inferred, _time.GetUtcNow());
            _metrics.CountSent(NoteSent(sample.TakenAt, datagram.Length));
            equipment.NoteSent(token.Span);
            equipment.SendCopyLater();
        }

        _metrics.CountTo(_schedule.Missed, equipment.Sender.Failures);
    }

    // Version 2 derives the seed of a token from its sequence number. So that no run of the camera uses one again, the number begins at
    // that of the tick, of which as many bits are taken as leave room for years.
    private long NextSequence(long tick)
    {
        if (_sequence == 0 && _config.WireVersion == 2) _sequence = tick & int.MaxValue;
        return _sequence++;
    }

    // The tick that asked for the frame; where the frame came only after later ticks, the last of these. No tick that is still to come: the
    // clock was set back since it asked.
    private long MomentOf(DateTimeOffset takenAt, long tick, DateTimeOffset now) =>
        Math.Min(Math.Max(tick, _schedule!.LastTickUntil(takenAt)), _schedule.LastTickUntil(now));

    private void NoteCopy(int bytes)
    {
        Interlocked.Add(ref _bytes, bytes);
        Interlocked.Increment(ref _copies);
        _metrics.CountCopy();
    }

    /// <summary>Counts a token; returns how long it took from its capture.</summary>
    private TimeSpan NoteSent(CaptureTime takenAt, int bytes)
    {
        var prepare = _time.GetElapsedTime(takenAt.Timestamp);
        Interlocked.Add(ref _prepareTicks, prepare.Ticks);
        Interlocked.Add(ref _bytes, bytes);
        Interlocked.Increment(ref _sent);
        return prepare;
    }
}
