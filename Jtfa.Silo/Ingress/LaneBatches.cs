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
    private TokenHeader[] _headers = new TokenHeader[capacity];
    private Place[] _values = new Place[capacity];
    private int[] _next = new int[capacity];
    private Batch[] _batches = new Batch[capacity];
    private readonly Dictionary<LaneFeed, int> _byLane = new(capacity);
    private int _tokens;
    private bool _hasHeld;

    /// <summary>Batches: one a lane, and another for tokens under another policy.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a token whose values lie in <paramref name="memory"/>, which must stay as it is until the batch is taken.</summary>
    public void Add(
        LaneFeed lane, long decision, ScenePolicy policy, in TokenPacket packet, ReadOnlySpan<byte> memory, int bytes, double receivedAt)
    {
        var place = new Place(OffsetIn(memory, packet.Values), packet.Values.Length, default);
        Add(lane, policy, place, TokenHeader.Of(packet, receivedAt) with { Decision = decision, Bytes = bytes });
    }

    /// <summary>Adds a held token to the window that another token opens.</summary>
    public void Add(LaneFeed lane, long decision, ScenePolicy policy, HeldToken held)
    {
        _hasHeld = true;
        Add(lane, policy, new Place(0, held.Values.Length, held.Values), held.Header with { Decision = decision });
    }

    private void Add(LaneFeed lane, ScenePolicy policy, in Place place, in TokenHeader header)
    {
        MakeRoom();
        var token = _tokens++;
        (_next[token], _values[token], _headers[token]) = (-1, place, header);
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
            var (offset, length, own) = _values[token];
            TokenBlock.Write(
                block, at++, _headers[token],
                own.IsEmpty ? MemoryMarshal.Cast<byte, sbyte>(memory.Slice(offset, length)) : own.Span);
        }

        return block;
    }

    /// <summary>Empties the batches.</summary>
    public void Clear()
    {
        _byLane.Clear();
        Array.Clear(_batches, 0, Count);
        if (_hasHeld) Array.Clear(_values, 0, _tokens);
        _hasHeld = false;
        (_tokens, Count) = (0, 0);
    }

    private static int OffsetIn(ReadOnlySpan<byte> memory, ReadOnlySpan<sbyte> values) => (int)Unsafe.ByteOffset(
        ref MemoryMarshal.GetReference(memory), ref Unsafe.As<sbyte, byte>(ref MemoryMarshal.GetReference(values)));

    // Windows that open bring held tokens of as many views as the scene has.
    private void MakeRoom()
    {
        if (_tokens < _next.Length) return;
        Array.Resize(ref _headers, 2 * _tokens);
        Array.Resize(ref _values, 2 * _tokens);
        Array.Resize(ref _next, 2 * _tokens);
        Array.Resize(ref _batches, 2 * _tokens);
    }

    // In the socket's memory, or its own.
    private readonly record struct Place(int Offset, int Length, ReadOnlyMemory<sbyte> Own);

    private struct Batch(LaneFeed lane, ScenePolicy policy, int token)
    {
        public readonly LaneFeed Lane = lane;
        public readonly ScenePolicy Policy = policy;
        public readonly int First = token;
        public int Last = token;
        public int Count = 1;
    }
}
