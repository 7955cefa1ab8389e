using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using Jtfa.Testing.MsgPack;
using MessagePack;

namespace Jtfa.Core.Tests;

/// <summary>Packets as MessagePack writes them, apart from the product's codec.</summary>
internal static class MessagePackPacket
{
    private const string Tag = "tag";

    private static readonly string[] s_mayBeMissing = ["mode", "d", "n2"];

    // Some differ from known keys by little.
    private static readonly string[] s_unknown = ["", "t", "tss", "Q", "meta.scale", "später", "a key of more than 31 letters and digits"];

    /// <summary>The keys in the published order, each value in its shortest format: byte by byte what the product writes.</summary>
    public static byte[] Write(PacketCase packet)
    {
        var scribe = new MsgPackScribe();
        Write(scribe, Top(packet), Meta(packet));
        return scribe.Written.ToArray();
    }

    /// <summary>The same content in any way that the wire allows: any order, any format, unknown keys between, keys left out.</summary>
    public static byte[] WriteAnyhow(PacketCase packet, Random random)
    {
        var scribe = new MsgPackScribe(random);
        Write(scribe, Vary(Top(packet), random), Vary(Meta(packet), random));
        return scribe.Written.ToArray();
    }

    private static void Write(MsgPackScribe scribe, List<(string? Key, MsgPackValue Value)> entries, List<(string?, MsgPackValue)> meta)
    {
        scribe.Map(entries.Count);
        foreach (var (key, value) in entries)
        {
            if (key is not null) scribe.Write(Text(key));
            if (value == default) Write(scribe, meta, []);
            else scribe.Write(value);
        }
    }

    private static List<(string? Key, MsgPackValue Value)> Top(PacketCase packet)
    {
        List<(string?, MsgPackValue)> entries =
        [
            ("ts", MsgPackValue.Double(packet.Timestamp)),
            ("producer_id", MsgPackValue.Integer(packet.View)),
            ("mode", Name(packet.Encoding)),
            ("d", MsgPackValue.Integer(packet.Values.Length)),
            ("meta", default),
            ("q", MsgPackValue.Binary(MemoryMarshal.AsBytes<sbyte>(packet.Values).ToArray())),
            ("label", MsgPackValue.Integer(packet.Label)),
        ];
        if (packet.Scene.Length > 0) entries.Add(("scene", Text(packet.Scene)));
        if (packet.DecisionId is { } decision) entries.Add(("did", MsgPackValue.Integer(decision)));
        if (packet.Sequence is { } sequence) entries.Add(("seq", MsgPackValue.Integer(sequence)));
        if (packet.Quality != 1) entries.Add(("qual", MsgPackValue.Single(packet.Quality)));
        if (packet.Tick is { } tick) entries.Add(("tick", MsgPackValue.Double(tick)));
        if (packet.Model.Length > 0) entries.Add(("model", Text(packet.Model)));
        if (packet.Epoch is { } epoch)
        {
            byte[] tag = [.. BitConverter.GetBytes(epoch).Reverse(), .. new byte[8]]; // not signed yet
            entries.Add((Tag, MsgPackValue.Binary(tag)));
        }

        return entries;
    }

    private static List<(string? Key, MsgPackValue Value)> Meta(PacketCase packet)
    {
        var (d, n2) = (packet.Values.Length, BitOperations.RoundUpToPowerOf2((uint)packet.Values.Length));
        List<(string?, MsgPackValue)> entries =
        [
            ("enc", Name(packet.Encoding)),
            ("seed", MsgPackValue.Integer(packet.Seed)),
            ("scale", MsgPackValue.Double(packet.Scale)),
        ];
        if (packet.Encoding != TokenEncoding.Plain) entries.Add(("d", MsgPackValue.Integer(d)));
        if (packet.Encoding == TokenEncoding.HMix) entries.Add(("n2", MsgPackValue.Integer(n2)));
        return entries;
    }

    private static List<(string? Key, MsgPackValue Value)> Vary(List<(string? Key, MsgPackValue Value)> entries, Random random)
    {
        List<(string? Key, MsgPackValue Value)> varied =
        [
            .. entries.Where(entry => !s_mayBeMissing.Contains(entry.Key) || random.Next(2) == 0)
                .Select(entry => (entry.Key, VaryNumber(entry.Value, random))),
        ];
        for (var unknown = random.Next(4); unknown > 0; unknown--)
        {
            var value = MessagePackSerializer.Serialize(Draw(random, depth: 0));
            byte[] keyed = [.. MessagePackSerializer.Serialize(random.Next()), .. value]; // by a key that is no str
            varied.Add(random.Next(4) == 0
                ? (null, MsgPackValue.Raw(keyed))
                : (s_unknown[random.Next(s_unknown.Length)], MsgPackValue.Raw(value)));
        }

        random.Shuffle(CollectionsMarshal.AsSpan(varied));
        return [.. varied.Where(entry => entry.Key != Tag), .. varied.Where(entry => entry.Key == Tag)]; // which comes last
    }

    // A float may come as whatever number equals it.
    private static MsgPackValue VaryNumber(MsgPackValue value, Random random)
    {
        const double exact = 1L << 53;
        if (value.Kind is not ('d' or 'f')) return value;
        var real = value.Real;
        return random.Next(3) switch
        {
            0 when real == Math.Truncate(real) && Math.Abs(real) <= exact => MsgPackValue.Integer((long)real),
            1 when real == (float)real => MsgPackValue.Single(real),
            _ => MsgPackValue.Double(real),
        };
    }

    private static object? Draw(Random random, int depth) => random.Next(depth < 3 ? 11 : 8) switch
    {
        0 => null,
        1 => random.Next(2) == 0,
        2 => random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64),
        3 => (ulong)random.NextInt64() << 1,
        4 => random.NextDouble(),
        5 => new string('é', random.Next(40)),
        6 => new byte[random.Next(80)],
        7 => DateTime.UnixEpoch.AddTicks(random.NextInt64(DateTime.UnixEpoch.Ticks)), // an ext
        8 => Enumerable.Range(0, random.Next(3)).Select(_ => Draw(random, depth + 1)).ToArray(),
        _ => new Dictionary<string, object?> { ["ts"] = Draw(random, depth + 1), ["q"] = Draw(random, depth + 1) },
    };

    private static MsgPackValue Name(TokenEncoding encoding) => Text(encoding.ToString().ToLowerInvariant());

    private static MsgPackValue Text(string text) => MsgPackValue.Text(Encoding.UTF8.GetBytes(text));
}
