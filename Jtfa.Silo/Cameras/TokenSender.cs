using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Cameras;

/// <summary>
/// Sends datagrams to one gateway over a connected UDP socket, which hears when nobody listens there (ICMP). Failures are counted,
/// logged once until sending works again, and never thrown; after one the host name is looked up again, at most once a second, and
/// its next address is tried. Used by one caller at a time.
/// </summary>
public sealed class TokenSender : IDisposable
{
    private static readonly TimeSpan _lookupInterval = TimeSpan.FromSeconds(1);

    private readonly string _destination;
    private readonly string _host;
    private readonly int _port;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private Socket? _socket;
    private long? _lookedUp;
    private int _attempts;
    private bool _failing;
    private bool _lastWasClean;
    private long _failures;

    /// <summary>A sender that has not looked its host up yet.</summary>
    /// <param name="destination">host:port; an IPv6 address in brackets.</param>
    /// <param name="time">Spaces lookups.</param>
    /// <param name="logger">Hears of failures.</param>
    public TokenSender(string destination, TimeProvider time, ILogger logger)
    {
        var colon = destination.LastIndexOf(':');
        _destination = destination;
        _host = destination[..colon].Trim('[', ']');
        _port = ushort.Parse(destination.AsSpan(colon + 1), System.Globalization.CultureInfo.InvariantCulture);
        _time = time;
        _logger = logger;
    }

    /// <summary>Attempts to send that failed, and failed lookups.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Looks the host up and connects; what fails is tried again when there is something to send.</summary>
    public ValueTask OpenAsync(CancellationToken cancellationToken) => LookUpAsync(cancellationToken);

    /// <summary>Sends one datagram.</summary>
    /// <param name="datagram">The payload.</param>
    /// <param name="cancellationToken">Ends looking up.</param>
    /// <returns>Whether the socket took it; over UDP that does not mean that it arrives.</returns>
    public async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> datagram, CancellationToken cancellationToken)
    {
        if (_socket is null) await LookUpAsync(cancellationToken);
        if (_socket is null) return false;

        var error = await TrySendAsync(_socket, datagram, cancellationToken);
        if (error is null)
        {
            NoteSuccess(_socket);
            return true;
        }
        NoteFailure(error.Message);
        await LookUpAsync(cancellationToken);
        // An error that an earlier datagram caused is reported instead of sending this one: it still waits to be sent.
        return _socket is not null && await TrySendAsync(_socket, datagram, cancellationToken) is null;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket?.Dispose();

    private static async ValueTask<SocketException?> TrySendAsync(
        Socket socket, ReadOnlyMemory<byte> datagram, CancellationToken cancellationToken)
    {
        try
        {
            await socket.SendAsync(datagram, SocketFlags.None, cancellationToken);
            return null;
        }
        catch (SocketException e)
        {
            return e;
        }
    }

    private async ValueTask LookUpAsync(CancellationToken cancellationToken)
    {
        if (_lookedUp is { } last && _time.GetElapsedTime(last) < _lookupInterval) return;
        _lookedUp = _time.GetTimestamp();
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(_host, cancellationToken);
            if (addresses.Length == 0) throw new SocketException((int)SocketError.HostNotFound);
            Connect(new IPEndPoint(addresses[_attempts++ % addresses.Length], _port));
        }
        catch (Exception e) when (e is SocketException or ArgumentException) // the latter: no name of a host could look so
        {
            NoteFailure(e.Message);
        }
    }

    private void Connect(IPEndPoint address)
    {
        if (address.Equals(_socket?.RemoteEndPoint)) return;
        _socket?.Dispose();
        _socket = null;
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Connect(address); // UDP: sets the address, waits for nobody
            _socket = socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }

    private void NoteFailure(string reason)
    {
        Interlocked.Increment(ref _failures);
        _lastWasClean = false;
        if (_failing) return;
        _failing = true;
        CameraLog.Unreachable(_logger, _destination, reason);
    }

    // A refused datagram is reported when the next one is sent: it takes two clean ones to know that the first was taken.
    private void NoteSuccess(Socket socket)
    {
        if (_failing && _lastWasClean)
        {
            _failing = false;
            CameraLog.Reachable(_logger, _destination, socket.RemoteEndPoint!, Failures);
        }
        _lastWasClean = true;
    }
}
