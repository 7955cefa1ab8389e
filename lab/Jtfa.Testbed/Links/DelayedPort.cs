using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Jtfa.Testbed.Links;

/// <summary>
/// A TCP port of the loopback whose connections go on to another port, each way later by what a link's profile delays a packet. Bytes stay
/// in their order, as TCP keeps them: what a packet waits for, those behind it wait for, too. Nothing is lost. Its own error is some tenths
/// of a millisecond, since it waits as any program does.
/// </summary>
public sealed class DelayedPort : IAsyncDisposable
{
    private const int PacketBytes = 16 * 1024;
    private const int MostPackets = 256; // under way on one connection and way; beyond that the sender waits

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _connections = [];
    private readonly Func<int, LinkImpairment> _link;
    private readonly Task _accepting;
    private int _links;
    private long _bytes;

    /// <summary>Begins to listen.</summary>
    /// <param name="to">The port that its connections go on to.</param>
    /// <param name="profile">The link; its delay and rate alone count.</param>
    /// <param name="seed">The experiment's seed.</param>
    public DelayedPort(IPEndPoint to, LinkProfile profile, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(profile);
        var kept = new LinkProfile { Delay = profile.Delay };
        _link = link => new LinkImpairment(kept, seed, link);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync(to);
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>Bytes that have come, both ways together.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Closes its connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_connections).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task AcceptAsync(IPEndPoint to)
    {
        while (true) _connections.Add(CarryAsync(await _listener.AcceptSocketAsync(_end.Token), to));
    }

    private async Task CarryAsync(Socket from, IPEndPoint to)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        using (from)
        using (var onward = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            from.NoDelay = onward.NoDelay = true;
            await onward.ConnectAsync(to, ended.Token);
            Task[] ways = [CarryAsync(from, onward, ended.Token), CarryAsync(onward, from, ended.Token)];
            await Task.WhenAny(ways); // one side has closed it, or is gone
            await ended.CancelAsync();
            await Task.WhenAll(ways).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task CarryAsync(Socket from, Socket to, CancellationToken stop)
    {
        var link = _link(Interlocked.Increment(ref _links));
        var packets = Channel.CreateBounded<(byte[] Bytes, long Due)>(MostPackets);
        await Task.WhenAll(ReceiveAsync(from, link, packets.Writer, stop), SendAsync(to, packets.Reader, stop));
    }

    private async Task ReceiveAsync(
        Socket from, LinkImpairment link, ChannelWriter<(byte[] Bytes, long Due)> packets, CancellationToken stop)
    {
        try
        {
            var buffer = new byte[PacketBytes];
            for (var due = 0L; await from.ReceiveAsync(buffer, stop) is > 0 and var count;)
            {
                Interlocked.Add(ref _bytes, count);
                var now = Stopwatch.GetTimestamp();
                var delay = link.Next(Stopwatch.GetElapsedTime(0, now), count).Delay;
                due = Math.Max(due, now + (long)(delay.TotalSeconds * Stopwatch.Frequency));
                await packets.WriteAsync((buffer[..count], due), stop);
            }
        }
        finally
        {
            packets.Complete();
        }
    }

    private static async Task SendAsync(Socket to, ChannelReader<(byte[] Bytes, long Due)> packets, CancellationToken stop)
    {
        await foreach (var (bytes, due) in packets.ReadAllAsync(stop))
        {
            var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (left > TimeSpan.Zero) await Task.Delay(left, stop);
            for (var sent = 0; sent < bytes.Length;) sent += await to.SendAsync(bytes.AsMemory(sent), stop);
        }
    }
}
