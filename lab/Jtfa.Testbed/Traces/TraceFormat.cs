using System.Buffers.Binary;
using System.Net;
using Jtfa.Testbed.Sockets;

namespace Jtfa.Testbed.Traces;

/// <summary>
/// The trace file: a classic pcap, little-endian, nanoseconds, of raw IP packets (draft-ietf-opsawg-pcap; LINKTYPE_RAW), each an IPv4
/// header, a UDP header and the datagram. docs/laboratory.md has the layout.
/// </summary>
internal static class TraceFormat
{
    /// <summary>Bytes of the file's header.</summary>
    public const int FileHeaderBytes = 24;

    /// <summary>Bytes of a record's header.</summary>
    public const int RecordHeaderBytes = 16;

    /// <summary>Bytes of a record around its datagram.</summary>
    public const int OverheadBytes = RecordHeaderBytes + PacketHeaderBytes;

    /// <summary>The longest record, bytes.</summary>
    public const int MaxRecordBytes = OverheadBytes + TimedSocket.MaxDatagramBytes;

    private const int VersionEnd = 8;
    private const int LinkTypeBegin = 20;
    private const int IpHeaderBytes = 20;
    private const int UdpHeaderBytes = 8;
    private const int PacketHeaderBytes = IpHeaderBytes + UdpHeaderBytes;
    private const uint Magic = 0xA1B23C4D;
    private const uint SnapLength = 65_535;
    private const uint LinkTypeRaw = 101;
    private const byte Version4Words5 = 0x45;
    private const ushort DoNotFragment = 0x4000;
    private const byte TimeToLive = 64;
    private const byte Udp = 17;

    /// <summary>The header of every trace: magic, version 2.4, two reserved words, longest packet, link type.</summary>
    public static ReadOnlySpan<byte> FileHeader => s_fileHeader;

    private static readonly byte[] s_fileHeader = MakeFileHeader();

    /// <summary>Whether a file begins as a trace does; the longest packet, and what is reserved, may be another program's.</summary>
    /// <param name="begin">Its header, or what there is of it.</param>
    public static bool IsFileHeader(ReadOnlySpan<byte> begin)
    {
        for (var i = 0; i < begin.Length; i++)
        {
            if (begin[i] != s_fileHeader[i] && i is < VersionEnd or >= LinkTypeBegin) return false;
        }

        return true;
    }

    /// <summary>Writes a record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="destination">At least <see cref="OverheadBytes"/> more than the datagram.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">A time, address or length that the format does not hold.</exception>
    public static int Write(TraceRecord record, Span<byte> destination)
    {
        var payload = record.Datagram.Span;
        if (record.ReceivedAt < 0 || record.ReceivedAt / TestbedClock.Second > uint.MaxValue)
            throw new ArgumentException("The time is outside 1970 … 2106.", nameof(record));
        if (payload.Length > TimedSocket.MaxDatagramBytes)
            throw new ArgumentException($"{payload.Length} bytes: allowed is 0 … {TimedSocket.MaxDatagramBytes}.", nameof(record));
        var length = PacketHeaderBytes + payload.Length;
        BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)(record.ReceivedAt / TestbedClock.Second));
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], (uint)(record.ReceivedAt % TestbedClock.Second));
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], (uint)length);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[12..], (uint)length);
        var packet = destination[RecordHeaderBytes..];
        packet[..PacketHeaderBytes].Clear();
        WriteIp(record, length, packet);
        WriteUdp(record, packet[IpHeaderBytes..]);
        payload.CopyTo(packet[PacketHeaderBytes..]);
        return RecordHeaderBytes + length;
    }

    /// <summary>The packet's length that a record's header gives; null where it is no header of ours.</summary>
    public static int? PacketBytes(ReadOnlySpan<byte> header)
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        var isOurs = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) < TestbedClock.Second
            && length is >= PacketHeaderBytes and <= SnapLength
            && BinaryPrimitives.ReadUInt32LittleEndian(header[12..]) == length;
        return isOurs ? (int)length : null;
    }

    /// <summary>Reads a whole record.</summary>
    /// <param name="header">Its header, one that <see cref="PacketBytes"/> knows.</param>
    /// <param name="packet">Its packet; the record keeps this memory.</param>
    /// <returns>Null where the packet is not IPv4 with UDP of this length.</returns>
    public static TraceRecord? Read(ReadOnlySpan<byte> header, ReadOnlyMemory<byte> packet)
    {
        var bytes = packet.Span;
        var udp = bytes[IpHeaderBytes..];
        if (bytes[0] != Version4Words5 || bytes[9] != Udp || BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) != bytes.Length
            || BinaryPrimitives.ReadUInt16BigEndian(udp[4..]) != bytes.Length - IpHeaderBytes)
            return null;
        var receivedAt = (BinaryPrimitives.ReadUInt32LittleEndian(header) * TestbedClock.Second) + BinaryPrimitives.ReadUInt32LittleEndian(
            header[4..]);
        return new TraceRecord(
            receivedAt,
            new IPEndPoint(new IPAddress(bytes.Slice(12, 4)), BinaryPrimitives.ReadUInt16BigEndian(udp)),
            new IPEndPoint(new IPAddress(bytes.Slice(16, 4)), BinaryPrimitives.ReadUInt16BigEndian(udp[2..])),
            packet[PacketHeaderBytes..]);
    }

    private static byte[] MakeFileHeader()
    {
        var header = new byte[FileHeaderBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(4), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), 4);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), SnapLength);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(20), LinkTypeRaw);
        return header;
    }

    // RFC 791.
    private static void WriteIp(TraceRecord record, int length, Span<byte> ip)
    {
        ip[0] = Version4Words5;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)length);
        BinaryPrimitives.WriteUInt16BigEndian(ip[6..], DoNotFragment);
        ip[8] = TimeToLive;
        ip[9] = Udp;
        if (!record.Source.Address.TryWriteBytes(ip.Slice(12, 4), out var written) || written != 4
            || !record.Destination.Address.TryWriteBytes(ip.Slice(16, 4), out written) || written != 4)
            throw new ArgumentException("Allowed are IPv4 addresses.", nameof(record));
        uint sum = 0;
        for (var i = 0; i < IpHeaderBytes; i += 2) sum += BinaryPrimitives.ReadUInt16BigEndian(ip[i..]);
        while (sum > ushort.MaxValue) sum = (sum & ushort.MaxValue) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], (ushort)~sum);
    }

    // RFC 768; a checksum of 0 says that there is none.
    private static void WriteUdp(TraceRecord record, Span<byte> udp)
    {
        BinaryPrimitives.WriteUInt16BigEndian(udp, (ushort)record.Source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], (ushort)record.Destination.Port);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)(UdpHeaderBytes + record.Datagram.Length));
    }
}
