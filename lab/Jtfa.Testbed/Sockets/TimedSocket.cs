using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Jtfa.Testbed.Sockets;

/// <summary>
/// A bound UDP socket (IPv4) whose datagrams come with the time at which the kernel took them (SO_TIMESTAMPNS); elsewhere than on Linux
/// with the time at which they are read. Belongs to one thread.
/// </summary>
internal sealed unsafe partial class TimedSocket : IDisposable
{
    /// <summary>The longest UDP payload over IPv4, bytes.</summary>
    public const int MaxDatagramBytes = 65_507;

    private const int ReceiveBufferBytes = 4 << 20;
    private const int NameBytes = 16;
    private const int ControlBytes = 256;
    private const int SolSocket = 1;
    private const int SoRcvBufForce = 33;
    private const int SoTimestampNs = 35;
    private const int SoRxqOvfl = 40;
    private const int MsgDontWait = 0x40;
    private const int ErrorInterrupted = 4;
    private const int ErrorAgain = 11;
    private const int ErrorRefused = 111;

    private readonly byte[] _buffer = GC.AllocateArray<byte>(MaxDatagramBytes, pinned: true);
    private readonly byte[] _name = GC.AllocateArray<byte>(NameBytes, pinned: true);
    private readonly byte[] _control = GC.AllocateArray<byte>(ControlBytes, pinned: true);
    private EndPoint _source = new IPEndPoint(IPAddress.Any, 0);
    private int _length;

    /// <summary>Binds.</summary>
    /// <exception cref="TestbedException">The port is in use or not allowed, or the address is not this machine's.</exception>
    public TimedSocket(IPEndPoint endpoint)
    {
        Socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
        try
        {
            AskOfKernel();
            Socket.Bind(endpoint);
            LocalEndPoint = (IPEndPoint)Socket.LocalEndPoint!;
            Handle = (int)Socket.Handle;
        }
        catch (SocketException exception)
        {
            Socket.Dispose();
            throw new TestbedException(
                $"UDP {endpoint} cannot be listened on ({exception.Message}): choose another port, 0 for any, or address", exception);
        }
    }

    /// <summary>Where it is bound.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>The socket itself.</summary>
    public Socket Socket { get; }

    /// <summary>The socket's number in this process.</summary>
    public int Handle { get; }

    /// <summary>The last datagram, until the next is taken.</summary>
    public ReadOnlySpan<byte> Datagram => _buffer.AsSpan(0, _length);

    /// <summary>When the kernel took the last datagram, nanoseconds since 1970.</summary>
    public long ReceivedAt { get; private set; }

    /// <summary>Datagrams that the kernel dropped because the buffer was full, as far as it has told; 0 where it does not tell.</summary>
    public long KernelDrops { get; private set; }

    /// <summary>Who sent the last datagram.</summary>
    public IPEndPoint Source => OperatingSystem.IsLinux()
        ? new IPEndPoint(new IPAddress(_name.AsSpan(4, 4)), (_name[2] << 8) | _name[3])
        : (IPEndPoint)_source;

    /// <summary>Takes one datagram if one waits.</summary>
    /// <exception cref="SocketException">The socket failed.</exception>
    public bool TryReceive() => OperatingSystem.IsLinux() ? TryReceiveTimed() : TryReceiveAnywhere();

    /// <inheritdoc />
    public void Dispose() => Socket.Dispose();

    private void AskOfKernel()
    {
        Socket.ReceiveBufferSize = ReceiveBufferBytes;
        if (!OperatingSystem.IsLinux()) return;
        Span<byte> value = stackalloc byte[sizeof(int)];
        MemoryMarshal.Write(value, ReceiveBufferBytes);
        try
        {
            // May exceed net.core.rmem_max, but only root may use it.
            Socket.SetRawSocketOption(SolSocket, SoRcvBufForce, value);
        }
        catch (SocketException)
        {
            // The size granted above stays; what the kernel drops is counted.
        }

        MemoryMarshal.Write(value, 1);
        Socket.SetRawSocketOption(SolSocket, SoTimestampNs, value);
        Socket.SetRawSocketOption(SolSocket, SoRxqOvfl, value);
    }

    private bool TryReceiveTimed()
    {
        var vector = new IoVector { Base = AddressOf(_buffer), Length = (nuint)_buffer.Length };
        var header = new MessageHeader
        {
            Name = AddressOf(_name),
            NameLength = NameBytes,
            Vectors = &vector,
            VectorCount = 1,
            Control = AddressOf(_control),
            ControlLength = ControlBytes,
        };
        var length = ReceiveMessage(Handle, &header, MsgDontWait);
        if (length < 0)
        {
            // Refused: a datagram that this socket sent met no listener, which does not concern receiving.
            var error = Marshal.GetLastPInvokeError();
            return error is ErrorAgain or ErrorInterrupted or ErrorRefused ? false : throw new SocketException(error);
        }

        _length = (int)length;
        ReceivedAt = 0;
        ReadControl(_control.AsSpan(0, (int)header.ControlLength));
        if (ReceivedAt == 0) ReceivedAt = TestbedClock.Wall;
        return true;
    }

    // Entries of a length, a level, a type and data, each aligned to a word.
    private void ReadControl(ReadOnlySpan<byte> control)
    {
        while (control.Length >= sizeof(ControlHeader))
        {
            var entry = MemoryMarshal.Read<ControlHeader>(control);
            if (entry.Length < (nuint)sizeof(ControlHeader) || entry.Length > (nuint)control.Length) return;
            var data = control[sizeof(ControlHeader)..(int)entry.Length];
            if (entry is { Level: SolSocket, Type: SoTimestampNs } && data.Length >= 2 * sizeof(nint))
                ReceivedAt = ((long)MemoryMarshal.Read<nint>(data) * TestbedClock.Second) + MemoryMarshal.Read<nint>(data[sizeof(nint)..]);
            else if (entry is { Level: SolSocket, Type: SoRxqOvfl } && data.Length >= sizeof(uint))
                KernelDrops += MemoryMarshal.Read<uint>(data) - (uint)KernelDrops;
            var aligned = ((int)entry.Length + sizeof(nint) - 1) & -sizeof(nint);
            if (aligned >= control.Length) return;
            control = control[aligned..];
        }
    }

    private bool TryReceiveAnywhere()
    {
        if (Socket.Available == 0) return false;
        _length = Socket.ReceiveFrom(_buffer, ref _source);
        ReceivedAt = TestbedClock.Wall;
        return true;
    }

    private static void* AddressOf(byte[] pinned) => Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));

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
    private struct ControlHeader
    {
        public nuint Length;
        public int Level;
        public int Type;
    }

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static partial nint ReceiveMessage(int socket, MessageHeader* header, int flags);
}
