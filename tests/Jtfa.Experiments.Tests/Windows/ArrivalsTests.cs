using System.Net;
using Jtfa.Core;
using Jtfa.Experiments.Windows;
using Jtfa.Testbed.Traces;

namespace Jtfa.Experiments.Tests.Windows;

public sealed class ArrivalsTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"jtfa-{Guid.NewGuid():N}.pcap");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_traces_tokens_are_decoded_and_ordered_and_what_is_none_is_counted()
    {
        using (var writer = TraceWriter.Open(_path))
        {
            writer.Append(Record(2_000_000_000, Token(view: 1, moment: 9)));
            writer.Append(Record(2_500_000_000, [1, 2, 3]));
            writer.Append(Record(1_000_000_000, Token(view: 0, moment: 9)));
            writer.Append(Record(3_000_000_000, Token(view: 0, moment: 10)));
            writer.Append(Record(4_000_000_000, Token(view: 0, moment: null)));
        }

        var arrivals = Arrivals.OfTrace(_path);

        Assert.Equal(
            [(0, 9, 1.0), (1, 9, 2.0), (0, 10, 3.0), (0, Arrivals.NoMoment, 4.0)],
            arrivals.All.Select(one => (one.View, one.Moment, one.ReceivedAt)));
        Assert.Equal((2, 1), (arrivals.Moments, arrivals.Foreign));
        var first = arrivals.All[0];
        Assert.Equal(("hall", 0.5, 4, 0.25f, Token(0, 9).Length), (first.Scene, first.Timestamp, first.Label, first.Quality, first.Bytes));
        Assert.Equal([-2f, 0f, 1f], first.Vector.ToArray());
    }

    private static TraceRecord Record(long receivedAt, byte[] datagram) =>
        new(receivedAt, new IPEndPoint(1, 1), new IPEndPoint(1, 2), datagram);

    private static byte[] Token(int view, long? moment)
    {
        sbyte[] values = [-4, 0, 2];
        var datagram = new byte[TokenPacket.MaxDatagramBytes];
        var packet = new TokenPacket
        {
            Timestamp = 0.5,
            View = view,
            Scale = 0.5,
            Values = values,
            Label = 4,
            Scene = "hall"u8,
            DecisionId = moment,
            Quality = 0.25f,
        };
        return datagram[..PacketCodec.Write(packet, datagram)];
    }
}
