using System.Net;
using System.Net.Sockets;
using Jtfa.Core;

namespace Jtfa.Silo.Tests.Cameras;

/// <summary>A packet as a gateway reads it, with its values decoded.</summary>
internal sealed record ReceivedToken(
    double Timestamp, int View, TokenEncoding Encoding, uint Seed, double Scale, float[] Token, int Label, string Scene,
    long? DecisionId, long? Sequence, uint? Epoch, double? Tick, byte[] Datagram, bool IsCopy, float? Hold, int Version,
    TokenQuantiser Quantiser, int SceneIndex)
{
    public int Bytes => Datagram.Length;
}

/// <summary>A UDP socket on the loopback address that parses what it gets.</summary>
internal sealed class Gateway : IDisposable
{
    // Near enough to the clocks of tests for version 2 of the wire, whose times are told to 35 minutes.
    private static readonly double s_now = (Fixtures.Start - DateTimeOffset.UnixEpoch).TotalSeconds;

    private readonly UdpClient _socket;

    public Gateway(int port = 0) => _socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, port));

    public int Port => ((IPEndPoint)_socket.Client.LocalEndPoint!).Port;

    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Bytes of the next datagram, 0 when none is there.</summary>
    public int Waiting => _socket.Available;

    /// <summary>Takes all datagrams that are there.</summary>
    /// <returns>How many they were.</returns>
    public int TakeAll()
    {
        var count = 0;
        for (IPEndPoint? from = null; _socket.Available > 0; count++) _socket.Receive(ref from);
        return count;
    }

    /// <summary>Takes all datagrams that are there, and answers each with a receipt.</summary>
    /// <returns>How many they were.</returns>
    public int AnswerAll(TokenKey? key = null)
    {
        var count = 0;
        var receipt = new byte[ReceiptCodec.MaxBytes];
        for (IPEndPoint? from = null; _socket.Available > 0; count++)
        {
            var datagram = _socket.Receive(ref from);
            Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, out var packet));
            Send(receipt[..ReceiptCodec.Write(packet, key, receipt)], from);
        }

        return count;
    }

    /// <summary>Sends a datagram to a camera.</summary>
    public void Send(byte[] datagram, IPEndPoint camera) => _socket.Send(datagram, camera);

    public async Task<ReceivedToken> ReceiveAsync(CancellationToken cancellationToken) =>
        Parse((await _socket.ReceiveAsync(cancellationToken)).Buffer);

    public void Dispose() => _socket.Dispose();

    private static ReceivedToken Parse(byte[] datagram)
    {
        Assert.Equal(RejectReason.None, DatagramCodec.TryParse(datagram, [], s_now, out var packet));
        var token = new float[packet.Values.Length];
        TokenCodec.Decode(packet.Values, packet.Encoding, packet.Seed, packet.Scale, token);
        return new ReceivedToken(
            packet.Timestamp, packet.View, packet.Encoding, packet.Seed, packet.Scale, token, packet.Label,
            System.Text.Encoding.UTF8.GetString(packet.Scene), packet.DecisionId, packet.Sequence, packet.Epoch, packet.Tick,
            datagram, packet.IsCopy, packet.Hold, packet.Version, packet.Quantiser, packet.SceneIndex);
    }
}
