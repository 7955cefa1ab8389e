using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OpenTelemetry;

namespace Jtfa.Silo.Telemetry;

/// <summary>
/// Appends every sampled span to a file, one JSON line each (<see cref="SpanLines"/>). Whoever ends a span only puts it into a queue;
/// what a full queue or a failing disk leaves out is counted, and told once at the end.
/// </summary>
internal sealed partial class SpanFile : BaseProcessor<Activity>, IAsyncDisposable
{
    // Spans that may wait for a write: one every 0.2 s, so 80,000 spans a second.
    private const int MaxWaiting = 16_384;
    private const int MaxBufferedBytes = 1 << 16;

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(0.2);

    private readonly string _path;
    private readonly Channel<Activity> _ended;
    private readonly PeriodicTimer _timer;
    private readonly ILogger _logger;
    private readonly Task _writing;
    private long _leftOut;
    private string? _fault;

    /// <summary>Opens the file, and writes from now on.</summary>
    /// <param name="path">It is made where there is none; its folder is there.</param>
    /// <param name="time">Spaces the writes.</param>
    /// <param name="logger">Logs at the end what was left out.</param>
    /// <param name="maxWaiting">Spans that wait to be written; more are left out.</param>
    /// <exception cref="InvalidDataException">The file cannot be written, or somebody else writes it.</exception>
    public SpanFile(string path, TimeProvider time, ILogger logger, int maxWaiting = MaxWaiting)
    {
        var file = Open(path);
        _path = path;
        _logger = logger;
        _ended = Channel.CreateBounded<Activity>(new BoundedChannelOptions(maxWaiting) { SingleReader = true });
        _timer = new PeriodicTimer(s_interval, time);
        _writing = Task.Run(() => WriteAsync(file));
    }

    /// <inheritdoc />
    public override void OnEnd(Activity data)
    {
        if (data.Recorded && !_ended.Writer.TryWrite(data)) Interlocked.Increment(ref _leftOut);
    }

    /// <summary>Writes what waits, closes the file, and tells what was left out.</summary>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        await _writing;
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        // The writer then ends by itself: a synchronous Dispose cannot wait for it.
        if (disposing && _ended.Writer.TryComplete()) _timer.Dispose();
        base.Dispose(disposing);
    }

    private static FileStream Open(string path)
    {
        FileStream? file = null;
        try
        {
            OwnFile.MakeIfMissing(path);
            file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);

            // Others may read. On Unix, FileShare keeps no other writer out; this lock keeps out those of other processes.
            if (!OperatingSystem.IsMacOS()) file.Lock(0, long.MaxValue);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            file?.Dispose();
            throw new InvalidDataException(
                $"The span file '{path}' cannot be opened ({e.Message}): name another, in a folder that is there", e);
        }
    }

    private async Task WriteAsync(FileStream file)
    {
        await using (file)
        {
            using var lines = new SpanLines();
            while (await _timer.WaitForNextTickAsync()) await DrainAsync(lines, file);
            await DrainAsync(lines, file);
        }

        if (Interlocked.Read(ref _leftOut) is > 0 and var leftOut)
            LogLeftOut(leftOut, _path, _fault ?? "more ended at once than could be written");
    }

    private async Task DrainAsync(SpanLines lines, FileStream file)
    {
        while (_ended.Reader.TryRead(out var span))
        {
            lines.Add(span);
            if (lines.Bytes.Length >= MaxBufferedBytes) await FlushAsync(lines, file);
        }

        if (lines.Count > 0) await FlushAsync(lines, file);
    }

    private async Task FlushAsync(SpanLines lines, FileStream file)
    {
        try
        {
            // After a fault a line may be cut short: what would follow it could not be read.
            if (_fault is null) await file.WriteAsync(lines.Bytes);
        }
        catch (IOException e)
        {
            _fault = e.Message;
        }

        if (_fault is not null) Interlocked.Add(ref _leftOut, lines.Count);
        lines.Clear();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} spans are not in {File}: {Reason}")]
    private partial void LogLeftOut(long count, string file, string reason);
}
