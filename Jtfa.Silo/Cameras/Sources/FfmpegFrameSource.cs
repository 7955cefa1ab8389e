using System.Threading.Channels;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Cameras.Sources;

/// <summary>
/// Any input of ffmpeg: a V4L2 camera, an RTSP stream, a file. A reader empties ffmpeg's pipe and keeps the newest frame only, so
/// that there is never a backlog; a tick takes it, or, when the last tick has taken it already, the next frame to come. A frame's
/// time is when its last byte came out of ffmpeg. Only a regular file ends well; the end of any other input is a fault that may pass, as is
/// an input that gives no frame for too long.
/// </summary>
public sealed class FfmpegFrameSource : IFrameSource
{
    private const int FirstSignal = 128; // .NET's exit code of a process that a signal ended is 128 + the signal's number
    private const int LastSignal = FirstSignal + 31;

    private readonly FfmpegProcess _process;
    private readonly SourceInput _input;
    private readonly FrameShape _shape;
    private readonly TimeProvider _time;
    private readonly TimeSpan _stallTimeout;
    private readonly ITimer _stall;
    private readonly Channel<(Frame Frame, CaptureTime TakenAt)> _newest;
    private readonly Channel<Frame> _free;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;
    private Frame? _taken;

    private FfmpegFrameSource(FfmpegProcess process, SourceInput input, FrameShape shape, TimeSpan stallTimeout, TimeProvider time)
    {
        _process = process;
        _input = input;
        _shape = shape;
        _time = time;
        _stallTimeout = stallTimeout;
        _free = Channel.CreateUnbounded<Frame>();
        _newest = Channel.CreateBounded<(Frame Frame, CaptureTime TakenAt)>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest },
            dropped => _free.Writer.TryWrite(dropped.Frame));
        _stall = time.CreateTimer(_ => _newest.Writer.TryComplete(Stalled()), null, stallTimeout, Timeout.InfiniteTimeSpan);
        _reading = ReadAsync(_stop.Token);
    }

    /// <summary>Operating system's number of the ffmpeg process.</summary>
    public int ProcessId => _process.Id;

    /// <inheritdoc/>
    public bool IsLive => _input.IsLive;

    /// <inheritdoc/>
    public bool HasNext => _newest.Reader.TryPeek(out _) || _newest.Reader.Completion.IsCompleted;

    /// <inheritdoc/>
    public long DamagedFrames => _process.DamagedFrames;

    /// <summary>
    /// Starts ffmpeg. A regular file is played whole, at its own speed. Any other input counts as live, and its newest frame is what
    /// matters; those that ffmpeg looks at when it opens it are lost. Cover pictures are no film, and damaged frames are left out.
    /// </summary>
    /// <param name="source">The input, its options, and how long it may give no frame.</param>
    /// <param name="shape">Size that ffmpeg scales to.</param>
    /// <param name="options">The ffmpeg program.</param>
    /// <param name="time">Tells when a frame came.</param>
    /// <param name="cancellationToken">Ends starting.</param>
    /// <exception cref="CameraFaultException">ffmpeg cannot be started, or a quote in the options is not closed.</exception>
    public static async Task<FfmpegFrameSource> StartAsync(
        FrameSourceConfig source, FrameShape shape, CameraOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var input = SourceInput.Of(source);
        string[] arguments =
            [.. input.Arguments, "-map", "0:V:0", "-vf", FfmpegProcess.ScaleFilter(shape), .. FfmpegProcess.RawOutput(shape)];
        var process = await FfmpegProcess.StartAsync(options.Ffmpeg, arguments, cancellationToken);
        return new FfmpegFrameSource(process, input, shape, TimeSpan.FromMilliseconds(source.StallTimeout), time);
    }

    /// <inheritdoc/>
    public async ValueTask<Sample?> NextAsync(long tick, CancellationToken cancellationToken)
    {
        if (_taken is not null) _free.Writer.TryWrite(_taken);
        _taken = null;
        if (!await _newest.Reader.WaitToReadAsync(cancellationToken)) return null;
        (_taken, var takenAt) = await _newest.Reader.ReadAsync(cancellationToken);
        return new Sample(takenAt, -1, _taken, default);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _stall.DisposeAsync();
        await _process.StopAsync();
        await _reading;
        await _process.DisposeAsync();
        _stop.Dispose();
    }

    /// <summary>Runs until ffmpeg's output ends; what went wrong reaches the consumer through the channel, after the last frame.</summary>
    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var frames = 0L;
            while (await ReadFrameAsync(cancellationToken)) frames++;
            var (exitCode, reason) = await _process.WaitAsync(cancellationToken);
            _newest.Writer.TryComplete(FaultOf(exitCode, reason, frames));
        }
        catch (OperationCanceledException)
        {
            _newest.Writer.TryComplete(); // the source is being disposed: nobody reads on
        }
        catch (CameraFaultException e)
        {
            _newest.Writer.TryComplete(e);
        }
        catch (IOException e)
        {
            _newest.Writer.TryComplete(
                new CameraFaultException($"The pipe from ffmpeg on '{_input.Path}' broke ({e.Message})", e) { MayPass = true });
        }
    }

    private async ValueTask<bool> ReadFrameAsync(CancellationToken cancellationToken)
    {
        if (!_free.Reader.TryRead(out var frame)) frame = new Frame(_shape);
        var got = await _process.Output.ReadAtLeastAsync(frame.Pixels, frame.Pixels.Length, throwOnEndOfStream: false, cancellationToken);
        if (got < frame.Pixels.Length) return false;
        _stall.Change(_stallTimeout, Timeout.InfiniteTimeSpan);

        // False where the input had stalled: its fault is told, and ffmpeg will be ended.
        return _newest.Writer.TryWrite((frame, CaptureTime.Now(_time)));
    }

    private CameraFaultException Stalled() => new(
        $"ffmpeg gave no frame of '{_input.Path}' for {_stallTimeout.TotalSeconds:0.#} s{OfDamaged()}: see that the camera or stream runs")
    {
        MayPass = true,
    };

    private CameraFaultException? FaultOf(int exitCode, string reason, long frames)
    {
        if (exitCode == 0 && frames > 0 && !IsLive) return null;

        // ffmpeg mostly begins with the input's name, which stands in the message already.
        var said = reason.Length == 0 ? "" : $": {reason.Replace($"{_input.Path}: ", "", StringComparison.Ordinal)}";
        var message = (exitCode, frames) switch
        {
            (0, 0) when !IsLive => $"ffmpeg found no frame in '{_input.Path}'{said}{OfDamaged()} (check Source.Path)",
            (0, _) => $"The live input '{_input.Path}' ended{said}",
            _ => $"ffmpeg on '{_input.Path}' ended with exit code {exitCode}{said} (check Source.Path and Source.InputOptions)",
        };
        return new CameraFaultException(message) { MayPass = IsLive || exitCode is > FirstSignal and <= LastSignal };
    }

    private string OfDamaged() => DamagedFrames > 0 ? $" ({DamagedFrames} were too damaged)" : "";
}
