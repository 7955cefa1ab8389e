using System.Net;
using Jtfa.Testbed.Sockets;

namespace Jtfa.Testbed.Traces;

/// <summary>When a recording ends by itself.</summary>
/// <param name="Duration">After so long; null: not by time.</param>
/// <param name="MaxBytes">Before the file grows beyond so many bytes.</param>
public sealed record RecordingLimits(TimeSpan? Duration = null, long MaxBytes = long.MaxValue);

/// <summary>What a recording came to.</summary>
/// <param name="Records">Datagrams recorded.</param>
/// <param name="Forwarded">Datagrams passed on.</param>
/// <param name="Refused">Datagrams that the system would not pass on.</param>
/// <param name="KernelDrops">Datagrams that came too fast and that the kernel dropped.</param>
/// <param name="IsFull">Whether it ended because the file would have grown too long.</param>
public sealed record RecordingSummary(long Records, long Forwarded, long Refused, long KernelDrops, bool IsFull);

/// <summary>Records the datagrams of one UDP port, and passes them on if told where to: a tap that stands in the path.</summary>
public sealed class TraceRecorder : IDisposable
{
    private static readonly long s_longestWait = TestbedClock.Second / 10;

    private readonly TimedSocket _socket;
    private readonly Sender? _forward;
    private readonly TraceWriter _writer;

    /// <summary>Listens.</summary>
    /// <param name="listen">Where.</param>
    /// <param name="writer">Takes the records; its owner closes it.</param>
    /// <param name="forwardTo">Where datagrams go on to; null: nowhere.</param>
    /// <exception cref="TestbedException">The port is in use.</exception>
    public TraceRecorder(IPEndPoint listen, TraceWriter writer, IPEndPoint? forwardTo = null)
    {
        (_socket, _writer) = (new TimedSocket(listen), writer);
        if (forwardTo is not null) _forward = new Sender(forwardTo);
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => _socket.LocalEndPoint;

    /// <summary>Records until a limit is reached or the token is cancelled, on a thread of its own.</summary>
    /// <exception cref="TestbedException">The file cannot be written.</exception>
    public Task<RecordingSummary> RunAsync(RecordingLimits limits, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(
            () => Run(limits, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <inheritdoc />
    public void Dispose()
    {
        _socket.Dispose();
        _forward?.Dispose();
    }

    private RecordingSummary Run(RecordingLimits limits, CancellationToken cancellationToken)
    {
        var wait = new SocketWait([_socket]);
        var end = limits.Duration is { } duration ? TestbedClock.Elapsed + TestbedClock.Nanoseconds(duration) : long.MaxValue;
        var records = 0L;
        var isFull = false;
        while (!isFull && !cancellationToken.IsCancellationRequested && TestbedClock.Elapsed is var now && now < end)
        {
            wait.Until(Math.Min(end, now + s_longestWait));
            while (!isFull && _socket.TryReceive())
            {
                isFull = _writer.Length + TraceWriter.RecordBytes(_socket.Datagram.Length) > limits.MaxBytes;
                _forward?.Send(_socket.Datagram);
                if (isFull) break;
                _writer.Append(new TraceRecord(_socket.ReceivedAt, _socket.Source, EndPoint, _socket.Datagram.ToArray()));
                records++;
                if (TestbedClock.Elapsed >= end) break;
            }

            _writer.Flush();
        }

        return new RecordingSummary(records, _forward?.Sent ?? 0, _forward?.Refused ?? 0, _socket.KernelDrops, isFull);
    }
}
