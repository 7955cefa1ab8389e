using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Jtfa.Silo.Ingress;

/// <summary>What Linux gives beside a datagram, and takes beside one that is sent: cmsg(3).</summary>
internal static class ControlData
{
    /// <summary>Bytes that all that is asked for takes: a count of drops 24, the address that a datagram came to 32 or 40.</summary>
    public const int MaxBytes = 64;

    /// <summary>SOL_SOCKET.</summary>
    public const int SocketLevel = 1;

    /// <summary>SO_RXQ_OVFL, the option and what comes for it.</summary>
    public const int Drops = 40;

    private const int Ipv4Level = 0;
    private const int Ipv6Level = 41;
    private const int Ipv4Info = 8; // IP_PKTINFO: interface, address to answer from, address in the datagram's header
    private const int Ipv4InfoBytes = 12;
    private const int Ipv6Info = 50; // IPV6_PKTINFO: address, interface
    private const int Ipv6InfoBytes = 20;
    private const int Ipv6AddressBytes = 16;

    private static readonly int s_headerBytes = Unsafe.SizeOf<Header>();

    /// <summary>
    /// Datagrams that the kernel has dropped because the buffer was full, since the socket was made, 32 bits of it; null where it does not
    /// say, as before the first.
    /// </summary>
    public static uint? ReadDrops(ReadOnlySpan<byte> received) =>
        Find(received, SocketLevel, Drops) is { Length: sizeof(uint) } drops ? MemoryMarshal.Read<uint>(drops) : null;

    /// <summary>
    /// Writes what makes an answer leave from the address that a datagram came to. By which interface is left to the routes.
    /// </summary>
    /// <returns>Bytes written; 0 where the kernel did not say the address.</returns>
    public static int WriteOrigin(ReadOnlySpan<byte> received, Span<byte> answer)
    {
        if (Find(received, Ipv4Level, Ipv4Info) is { Length: Ipv4InfoBytes } ipv4)
        {
            ipv4[4..8].CopyTo(Start(answer, Ipv4Level, Ipv4Info, Ipv4InfoBytes)[4..]);
            return Space(Ipv4InfoBytes);
        }

        if (Find(received, Ipv6Level, Ipv6Info) is { Length: Ipv6InfoBytes } ipv6)
        {
            ipv6[..Ipv6AddressBytes].CopyTo(Start(answer, Ipv6Level, Ipv6Info, Ipv6InfoBytes));
            return Space(Ipv6InfoBytes);
        }

        return 0;
    }

    private static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> control, int level, int type)
    {
        while (control.Length >= s_headerBytes)
        {
            var header = MemoryMarshal.Read<Header>(control);
            if (header.Length < (nuint)s_headerBytes || header.Length > (nuint)control.Length) break;
            var data = control[s_headerBytes..(int)header.Length];
            if (header.Level == level && header.Type == type) return data;
            control = control[Math.Min(control.Length, Space(data.Length))..];
        }

        return [];
    }

    private static Span<byte> Start(Span<byte> control, int level, int type, int bytes)
    {
        control.Clear();
        MemoryMarshal.Write(control, new Header { Length = (nuint)(s_headerBytes + bytes), Level = level, Type = type });
        return control.Slice(s_headerBytes, bytes);
    }

    // With a header, and aligned as the next header is.
    private static int Space(int bytes) => s_headerBytes + ((bytes + IntPtr.Size - 1) & -IntPtr.Size);

    [StructLayout(LayoutKind.Sequential)]
    private struct Header
    {
        public nuint Length;
        public int Level;
        public int Type;
    }
}
