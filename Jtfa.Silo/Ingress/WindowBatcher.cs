using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Ingress;

/// <summary>
/// Collects one drain's tokens by window. Nothing is allocated a token: what a window's call needs, its block of tokens, is
/// allocated once a window when the batch is taken. Belongs to one receive loop.
/// </summary>
internal sealed class WindowBatcher(int capacity)
{
    private readonly TokenHeader[] _headers = new TokenHeader[capacity];
    private readonly (int Offset, int Length)[] _values = new (int, int)[capacity];
    private readonly int[] _next = new int[capacity];
    private readonly Group[] _groups = new Group[capacity];
    private readonly Dictionary<(SceneRoute, long), int> _byWindow = new(capacity);
    private int _tokens;

    /// <summary>Windows in this batch.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a token whose values lie in <paramref name="memory"/>, which must stay as it is until the batch is taken.</summary>
    public void Add(SceneRoute scene, long decision, ScenePolicy policy, in TokenPacket packet, ReadOnlySpan<byte> memory, int bytes, double receivedAt)
    {
        var token = _tokens++;
        _next[token] = -1;
        _values[token] = (OffsetIn(memory, packet.Values), packet.Values.Length);
        _headers[token] = new TokenHeader
        {
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

        ref var index = ref CollectionsMarshal.GetValueRefOrAddDefault(_byWindow, (scene, decision), out var known);
        if (known)
        {
            ref var group = ref _groups[index];
            _next[group.Last] = token;
            (group.Last, group.Count) = (token, group.Count + 1);
        }
        else
        {
            index = Count++;
            _groups[index] = new Group(scene, decision, policy, token);
        }
    }

    /// <summary>A window of the batch.</summary>
    public (SceneRoute Scene, long Decision, ScenePolicy Policy, int Tokens) Window(int index)
    {
        ref readonly var group = ref _groups[index];
        return (group.Scene, group.Decision, group.Policy, group.Count);
    }

    /// <summary>A window's tokens, in order of arrival, packed.</summary>
    public byte[] Pack(int index, ReadOnlySpan<byte> memory)
    {
        ref readonly var group = ref _groups[index];
        var dimension = _values[group.First].Length;
        var block = new byte[TokenBlock.Size(dimension, group.Count)];
        TokenBlock.Begin(block, dimension, group.Count);
        var at = 0;
        for (var token = group.First; token >= 0; token = _next[token])
        {
            var (offset, length) = _values[token];
            TokenBlock.Write(block, at++, _headers[token], MemoryMarshal.Cast<byte, sbyte>(memory.Slice(offset, length)));
        }

        return block;
    }

    /// <summary>Empties the batch.</summary>
    public void Clear()
    {
        _byWindow.Clear();
        Array.Clear(_groups, 0, Count);
        (_tokens, Count) = (0, 0);
    }

    private static int OffsetIn(ReadOnlySpan<byte> memory, ReadOnlySpan<sbyte> values) => (int)Unsafe.ByteOffset(
        ref MemoryMarshal.GetReference(memory), ref Unsafe.As<sbyte, byte>(ref MemoryMarshal.GetReference(values)));

    private struct Group(SceneRoute scene, long decision, ScenePolicy policy, int token)
    {
        public readonly SceneRoute Scene = scene;
        public readonly long Decision = decision;
        public readonly ScenePolicy Policy = policy;
        public readonly int First = token;
        public int Last = token;
        public int Count = 1;
    }
}
