using System.Net;

namespace Jtfa.Testbed.Traces;

/// <summary>One datagram of a trace.</summary>
/// <param name="ReceivedAt">When it was received, nanoseconds since 1970: 0 … the year 2106.</param>
/// <param name="Source">Who sent it, IPv4.</param>
/// <param name="Destination">Where it was received, IPv4; 0.0.0.0 for a recorder that listens on all addresses.</param>
/// <param name="Datagram">The UDP payload, 0 … 65,507 bytes.</param>
public sealed record TraceRecord(long ReceivedAt, IPEndPoint Source, IPEndPoint Destination, ReadOnlyMemory<byte> Datagram);
