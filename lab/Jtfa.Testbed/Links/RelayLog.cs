using System.Globalization;
using System.Threading.Channels;
using Jtfa.Testbed.Sockets;

namespace Jtfa.Testbed.Links;

/// <summary>
/// A relay's log as CSV: <c>link,n,received,bytes,fate,sent,delay_ms,error_ms</c>, in the order of outcomes. Written beside the relay's
/// thread, which never waits for the disk.
/// </summary>
public sealed class RelayLog : IAsyncDisposable
{
    /// <summary>The first line.</summary>
    public const string Header = "link,n,received,bytes,fate,sent,delay_ms,error_ms";

    private const int WaitingLines = 1 << 16;
    private static readonly string[] s_fates = [.. Enum.GetNames<RelayOutcome>().Select(name => name.ToLowerInvariant())];

    private readonly Channel<RelayedPacket> _lines = Channel.CreateBounded<RelayedPacket>(
        new BoundedChannelOptions(WaitingLines) { SingleReader = true, SingleWriter = true });
    private readonly string _path;
    private readonly StreamWriter _writer;
    private readonly Task _writing;
    private long _left;

    /// <summary>Begins a log; a file that is there is replaced.</summary>
    /// <exception cref="TestbedException">The file cannot be written.</exception>
    public RelayLog(string path)
    {
        _path = path;
        try
        {
            _writer = new StreamWriter(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TestbedException($"{path} cannot be written: {exception.Message}", exception);
        }

        _writing = WriteAsync();
    }

    /// <summary>Lines left out because the disk did not keep up.</summary>
    public long Left => Interlocked.Read(ref _left);

    /// <summary>Adds a line; never waits.</summary>
    public void Add(RelayedPacket packet)
    {
        if (!_lines.Writer.TryWrite(packet)) Interlocked.Increment(ref _left);
    }

    /// <summary>Adds a line, and waits for the disk where it must.</summary>
    public ValueTask AddAsync(RelayedPacket packet) => _lines.Writer.WriteAsync(packet);

    /// <summary>A packet's line: times in seconds since 1970, delays in milliseconds; empty what is not known.</summary>
    public static string Line(RelayedPacket packet)
    {
        var sent = packet.Error is { } error ? Seconds(packet.ReceivedAt + TestbedClock.Nanoseconds(packet.Delay + error)) : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{packet.Link},{packet.Number},{Seconds(packet.ReceivedAt)},{packet.Bytes},{s_fates[(int)packet.Outcome]},{sent}," +
            $"{packet.Delay.TotalMilliseconds:F4},{packet.Error?.TotalMilliseconds:F4}");
    }

    /// <summary>Writes what waits and closes.</summary>
    /// <exception cref="TestbedException">The file cannot be written, as when the disk is full.</exception>
    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _writing;
    }

    private async Task WriteAsync()
    {
        try
        {
            await using (_writer)
            {
                await _writer.WriteLineAsync(Header);
                await foreach (var packet in _lines.Reader.ReadAllAsync()) await _writer.WriteLineAsync(Line(packet));
            }
        }
        catch (IOException exception)
        {
            throw new TestbedException($"{_path} cannot be written: {exception.Message}", exception);
        }
    }

    private static string Seconds(long nanoseconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / TestbedClock.Second}.{nanoseconds % TestbedClock.Second:D9}");
}
