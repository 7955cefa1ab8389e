using System.Net;
using System.Net.Sockets;

namespace Jtfa.Testbed.Tests;

/// <summary>A UDP port of a test's own.</summary>
internal sealed class UdpEnd : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);
    private readonly UdpClient _client = new(new IPEndPoint(IPAddress.Loopback, 0));

    public UdpEnd() => _client.Client.ReceiveBufferSize = 1 << 20;

    public IPEndPoint EndPoint => (IPEndPoint)_client.Client.LocalEndPoint!;

    public void Send(IPEndPoint to, params ReadOnlySpan<byte> datagram) => _client.Send(datagram, to);

    /// <summary>So many datagrams, waited for.</summary>
    /// <exception cref="OperationCanceledException">They did not come in time.</exception>
    public async Task<List<byte[]>> ReceiveAsync(int count)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(s_deadline);
        var received = new List<byte[]>();
        while (received.Count < count) received.Add((await _client.ReceiveAsync(limit.Token)).Buffer);
        return received;
    }

    /// <summary>Whether nothing more has come.</summary>
    public bool IsEmpty => _client.Available == 0;

    public void Dispose() => _client.Dispose();
}
