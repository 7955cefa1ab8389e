using System.Buffers;

namespace Jtfa.Testbed.Links;

/// <summary>A datagram on its way.</summary>
/// <param name="Packet">What the log will say of it, but for the error.</param>
/// <param name="Datagram">A pooled array that begins with it.</param>
internal readonly record struct HeldPacket(RelayedPacket Packet, byte[] Datagram);

/// <summary>The datagrams that a relay holds, by due time; those of one time in the order in which they came.</summary>
internal sealed class HeldPackets
{
    /// <summary>How many it holds at most.</summary>
    public const int Limit = 1 << 16;

    private readonly PriorityQueue<HeldPacket, (long Due, long Order)> _queue = new();
    private long _order;

    /// <summary>Holds a copy of a datagram.</summary>
    /// <returns>False where it holds too many already.</returns>
    public bool TryAdd(in RelayedPacket packet, ReadOnlySpan<byte> datagram, long due)
    {
        if (_queue.Count == Limit) return false;
        var copy = ArrayPool<byte>.Shared.Rent(Math.Max(1, datagram.Length));
        datagram.CopyTo(copy);
        _queue.Enqueue(new HeldPacket(packet, copy), (due, _order++));
        return true;
    }

    /// <summary>When the next is due; the largest number where none is held.</summary>
    public long NextDue => _queue.TryPeek(out _, out var priority) ? priority.Due : long.MaxValue;

    /// <summary>Takes the next; its array goes back to the pool with <see cref="Return"/>.</summary>
    public bool TryTake(out HeldPacket held, out long due)
    {
        var any = _queue.TryDequeue(out held, out var priority);
        due = priority.Due;
        return any;
    }

    /// <summary>Gives a datagram's memory back.</summary>
    public static void Return(in HeldPacket held) => ArrayPool<byte>.Shared.Return(held.Datagram);
}
