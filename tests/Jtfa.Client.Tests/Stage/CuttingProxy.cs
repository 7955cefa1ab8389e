using System.Net;
using System.Net.Sockets;

namespace Jtfa.Client.Tests.Stage;

/// <summary>
/// Stands between a client and a server, and cuts their connections: at once, or when so many bytes of an answer have gone through.
/// </summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _to;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;
    private readonly Lock _gate = new();
    private readonly List<Socket> _open = [];
    private readonly Queue<int> _cuts;
    private int _connections;

    /// <param name="to">The server's port.</param>
    /// <param name="cuts">After how many bytes of its answers the n-th connection is cut; later ones are not.</param>
    public CuttingProxy(int to, params int[] cuts)
    {
        (_to, _cuts) = (to, new Queue<int>(cuts));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Connections so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Cuts all that are open.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            foreach (var socket in _open) socket.Dispose();
            _open.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        while (!_end.IsCancellationRequested)
        {
            var client = await _listener.AcceptSocketAsync(_end.Token);
            Interlocked.Increment(ref _connections);
            serving.Add(ServeAsync(client, _cuts.TryDequeue(out var cut) ? cut : long.MaxValue));
        }

        await Task.WhenAll(serving);
    }

    private async Task ServeAsync(Socket client, long cut)
    {
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        lock (_gate) _open.AddRange([client, server]);
        try
        {
            await server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _to), _end.Token);
            await Task.WhenAny(PassAsync(client, server, long.MaxValue), PassAsync(server, client, cut));
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Cut, or the server is away.
        }

        client.Dispose();
        server.Dispose();
    }

    private async Task PassAsync(Socket from, Socket to, long most)
    {
        var buffer = new byte[4096];
        try
        {
            while (most > 0
                && await from.ReceiveAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, most)), _end.Token) is > 0 and var read)
            {
                await to.SendAsync(buffer.AsMemory(0, read), _end.Token);
                most -= read;
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Cut.
        }
    }
}
