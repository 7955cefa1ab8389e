namespace Jtfa.Core;

/// <summary>Both versions of the wire on one port: a map is version 1 (<see cref="PacketCodec"/>), an array version 2.</summary>
public static class DatagramCodec
{
    /// <summary>Parses a datagram of either version; as <see cref="ArrayPacketCodec.TryParse"/>.</summary>
    /// <param name="datagram">The UDP payload; the packet's spans point into it.</param>
    /// <param name="unpacked">Takes values that are not in the datagram as they are needed.</param>
    /// <param name="now">When it was received, seconds since 1970; version 1 does not need it.</param>
    /// <param name="packet">The packet, when the result is <see cref="RejectReason.None"/>.</param>
    /// <returns>Why the datagram is rejected, or <see cref="RejectReason.None"/>; <see cref="PacketFault"/> says it in words.</returns>
    public static RejectReason TryParse(ReadOnlySpan<byte> datagram, Span<sbyte> unpacked, double now, out TokenPacket packet) =>
        ArrayPacketCodec.IsArray(datagram)
            ? ArrayPacketCodec.TryParse(datagram, unpacked, now, out packet)
            : PacketCodec.TryParse(datagram, unpacked, out packet);

    /// <summary>Writes a packet in its version.</summary>
    /// <param name="packet">As that version's codec wants it.</param>
    /// <param name="destination">Takes the datagram; <see cref="TokenPacket.MaxDatagramBytes"/> always suffice.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">The destination is too small, or the packet is not such a one.</exception>
    public static int Write(in TokenPacket packet, Span<byte> destination) =>
        packet.Version == ArrayPacketCodec.Version ? ArrayPacketCodec.Write(packet, destination) : PacketCodec.Write(packet, destination);
}
