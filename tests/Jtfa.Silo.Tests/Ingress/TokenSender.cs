using System.Net;
using System.Net.Sockets;
using System.Text;
using Jtfa.Core;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>Sends datagrams to a gateway's socket.</summary>
internal sealed class TokenSender : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _datagram = new byte[TokenPacket.MaxDatagramBytes];
    private readonly sbyte[] _values = new sbyte[AxisHead.Dimension];

    /// <summary>Connects, from an address of this machine where one is given.</summary>
    public TokenSender(IPEndPoint gateway, IPAddress? from = null)
    {
        _socket = new Socket(gateway.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { SendBufferSize = 1 << 20 };
        if (from is not null) _socket.Bind(new IPEndPoint(from, 0));
        _socket.Connect(gateway);
    }

    /// <summary>Datagrams sent.</summary>
    public long Sent { get; private set; }

    public void Send(ReadOnlySpan<byte> datagram)
    {
        _socket.Send(datagram);
        Sent++;
    }

    /// <summary>Sends a valid token, captured now unless a time is given.</summary>
    public void Send(
        long? decision, int view, int label = 0, string scene = "", double? timestamp = null, int dimension = AxisHead.Dimension,
        double stretch = 1) =>
        Send(Write(decision, view, label, scene, timestamp, dimension, stretch));

    /// <summary>A token with a tag.</summary>
    public byte[] Sign(TokenKey key, uint epoch, long sequence, long decision, int view, int label = 0)
    {
        var datagram = Write(decision, view, label, epoch: epoch, sequence: sequence).ToArray();
        key.Sign(datagram);
        return datagram;
    }

    /// <summary>A token with a sequence number and no tag.</summary>
    public byte[] Unsigned(long sequence, long decision, int view) => Write(decision, view, sequence: sequence).ToArray();

    /// <summary>A token in version 2 of the wire, captured now.</summary>
    public byte[] Array(
        long sequence, int view, int label = 0, int sceneIndex = 0, TokenQuantiser quantiser = TokenQuantiser.Int8, long? decision = null,
        double ago = 0, uint? epoch = null, TokenKey? key = null)
    {
        var seed = ArrayPacketCodec.SeedOf(view, sequence);
        var scale = AxisHead.Encode(label, TokenEncoding.HMix, seed, _values, quantiser);
        var length = ArrayPacketCodec.Write(
            new TokenPacket
            {
                Timestamp = TimeProvider.System.UnixSeconds() - ago,
                View = view,
                Sequence = sequence,
                SceneIndex = sceneIndex,
                Encoding = TokenEncoding.HMix,
                Quantiser = quantiser,
                Seed = seed,
                Scale = scale,
                Values = _values,
                DecisionId = decision,
                Epoch = epoch,
            },
            _datagram);
        key?.Sign(_datagram.AsSpan(0, length));
        return _datagram[..length];
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>The next datagram that the gateway has sent back; null when there is none.</summary>
    public byte[]? Received()
    {
        if (_socket.Available == 0) return null;
        var length = _socket.Receive(_datagram);
        return _datagram[..length];
    }

    private ReadOnlySpan<byte> Write(
        long? decision, int view, int label = 0, string scene = "", double? timestamp = null, int dimension = AxisHead.Dimension,
        double stretch = 1, uint? epoch = null, long? sequence = null)
    {
        var scale = AxisHead.Encode(label, TokenEncoding.Plain, 0, _values);
        var length = PacketCodec.Write(
            new TokenPacket
            {
                Timestamp = timestamp ?? TimeProvider.System.UnixSeconds(),
                View = view,
                Encoding = TokenEncoding.Plain,
                Scale = scale * stretch,
                Values = _values.AsSpan(0, dimension),
                Label = label,
                Scene = Encoding.UTF8.GetBytes(scene),
                DecisionId = decision,
                Sequence = sequence,
                Epoch = epoch,
            },
            _datagram);
        return _datagram.AsSpan(0, length);
    }
}
