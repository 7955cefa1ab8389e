using System.Net;
using System.Net.Sockets;
using System.Text;
using Jtfa.Core;

namespace Jtfa.Testing.Processes;

/// <summary>Sends tokens as cameras do: one datagram of the published format each.</summary>
internal sealed class TokenSocket : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _datagram = new byte[TokenPacket.MaxDatagramBytes];
    private readonly sbyte[] _values = new sbyte[Workspace.Dimension];

    public TokenSocket(int port)
        : this(port, IPAddress.Loopback)
    {
    }

    public TokenSocket(int port, IPAddress address)
    {
        _socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        _socket.Connect(new IPEndPoint(address, port));
    }

    /// <summary>Now, as packets write it.</summary>
    public static double Now => TimeProvider.System.UnixSeconds();

    /// <summary>Sends one token that means a class, captured now and labelled with that class unless told otherwise.</summary>
    /// <returns>Bytes of the datagram.</returns>
    public int Send(
        long decision, int view, int label, double? timestamp = null, string scene = "", int? truth = null,
        TokenEncoding encoding = TokenEncoding.HMix)
    {
        var vector = new float[Workspace.Dimension];
        vector[label] = 3;
        var seed = (uint)((decision * 31) + view);
        var scale = TokenCodec.Encode(vector, encoding, seed, _values);
        var length = PacketCodec.Write(
            new TokenPacket
            {
                Timestamp = timestamp ?? Now,
                View = view,
                Encoding = encoding,
                Seed = seed,
                Scale = scale,
                Values = _values,
                Label = truth ?? label,
                Scene = Encoding.UTF8.GetBytes(scene),
                DecisionId = decision,
            },
            _datagram);
        return _socket.Send(_datagram.AsSpan(0, length));
    }

    /// <summary>Sends a decision's tokens of some views, all meaning the class that <see cref="LabelOf"/> gives.</summary>
    /// <returns>Bytes of the datagrams.</returns>
    public int SendViews(long decision, params IEnumerable<int> views) => views.Sum(view => Send(decision, view, LabelOf(decision)));

    public static int LabelOf(long decision) => (int)(decision % Workspace.Classes);

    public void Dispose() => _socket.Dispose();
}
