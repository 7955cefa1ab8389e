using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Jtfa.Core;

namespace Jtfa.Silo.Ingress;

/// <summary>
/// A bound UDP socket, read in batches: on Linux by recvmmsg, one system call for all datagrams that wait, with the kernel's drop
/// count beside them; elsewhere one datagram a call. Bound to <c>::</c> it takes IPv4, too. Where it is bound to every address, on Linux,
/// it answers from the one that a datagram came to, since a sender hears nobody else. Belongs to one thread.
/// </summary>
internal sealed unsafe partial class DatagramSocket : IDisposable
{
    /// <summary>How long <see cref="Receive"/> waits for a first datagram.</summary>
    public static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(250);

    // More bytes than are allowed, so that a datagram that is too long is noticed.
    private const int SlotBytes = TokenPacket.MaxDatagramBytes + 8;
    private const int NameBytes = 28;
    private const int SoRcvBufForce = 33;
    private const int MsgDontWait = 0x40;
    private const int MsgWaitForOne = 0x10000;
    private const int ErrorInterrupted = 4;
    private const int ErrorAgain = 11;

    private readonly Socket _socket;
    private readonly byte[] _buffer;
    private readonly int[] _lengths;
    private readonly MultiMessageHeader* _headers;
    private readonly SocketAddress _source; // of the last datagram, where there are no headers
    private bool _disposed;

    /// <summary>Binds.</summary>
    /// <exception cref="SocketException">The port is in use, or not allowed.</exception>
    public DatagramSocket(IPEndPoint endpoint, int receiveBufferBytes, int batchSize)
    {
        _socket = new Socket(endpoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            // .NET binds IPv6 for IPv6 alone, whatever the system's setting is.
            if (endpoint.Address.Equals(IPAddress.IPv6Any)) _socket.DualMode = true;
            if (OperatingSystem.IsLinux() && IsEvery(endpoint.Address)) AskForDestination(endpoint.AddressFamily);
            _socket.ReceiveTimeout = (int)Wait.TotalMilliseconds;
            AskForBuffer(receiveBufferBytes);
            _socket.Bind(endpoint);
            LocalEndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        }
        catch
        {
            _socket.Dispose();
            throw;
        }

        _lengths = new int[batchSize];
        _source = new SocketAddress(endpoint.AddressFamily);
        _buffer = GC.AllocateArray<byte>(batchSize * (SlotBytes + TokenPacket.MaxDimension), pinned: true);
        if (OperatingSystem.IsLinux()) _headers = PrepareHeaders(batchSize);
    }

    /// <summary>Where it is bound.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>
    /// The kernel's receive buffer as granted, bytes; Linux reports twice what it grants for datagrams, and so does this.
    /// </summary>
    public int GrantedBufferBytes => _socket.ReceiveBufferSize;

    /// <summary>
    /// Datagrams that the kernel dropped because the buffer was full, since the socket was bound; 0 where it does not tell.
    /// </summary>
    public long KernelDrops { get; private set; }

    /// <summary>The batch's memory: its datagrams, then for each <see cref="Room"/>.</summary>
    public ReadOnlySpan<byte> Memory => _buffer;

    /// <summary>A datagram of the last batch.</summary>
    public ReadOnlySpan<byte> Datagram(int index) => _buffer.AsSpan(index * SlotBytes, _lengths[index]);

    /// <summary>Room in <see cref="Memory"/> for values that a datagram of the last batch does not have as they are needed.</summary>
    public Span<sbyte> Room(int index) => MemoryMarshal.Cast<byte, sbyte>(
        _buffer.AsSpan((_lengths.Length * SlotBytes) + (index * TokenPacket.MaxDimension), TokenPacket.MaxDimension));

    /// <summary>Who sent a datagram of the last batch, by IPv4 where it came by that; null where that is not known.</summary>
    public IPEndPoint? Source(int index)
    {
        if (_headers is null) return null;
        var name = new ReadOnlySpan<byte>(_headers[index].Header.Name, NameBytes);
        var port = (name[2] << 8) | name[3];
        if (LocalEndPoint.AddressFamily == AddressFamily.InterNetwork) return new IPEndPoint(new IPAddress(name.Slice(4, 4)), port);
        var address = new IPAddress(name.Slice(8, 16));
        return new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port);
    }

    /// <summary>Waits for datagrams and takes all that are there, up to the batch size; 0 when none came in time.</summary>
    /// <exception cref="SocketException">The socket failed.</exception>
    public int Receive() => _headers is null ? ReceiveOne() : ReceiveMany();

    /// <summary>
    /// Sends a datagram to the sender of one of the last batch. It does not wait, and drops what cannot be sent at once.
    /// </summary>
    public void Answer(int index, ReadOnlySpan<byte> datagram)
    {
        if (_headers is not null)
        {
            ref readonly var received = ref _headers[index].Header;
            Span<byte> control = stackalloc byte[ControlData.MaxBytes];
            fixed (byte* bytes = datagram, place = control)
            {
                var vector = new IoVector { Base = bytes, Length = (nuint)datagram.Length };
                var answer = new MessageHeader
                {
                    Name = received.Name,
                    NameLength = received.NameLength,
                    Vectors = &vector,
                    VectorCount = 1,
                    Control = place,
                    ControlLength = (nuint)ControlData.WriteOrigin(ControlOf(received), control),
                };
                _ = SendMessage((int)_socket.Handle, &answer, MsgDontWait);
            }

            return;
        }

        try
        {
            _socket.SendTo(datagram, SocketFlags.None, _source);
        }
        catch (SocketException)
        {
            // The camera's next token is answered again.
        }
    }

    /// <summary>Whether the kernel holds datagrams that were not taken yet.</summary>
    public bool HasWaiting => _socket.Available > 0;

    /// <inheritdoc />
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _socket.Dispose();
        NativeMemory.Free(_headers);
    }

    private void AskForBuffer(int bytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            _socket.ReceiveBufferSize = bytes;
            return;
        }

        // The forced option may exceed net.core.rmem_max, but only root may use it.
        Span<byte> value = stackalloc byte[sizeof(int)];
        MemoryMarshal.Write(value, bytes);
        try
        {
            _socket.SetRawSocketOption(ControlData.SocketLevel, SoRcvBufForce, value);
        }
        catch (SocketException)
        {
            _socket.ReceiveBufferSize = bytes;
        }

        MemoryMarshal.Write(value, 1);
        _socket.SetRawSocketOption(ControlData.SocketLevel, ControlData.Drops, value);
    }

    private static bool IsEvery(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private void AskForDestination(AddressFamily family) => _socket.SetSocketOption(
        family == AddressFamily.InterNetwork ? SocketOptionLevel.IP : SocketOptionLevel.IPv6, SocketOptionName.PacketInformation, true);

    private static ReadOnlySpan<byte> ControlOf(in MessageHeader header) => new(header.Control, (int)header.ControlLength);

    // One block of memory: the headers, then for each its vector, room for control data and for the sender's address.
    private MultiMessageHeader* PrepareHeaders(int batchSize)
    {
        var each = sizeof(MultiMessageHeader) + sizeof(IoVector) + NameBytes + 4 + ControlData.MaxBytes;
        var headers = (MultiMessageHeader*)NativeMemory.AllocZeroed((nuint)batchSize, (nuint)each);
        var vectors = (IoVector*)(headers + batchSize);
        var controls = (byte*)(vectors + batchSize);
        var names = controls + (batchSize * ControlData.MaxBytes);
        var slots = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_buffer));
        for (var i = 0; i < batchSize; i++)
        {
            vectors[i] = new IoVector { Base = slots + (i * SlotBytes), Length = SlotBytes };
            headers[i].Header.Vectors = vectors + i;
            headers[i].Header.VectorCount = 1;
            headers[i].Header.Name = names + (i * NameBytes);
            headers[i].Header.Control = controls + (i * ControlData.MaxBytes);
        }

        return headers;
    }

    private int ReceiveOne()
    {
        try
        {
            _lengths[0] = _socket.ReceiveFrom(_buffer.AsSpan(0, SlotBytes), SocketFlags.None, _source);
            return 1;
        }
        catch (SocketException exception) when (
            exception.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock or SocketError.Interrupted)
        {
            return 0;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.MessageSize)
        {
            _lengths[0] = SlotBytes;
            return 1;
        }
    }

    private int ReceiveMany()
    {
        for (var i = 0; i < _lengths.Length; i++)
        {
            _headers[i].Header.NameLength = NameBytes;
            _headers[i].Header.ControlLength = ControlData.MaxBytes;
        }

        var count = ReceiveMultiple((int)_socket.Handle, _headers, (uint)_lengths.Length, MsgWaitForOne, null);
        if (count < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            return error is ErrorAgain or ErrorInterrupted ? 0 : throw new SocketException(error);
        }

        for (var i = 0; i < count; i++) _lengths[i] = (int)_headers[i].Length;
        ReadDrops(_headers[count - 1].Header);
        return count;
    }

    // The kernel's counter has 32 bits, and comes with a datagram once any were dropped.
    private void ReadDrops(in MessageHeader header)
    {
        if (ControlData.ReadDrops(ControlOf(header)) is { } drops) KernelDrops += drops - (uint)KernelDrops;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public void* Base;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct MultiMessageHeader
    {
        public MessageHeader Header;
        public uint Length;
    }

    [LibraryImport("libc", EntryPoint = "recvmmsg", SetLastError = true)]
    private static partial int ReceiveMultiple(int socket, MultiMessageHeader* headers, uint count, int flags, void* timeout);

    [LibraryImport("libc", EntryPoint = "sendmsg")]
    private static partial nint SendMessage(int socket, MessageHeader* message, int flags);
}
