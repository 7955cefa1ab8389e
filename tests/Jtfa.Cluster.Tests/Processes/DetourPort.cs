using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Jtfa.Testbed.Hosts;

namespace Jtfa.Cluster.Tests.Processes;

/// <summary>
/// A port of this machine's loopback that goes on from elsewhere: a process on another host, or of another user, makes each of its
/// connections. So a client in this process comes to a silo as one of theirs would.
/// </summary>
internal sealed class DetourPort : IAsyncDisposable
{
    // Carries both ways between its standard streams and a TCP connection.
    private const string Carry = "exec 2>/dev/null 3<>/dev/tcp/$1/$2; cat <&3 & exec cat >&3";

    private static readonly IPAddress s_address = IPAddress.Parse("127.0.0.2");

    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Task _accepting;

    private DetourPort(string[] by, IPEndPoint to)
    {
        // A gateway takes a client's calls of itself for its own if they name an address of the loopback and its port.
        _listener = new TcpListener(s_address, to.Port);
        _listener.Start();
        _accepting = AcceptAsync(by, to);
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>From another host.</summary>
    public static DetourPort From(NetworkNamespace host, IPEndPoint to) => new(host.Prefix(), to);

    /// <summary>From another user of this machine.</summary>
    public static DetourPort From(OtherUser user, IPEndPoint to) => new(user.Prefix, to);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_connections).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync(string[] by, IPEndPoint to)
    {
        while (true) _connections.Add(CarryAsync(await _listener.AcceptTcpClientAsync(_stop.Token), by, to));
    }

    private async Task CarryAsync(TcpClient client, string[] by, IPEndPoint to)
    {
        string[] command = [.. by, "bash", "-c", Carry, "bash", $"{to.Address}", to.Port.ToString(CultureInfo.InvariantCulture)];
        using (client)
        using (var process = Process.Start(
            new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true })!)
        {
            try
            {
                var stream = client.GetStream();
                await Task.WhenAny(
                    stream.CopyToAsync(process.StandardInput.BaseStream, _stop.Token),
                    process.StandardOutput.BaseStream.CopyToAsync(stream, _stop.Token));
            }
            finally
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
    }
}
