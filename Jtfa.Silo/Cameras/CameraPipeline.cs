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
/// loop on the thread pool. Starts when made, ends when its source is exhausted, when it is disposed, or with a fault.
/// </summary>
public sealed class CameraPipeline : ICameraPipeline
{
    private readonly CameraConfig _config;
    private readonly VisionModels _models;
    private readonly CameraOptions _options;
    private readonly IGatewayDirectory _gateways;
    private readonly CameraIdentities _identities;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly byte[] _scene;
    private readonly byte[] _datagram = new byte[TokenPacket.MaxDatagramBytes];
    private CaptureSchedule? _schedule;
    private TokenSender? _sender;
    private string? _fault;
    private long _sent;
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
        _scene = Encoding.UTF8.GetBytes(config.Scene);
        Completion = Task.Run(RunAsync);
    }

    /// <inheritdoc/>
    public Task Completion { get; }

    /// <summary>Attempts to send that failed, and failed lookups of the gateway.</summary>
    public long SendFailures => Volatile.Read(ref _sender)?.Failures ?? 0;

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
                Bytes = Interlocked.Read(ref _bytes),
                MeanPrepareMs = sent == 0 ? 0 : TimeSpan.FromTicks(Interlocked.Read(ref _prepareTicks) / sent).TotalMilliseconds,
                Fault = Volatile.Read(ref _fault),
                Config = _config,
            };
        }
    }

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
            CheckConfig();
            await CaptureAsync(_stop.Token);
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
        CameraLog.Ended(_logger, _config.Scene, _config.Camera, _sent, _schedule?.Missed ?? 0);
    }

    private void CheckConfig()
    {
        var faults = _config.Faults().ToList();
        if (_config.RateHz is > 0 and < CaptureSchedule.MinRateHz)
            faults.Add($"RateHz={_config.RateHz}: allowed is {CaptureSchedule.MinRateHz} … {CaptureSchedule.MaxRateHz}");
        if (_scene.Length > TokenPacket.MaxSceneBytes)
            faults.Add($"Scene='{_config.Scene}': allowed are up to {TokenPacket.MaxSceneBytes} bytes");
        if (faults.Count > 0) throw new CameraFaultException($"Camera '{_config.Camera}': {string.Join("; ", faults)}");
    }

    private async Task CaptureAsync(CancellationToken cancellationToken)
    {
        var framed = FrameSources.GivesFrames(_config.Source.Kind);
        using var lease = framed ? _models.Acquire(_config.Model.Length > 0 ? _config.Model : _options.ModelFolder) : null;
        using var extractor = lease?.Model.CreateExtractor();
        var transformer = _config.Source.Transform is { } transform ? new ViewTransformer(transform, _config.View) : null;
        await using var source = await FrameSources.OpenAsync(
            _config, lease?.Model.Shape ?? default, _options, _time, _logger, cancellationToken);
        using var identity = _identities.Next(_config);
        using var sender = new TokenSender(_config, _gateways, _time, _logger, identity);
        await sender.OpenAsync(cancellationToken);
        var schedule = new CaptureSchedule(_time, _config.RateHz);
        var metrics = new CameraMetrics(_config);
        Volatile.Write(ref _sender, sender);
        Volatile.Write(ref _schedule, schedule);
        CameraLog.Capturing(_logger, _config.Scene, _config.Camera, _config.View, _config.Source.Kind, _config.Source.Path,
            _config.RateHz, _config.Encoding, string.Join(", ", _gateways.GatewaysFor(_config)));

        for (var sequence = 0L; ; sequence++)
        {
            var tick = await schedule.NextAsync(cancellationToken);
            if (await source.NextAsync(tick, cancellationToken) is not { } sample) return;
            var token = sample.Frame is { } frame && extractor is not null
                ? extractor.Extract(transformer?.Apply(frame, tick) ?? frame)
                : sample.Token;
            var inferred = _time.GetUtcNow();
            var moment = schedule.NearestTick(sample.TakenAt.Utc);
            var length = Encode(sample, token.Span, tick, moment, sequence, identity?.Epoch);
            identity?.Sign(_datagram.AsSpan(0, length));
            if (await sender.SendAsync(_datagram.AsMemory(0, length), sequence, cancellationToken))
            {
                TokenSpan.Record(_config, moment, sequence, schedule.DueAt(tick), sample.TakenAt.Utc, inferred, _time.GetUtcNow());
                metrics.CountSent(NoteSent(sample.TakenAt, length));
            }

            metrics.CountTo(schedule.Missed, sender.Failures);
        }
    }

    /// <summary>Writes the packet of a token into the datagram buffer; returns its length.</summary>
    private int Encode(in Sample sample, ReadOnlySpan<float> token, long tick, long moment, long sequence, uint? epoch)
    {
        // The seed depends on the tick, not on the sequence, which restarts with the camera: so no seed is used twice.
        var seed = (uint)SampleOrder.Seed(_config.View, tick);
        Span<sbyte> values = stackalloc sbyte[token.Length];
        var scale = TokenCodec.Encode(token, _config.Encoding, seed, values);
        return PacketCodec.Write(
            new TokenPacket
            {
                Timestamp = sample.TakenAt.UnixSeconds,
                View = _config.View,
                Encoding = _config.Encoding,
                Seed = seed,
                Scale = scale,
                Values = values,
                Label = sample.Label,
                Scene = _scene,
                DecisionId = moment, // not the tick: a frame of a live input may come long after it
                Sequence = sequence,
                Epoch = epoch,
            },
            _datagram);
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
