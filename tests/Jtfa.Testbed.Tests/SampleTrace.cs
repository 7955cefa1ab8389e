using System.Net;
using Jtfa.Core;
using Jtfa.Testbed.Traces;

namespace Jtfa.Testbed.Tests;

/// <summary>Records, and files of them.</summary>
internal static class SampleTrace
{
    public const long Begin = 1_790_000_000_123_456_789;

    private static readonly IPEndPoint s_source = new(IPAddress.Parse("10.1.2.3"), 40_001);
    private static readonly IPEndPoint s_destination = new(IPAddress.Parse("127.0.0.1"), 5005);

    public static TraceRecord Record(long receivedAt, params byte[] datagram) => new(receivedAt, s_source, s_destination, datagram);

    /// <summary>A token of the published format, captured 5 ms before it was received.</summary>
    public static TraceRecord Token(int view, long sequence, long receivedAt)
    {
        sbyte[] values = [.. Enumerable.Range(0, 16).Select(i => (sbyte)(i * view))];
        var datagram = new byte[TokenPacket.MaxDatagramBytes];
        var packet = new TokenPacket
        {
            Timestamp = (receivedAt / 1e9) - 0.005,
            View = view,
            Encoding = TokenEncoding.HMix,
            Seed = (uint)sequence,
            Scale = 0.25,
            Values = values,
            Label = 3,
            Scene = "hall"u8,
            DecisionId = sequence / 2,
            Sequence = sequence,
            Quality = 0.5f,
        };
        return Record(receivedAt, datagram[..PacketCodec.Write(packet, datagram)]);
    }

    /// <summary>The same by version 2 of the wire.</summary>
    public static TraceRecord ArrayToken(int view, long sequence, long receivedAt)
    {
        var datagram = new byte[TokenPacket.MaxDatagramBytes];
        var packet = new TokenPacket
        {
            Version = 2,
            Timestamp = (receivedAt / 1e9) - 0.005,
            View = view,
            Encoding = TokenEncoding.HMix,
            Quantiser = TokenQuantiser.Int4,
            Seed = ArrayPacketCodec.SeedOf(view, sequence),
            Scale = 0.25,
            Values = [1, -2, 3],
            SceneIndex = 9,
            DecisionId = sequence / 2,
            Sequence = sequence,
        };
        return Record(receivedAt, datagram[..ArrayPacketCodec.Write(packet, datagram)]);
    }

    public static void Write(string path, params IEnumerable<TraceRecord> records)
    {
        using var writer = TraceWriter.Open(path);
        foreach (var record in records) writer.Append(record);
    }

    public static (List<TraceRecord> Records, int CutBytes) Read(string path)
    {
        using var reader = TraceReader.Open(path);
        var records = new List<TraceRecord>();
        while (reader.Read() is { } record) records.Add(record);
        return (records, reader.CutBytes);
    }

    public static void AreEqual(IReadOnlyList<TraceRecord> expected, IReadOnlyList<TraceRecord> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        foreach (var (one, other) in expected.Zip(actual))
        {
            Assert.Equal(one with { Datagram = default }, other with { Datagram = default });
            Assert.True(one.Datagram.Span.SequenceEqual(other.Datagram.Span), "The datagrams differ.");
        }
    }
}
