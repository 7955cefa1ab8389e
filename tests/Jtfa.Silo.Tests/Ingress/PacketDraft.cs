using System.Runtime.InteropServices;
using System.Text;
using Jtfa.Core;
using Jtfa.Testing.MsgPack;
using MessagePack;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>A packet as keys and values, to be spoiled key by key and written in any order of its keys.</summary>
internal sealed class PacketDraft(Random random)
{
    private static readonly MsgPackValue s_nil = MsgPackValue.Raw(MessagePackCode.Nil);
    private static readonly byte[][] s_encodings = ["plain"u8.ToArray(), "psmix"u8.ToArray(), "hmix"u8.ToArray()];

    private readonly List<(string Key, MsgPackValue Value)> _top = [];
    private readonly List<(string Key, MsgPackValue Value)> _meta = [];
    private readonly byte[] _values = new byte[AxisHead.Dimension];
    private bool _metaIsMap;

    /// <summary>Makes it a valid token.</summary>
    public void Valid(double timestamp, long decision, int view, int label, string scene)
    {
        var encoding = (TokenEncoding)random.Next(3);
        var seed = (uint)random.NextInt64(1L << 32);
        var scale = AxisHead.Encode(label, encoding, seed, MemoryMarshal.Cast<byte, sbyte>(_values.AsSpan()));
        _top.Clear();
        _meta.Clear();
        _metaIsMap = true;
        Set("ts", MsgPackValue.Double(timestamp));
        Set("producer_id", MsgPackValue.Integer(view));
        Set("meta", default);
        Set("q", Values());
        Set("label", random.Next(4) == 0 ? MsgPackValue.Double(label) : MsgPackValue.Integer(label));
        Set("did", MsgPackValue.Integer(decision));
        if (scene.Length > 0) Set("scene", MsgPackValue.Text(Encoding.UTF8.GetBytes(scene)));
        Set("meta.enc", MsgPackValue.Text(s_encodings[(int)encoding]));
        Set("meta.seed", MsgPackValue.Integer(seed));
        Set("meta.scale", MsgPackValue.Double(scale));
        if (random.Next(2) == 0) Set("mode", MsgPackValue.Text(s_encodings[(int)encoding]));
        if (random.Next(2) == 0) Set("d", MsgPackValue.Integer(AxisHead.Dimension));
        if (random.Next(2) == 0) Set("meta.d", MsgPackValue.Integer(AxisHead.Dimension));
        if (random.Next(2) == 0) Set("meta.n2", MsgPackValue.Integer(AxisHead.Dimension));
        if (random.Next(4) == 0) Set("seq", random.Next(2) == 0 ? s_nil : MsgPackValue.Integer(random.NextInt64()));
        if (random.Next(4) == 0) Set("qual", MsgPackValue.Single(1 - (random.NextDouble() * 0.99)));
        if (random.Next(4) == 0) Set("tick", random.Next(2) == 0 ? s_nil : MsgPackValue.Double(timestamp - random.NextDouble()));
        if (random.Next(4) == 0) Set("later", MsgPackValue.Double(random.NextDouble()));
    }

    /// <summary>Sets a key's value; "meta.x" is x within meta, and meta itself becomes something else than a map.</summary>
    public void Set(string key, MsgPackValue value)
    {
        if (key == "meta" && value != default) _metaIsMap = false;
        var (map, name) = Find(key);
        var index = map.FindIndex(entry => entry.Key == name);
        if (index < 0) map.Add((name, value));
        else map[index] = (name, value);
    }

    public void Remove(string key)
    {
        var (map, name) = Find(key);
        map.RemoveAll(entry => entry.Key == name);
    }

    public void WriteTo(MsgPackScribe scribe)
    {
        scribe.Length = 0;
        Write(_top, scribe);
    }

    // Bytes as bin or str, or an array of int 8.
    private MsgPackValue Values() => random.Next(4) switch
    {
        0 => MsgPackValue.Text([.. _values]),
        1 => MsgPackValue.Raw(
            [MessagePackCode.Array16, 0, (byte)_values.Length, .. _values.SelectMany(value => (byte[])[MessagePackCode.Int8, value])]),
        _ => MsgPackValue.Binary([.. _values]),
    };

    private void Write(List<(string Key, MsgPackValue Value)> entries, MsgPackScribe scribe)
    {
        if (random.Next(2) == 0) random.Shuffle(CollectionsMarshal.AsSpan(entries));
        scribe.Map(entries.Count);
        Span<byte> name = stackalloc byte[32];
        foreach (var (key, value) in entries)
        {
            scribe.Text(name[..Encoding.UTF8.GetBytes(key, name)]);
            if (key == "meta" && _metaIsMap) Write(_meta, scribe);
            else scribe.Write(value);
        }
    }

    private (List<(string Key, MsgPackValue Value)> Map, string Name) Find(string key) =>
        key.StartsWith("meta.", StringComparison.Ordinal) ? (_meta, key["meta.".Length..]) : (_top, key);
}
