using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Ingress;

/// <summary>
/// Collects one drain's tokens by lane. Nothing is allocated a token: what a lane's call needs, its block of tokens, is allocated once a
/// lane when the batch is taken. Belongs to one receive loop.
/// </summary>
internal sealed class LaneBatches(int capacity)
{
    private readonly TokenHeader[] _headers = new TokenHeader[capacity];
    private readonly (int Offset, int Length)[] _values = new (int, int)[capacity];
    private readonly int[] _next = new int[capacity];
    private readonly Batch[] _batches = new Batch[capacity];
    private readonly Dictionary<LaneFeed, int> _byLane = new(capacity);
    private int _tokens;

    /// <summary>Batches: one a lane, and another for tokens under another policy.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a token whose values lie in <paramref name="memory"/>, which must stay as it is until the batch is taken.</summary>
    public void Add(
        LaneFeed lane, long decision, ScenePolicy policy, in TokenPacket packet, ReadOnlySpan<byte> memory, int bytes, double receivedAt)
    {
        var token = _tokens++;
        _next[token] = -1;
        _values[token] = (OffsetIn(memory, packet.Values), packet.Values.Length);
        _headers[token] = new TokenHeader
        {
            Decision = decision,
            Timestamp = packet.Timestamp,
            ReceivedAt = receivedAt,
            Scale = packet.Scale,
            View = packet.View,
            Label = packet.Label,
            Seed = packet.Seed,
            Quality = packet.Quality,
            Bytes = bytes,
            Encoding = packet.Encoding,
        };

        ref var index = ref CollectionsMarshal.GetValueRefOrAddDefault(_byLane, lane, out var known);
        if (known && ReferenceEquals(_batches[index].Policy, policy))
        {
            ref var batch = ref _batches[index];
            _next[batch.Last] = token;
            (batch.Last, batch.Count) = (token, batch.Count + 1);
        }
        else
        {
            index = Count++;
            _batches[index] = new Batch(lane, policy, token);
        }
    }

    /// <summary>A batch's lane, its tokens' policy and their number.</summary>
    public (LaneFeed Lane, ScenePolicy Policy, int Tokens) this[int index] =>
        (_batches[index].Lane, _batches[index].Policy, _batches[index].Count);

    /// <summary>A batch's tokens, in order of arrival, packed.</summary>
    public byte[] Pack(int index, ReadOnlySpan<byte> memory)
    {
        ref readonly var batch = ref _batches[index];
        var dimension = _values[batch.First].Length;
        var block = new byte[TokenBlock.Size(dimension, batch.Count)];
        TokenBlock.Begin(block, dimension, batch.Count);
        var at = 0;
        for (var token = batch.First; token >= 0; token = _next[token])
        {
            var (offset, length) = _values[token];
            TokenBlock.Write(block, at++, _headers[token], MemoryMarshal.Cast<byte, sbyte>(memory.Slice(offset, length)));
        }

        return block;
    }

    /// <summary>Empties the batches.</summary>
    public void Clear()
    {
        _byLane.Clear();
        Array.Clear(_batches, 0, Count);
        (_tokens, Count) = (0, 0);
    }

    private static int OffsetIn(ReadOnlySpan<byte> memory, ReadOnlySpan<sbyte> values) => (int)Unsafe.ByteOffset(
        ref MemoryMarshal.GetReference(memory), ref Unsafe.As<sbyte, byte>(ref MemoryMarshal.GetReference(values)));

    private struct Batch(LaneFeed lane, ScenePolicy policy, int token)
    {
        public readonly LaneFeed Lane = lane;
        public readonly ScenePolicy Policy = policy;
        public readonly int First = token;
        public int Last = token;
        public int Count = 1;
    }
}
