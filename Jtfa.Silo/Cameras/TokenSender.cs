using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Cameras;

/// <summary>
/// Sends datagrams to one of a camera's gateways over a connected UDP socket, which reports when nobody listens there (ICMP). Where the
/// kernel's limit on such reports, or a firewall, keeps them back, the absence of receipts tells. Failures are counted, logged once until
/// sending works again, and never thrown; after one the next gateway is tried, and a gateway that was tried already is looked up and
/// tried again at most once a second. When the directory has other gateways, the best of them is taken at once. Several callers may
/// send: one waits for the other.
/// </summary>
public sealed class TokenSender : IDisposable
{
    // Of the silence after which a gateway is left: up to 8 s.
    private const int MostDoublings = 4;

    private static readonly TimeSpan s_retryInterval = TimeSpan.FromSeconds(1);

    // A host name may come to mean another machine, so it is looked up again after this; numeric addresses are not.
    private static readonly TimeSpan s_lookupInterval = TimeSpan.FromSeconds(10);

    private readonly CameraConfig _camera;
    private readonly IGatewayDirectory _directory;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly GatewayAnswers _answers;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly byte[] _receipt = new byte[ReceiptCodec.MaxBytes];
    private int _silentMoves; // since the last receipt
    private bool _awaitsReceipt;
    private readonly UnansweredTokens _unanswered;
    private Gateway[] _gateways = [];
    private int _current;
    private Socket? _socket;
    private IPEndPoint? _address; // a socket that has reported an error does not tell its own any more
    private Task<IPAddress[]>? _lookup;
    private long _directoryVersion = -1;
    private bool _failing;
    private bool _lastWasClean;
    private long _failures;

    /// <summary>A sender that has not looked up a gateway yet.</summary>
    /// <param name="camera">Whose tokens it sends.</param>
    /// <param name="directory">Knows the camera's gateways.</param>
    /// <param name="time">Spaces lookups and retries.</param>
    /// <param name="logger">Logs failures.</param>
    public TokenSender(CameraConfig camera, IGatewayDirectory directory, TimeProvider time, ILogger logger)
        : this(camera, directory, time, logger, identity: null)
    {
    }

    internal TokenSender(CameraConfig camera, IGatewayDirectory directory, TimeProvider time, ILogger logger, CameraIdentity? identity)
    {
        (_camera, _directory, _time, _logger) = (camera, directory, time, logger);
        _answers = new GatewayAnswers(camera.View, identity, time);
        _unanswered = new UnansweredTokens(time);
    }

    /// <summary>What has come to the gateway of what was sent.</summary>
    internal DeliveredTokens Delivered { get; } = new();

    /// <summary>Attempts to send that failed, and failed lookups.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    private Gateway? Current => _gateways.Length == 0 ? null : _gateways[_current];

    /// <summary>Looks the best gateway up and connects; what fails is tried again when there is something to send.</summary>
    public ValueTask OpenAsync(CancellationToken cancellationToken) => FollowDirectoryAsync(cancellationToken);

    /// <summary>
    /// Sends a token. It is sent again, to the gateway that takes over, if this one has not answered it before it was left.
    /// </summary>
    /// <param name="datagram">The payload.</param>
    /// <param name="sequence">Its sequence number, by which it is answered.</param>
    /// <param name="cancellationToken">Ends looking up.</param>
    /// <returns>Whether the socket took it; over UDP that does not mean that it arrives.</returns>
    public async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> datagram, long sequence, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var isSent = await SendInTurnAsync(datagram, cancellationToken);
            if (isSent) _unanswered.Add(sequence, datagram.Span);
            return isSent;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Sends one datagram.</summary>
    /// <param name="datagram">The payload.</param>
    /// <param name="cancellationToken">Ends looking up.</param>
    /// <returns>Whether the socket took it; over UDP that does not mean that it arrives.</returns>
    public async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> datagram, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await SendInTurnAsync(datagram, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket?.Dispose();
        _turn.Dispose();
    }

    private async ValueTask<bool> SendInTurnAsync(ReadOnlyMemory<byte> datagram, CancellationToken cancellationToken)
    {
        if (_directoryVersion != _directory.Version) await FollowDirectoryAsync(cancellationToken);
        else await FollowNameAsync(cancellationToken);
        if (_socket is not null) await FollowAnswersAsync(_socket, cancellationToken);
        if (_socket is null) await MoveOnAsync(cancellationToken);
        if (_socket is null) return false;

        var error = await TrySendAsync(_socket, datagram, cancellationToken);
        if (error is null)
        {
            _answers.NoteSent();
            NoteSuccess();
            return true;
        }

        NoteFailure(error.Message);
        await MoveOnAsync(cancellationToken);

        // The socket may report an earlier datagram's error instead of sending this one, so this one is sent again.
        return _socket is not null && await TrySendAsync(_socket, datagram, cancellationToken) is null;
    }

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

    private async ValueTask SendAgainAsync(Socket socket, CancellationToken cancellationToken)
    {
        foreach (var datagram in _unanswered.ToSendAgain())
            if (await TrySendAsync(socket, datagram, cancellationToken) is not null) return;
    }

    private async ValueTask FollowDirectoryAsync(CancellationToken cancellationToken)
    {
        _directoryVersion = _directory.Version;
        var before = Current?.Name;
        var named = _directory.GatewaysFor(_camera);
        if (named.Count == 0) return;
        _gateways = [.. named.Select(name => _gateways.FirstOrDefault(known => known.Name == name) ?? new Gateway(name))];
        _current = 0;
        if (_socket is null || Current!.Name != before) await ConnectAsync(Current!, cancellationToken);
    }

    private async ValueTask FollowNameAsync(CancellationToken cancellationToken)
    {
        if (Current is not { IsNumber: false } gateway) return;
        if (_lookup is null)
        {
            if (gateway.TriedAt is { } tried && _time.GetElapsedTime(tried) < s_lookupInterval) return;
            gateway.TriedAt = _time.GetTimestamp();
            _lookup = Dns.GetHostAddressesAsync(gateway.Host, CancellationToken.None);
        }

        // Tokens do not wait for a name server.
        if (!_lookup.IsCompleted) return;
        var addresses = _lookup.IsCompletedSuccessfully ? await _lookup : [];
        _lookup = null;
        if (addresses.Length > 0 && !addresses.Contains((_socket?.RemoteEndPoint as IPEndPoint)?.Address))
            await ConnectAsync(gateway, cancellationToken);
    }

    // Programs other than ours may be gateways and send no receipts. So the sender moves on ever more rarely while none answers.
    private async ValueTask FollowAnswersAsync(Socket socket, CancellationToken cancellationToken)
    {
        while (socket.Available > 0)
        {
            if (TryReceive(socket, out var length) is { } error)
            {
                // An earlier datagram's error: nobody listened there.
                NoteFailure(error.Message);
                await MoveOnAsync(cancellationToken);
                return;
            }

            if (_answers.Take(_receipt.AsSpan(0, length)) is not { } receipt) continue;
            (_silentMoves, _awaitsReceipt) = (0, false);
            Delivered.Take(receipt);
            if (receipt.Sequence is { } answered) _unanswered.Answered(answered);
        }

        if (_gateways.Length < 2) return;
        var patience = GatewayAnswers.Silence * (1 << Math.Min(_silentMoves / _gateways.Length, MostDoublings));
        if (!_answers.IsSilentFor(patience)) return;
        NoteFailure($"no receipt for {patience.TotalSeconds} s");
        _awaitsReceipt = true;
        var before = _current;
        await MoveOnAsync(cancellationToken);
        if (_current != before) _silentMoves++;
    }

    private SocketException? TryReceive(Socket socket, out int length)
    {
        length = 0;
        try
        {
            length = socket.Receive(_receipt);
            return null;
        }
        catch (SocketException error)
        {
            // A datagram that is longer than any receipt is not one, and no fault.
            return error.SocketErrorCode == SocketError.MessageSize ? null : error;
        }
    }

    // Connects to the next gateway that was not tried within the last second; if there is none, nothing changes.
    private async ValueTask MoveOnAsync(CancellationToken cancellationToken)
    {
        for (var step = 1; step <= _gateways.Length; step++)
        {
            var next = (_current + step) % _gateways.Length;
            if (_gateways[next].TriedAt is { } tried && _time.GetElapsedTime(tried) < s_retryInterval) continue;
            _current = next;
            await ConnectAsync(_gateways[next], cancellationToken);
            return;
        }
    }

    private async ValueTask ConnectAsync(Gateway gateway, CancellationToken cancellationToken)
    {
        gateway.TriedAt = _time.GetTimestamp();
        _lookup = null;
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(gateway.Host, cancellationToken);
            if (addresses.Length == 0) throw new SocketException((int)SocketError.HostNotFound);
            var address = new IPEndPoint(addresses[gateway.Attempts++ % addresses.Length], gateway.Port);
            if (address.Equals(_socket?.RemoteEndPoint)) return;
            await SendAgainAsync(Connect(address), cancellationToken);
        }
        catch (Exception e) when (e is SocketException or ArgumentException) // ArgumentException: the text cannot be a host name
        {
            NoteFailure(e.Message);
        }
    }

    private Socket Connect(IPEndPoint address)
    {
        _socket?.Dispose();
        _socket = null;
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Connect(address); // UDP: only sets the address, without waiting
            (_socket, _address) = (socket, address);
            _answers.Reset();
            Delivered.Reset();
            return socket;
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
        CameraLog.Unreachable(_logger, Current?.Name ?? "", reason);
    }

    // The socket reports a refusal only at the next send: so two sends in a row without an error show that sending works again; after a
    // silence, a receipt has to come too.
    private void NoteSuccess()
    {
        if (_failing && _lastWasClean && !_awaitsReceipt)
        {
            _failing = false;
            CameraLog.Reachable(_logger, Current?.Name ?? "", _address!, Failures);
        }

        _lastWasClean = true;
    }

    /// <summary>One gateway: what it is called, when it was tried last, and how often.</summary>
    private sealed class Gateway
    {
        public Gateway(string name)
        {
            var colon = name.LastIndexOf(':');
            Name = name;
            Host = name[..colon].Trim('[', ']');
            Port = ushort.Parse(name.AsSpan(colon + 1), CultureInfo.InvariantCulture);
            IsNumber = IPAddress.TryParse(Host, out _);
        }

        public string Name { get; }

        public string Host { get; }

        public int Port { get; }

        public bool IsNumber { get; }

        public long? TriedAt { get; set; }

        public int Attempts { get; set; }
    }
}
