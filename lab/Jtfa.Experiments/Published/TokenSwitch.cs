using System.Net;
using System.Net.Sockets;
using Jtfa.Core;

namespace Jtfa.Experiments.Published;

/// <summary>
/// Stands between senders that do not say what they sent and the node that is measured: passes datagrams on to whichever node is switched
/// to, and counts them. Costs a datagram about a tenth of a millisecond, whichever the node.
/// </summary>
internal sealed class TokenSwitch : IAsyncDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<int> _views = [];
    private readonly Task _running;
    private volatile IPEndPoint? _target;
    private volatile int _viewsSeen;
    private long _passed;

    public TokenSwitch()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        _running = RunAsync(_stop.Token);
    }

    /// <summary>Where it takes datagrams.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Distinct views of which a token has come.</summary>
    public int Views => _viewsSeen;

    /// <summary>Passes on to a node for a while.</summary>
    /// <returns>How many datagrams it was.</returns>
    public async Task<long> PassAsync(IPEndPoint to, TimeSpan duration, CancellationToken cancellationToken)
    {
        var before = Interlocked.Read(ref _passed);
        _target = to;
        try
        {
            await Task.Delay(duration, cancellationToken);
        }
        finally
        {
            _target = null;
        }

        return Interlocked.Read(ref _passed) - before;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _socket.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        using var to = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var buffer = new byte[TokenPacket.MaxDatagramBytes];
        try
        {
            while (true)
            {
                var length = await _socket.ReceiveAsync(buffer, cancellationToken);
                if (_target is { } target)
                {
                    Interlocked.Increment(ref _passed);
                    await to.SendToAsync(buffer.AsMemory(0, length), SocketFlags.None, target, cancellationToken);
                }

                Note(buffer.AsSpan(0, length));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Disposed of.
        }
    }

    private void Note(ReadOnlySpan<byte> datagram)
    {
        if (PacketCodec.TryParse(datagram, out var packet) == RejectReason.None && _views.Add(packet.View)) _viewsSeen = _views.Count;
    }
}
