using static Jtfa.Core.Tests.MsgPackBytes;

namespace Jtfa.Core.Tests;

/// <summary>A valid hmix packet of d = 3 as a table of keys and msgpack values, to be changed key by key.</summary>
internal sealed class PacketMap
{
    private readonly List<(string Key, byte[] Value)> _meta =
    [
        ("enc", Str("hmix")), ("seed", Int(5000)), ("scale", Float64(0.5)), ("d", Int(3)), ("n2", Int(4)),
    ];

    private readonly List<(string Key, byte[] Value)> _top =
    [
        ("ts", Float64(1760000000.25)), ("producer_id", Int(7)), ("mode", Str("hmix")), ("d", Int(3)), ("meta", []),
        ("q", Bin(0x81, 0, 0x7f)), ("label", Int(4)),
    ];

    public static RejectReason Parse(byte[] datagram) => PacketCodec.TryParse(datagram, out _);

    /// <summary>Sets a key's value ("meta.seed" is seed within meta), adding the key at the end when it is new.</summary>
    public PacketMap With(string key, byte[] value)
    {
        var (map, name) = Find(key);
        var index = map.FindIndex(entry => entry.Key == name);
        if (index < 0) map.Add((name, value));
        else map[index] = (name, value);
        return this;
    }

    /// <summary>Adds a key's value at the end, also when the key is there already.</summary>
    public PacketMap Again(string key, byte[] value)
    {
        var (map, name) = Find(key);
        map.Add((name, value));
        return this;
    }

    public PacketMap Without(string key)
    {
        var (map, name) = Find(key);
        map.RemoveAll(entry => entry.Key == name);
        return this;
    }

    public PacketMap Reversed()
    {
        _top.Reverse();
        _meta.Reverse();
        return this;
    }

    public byte[] ToBytes() => Map([.. Entries()]);

    public byte[] ToMap16Bytes() => Map16([.. Entries()]);

    public byte[] ToMap32Bytes() => Map32([.. Entries()]);

    public RejectReason Parse() => Parse(ToBytes());

    private IEnumerable<(string Key, byte[] Value)> Entries() =>
        _top.Select(entry => entry.Value.Length == 0 ? (entry.Key, Map([.. _meta])) : entry);

    private (List<(string Key, byte[] Value)> Map, string Name) Find(string key) =>
        key.StartsWith("meta.", StringComparison.Ordinal) ? (_meta, key["meta.".Length..]) : (_top, key);
}
