using System.Net;
using Jtfa.Core;
using Jtfa.Testbed.Sockets;

namespace Jtfa.Testbed.Traces;

/// <summary>One datagram of a trace.</summary>
/// <param name="ReceivedAt">When it was received, nanoseconds since 1970: 0 … the year 2106.</param>
/// <param name="Source">Who sent it, IPv4.</param>
/// <param name="Destination">Where it was received, IPv4; 0.0.0.0 for a recorder that listens on all addresses.</param>
/// <param name="Datagram">The UDP payload, 0 … 65,507 bytes.</param>
public sealed record TraceRecord(long ReceivedAt, IPEndPoint Source, IPEndPoint Destination, ReadOnlyMemory<byte> Datagram)
{
    /// <summary>Parses it as a token, received when the record says.</summary>
    /// <param name="packet">The token, where it is one.</param>
    /// <returns>Why it is none, or <see cref="RejectReason.None"/>.</returns>
    public RejectReason TryParse(out TokenPacket packet) =>
        DatagramCodec.TryParse(Datagram.Span, [], ReceivedAt / (double)TestbedClock.Second, out packet);
}
