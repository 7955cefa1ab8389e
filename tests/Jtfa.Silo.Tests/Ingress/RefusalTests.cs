using Jtfa.Core;
using Jtfa.Silo.Ingress;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>What the log says of a datagram that was refused.</summary>
public class RefusalTests
{
    private const double Now = 1764331200.25;

    [Fact(Timeout = 120_000)]
    public async Task Each_reason_is_told_with_what_is_wrong()
    {
        await using var stage = await GatewayStage.StartAsync();
        var sender = stage.Sender();
        var now = TimeProvider.System.UnixSeconds();
        sender.Send("{\"ts\": 1}"u8);
        sender.Send([0x81, 0xa2, (byte)'t', (byte)'s', 0xa3, (byte)'n', (byte)'o', (byte)'w']);
        sender.Send([0x80]);
        sender.Send(null, view: 0);
        sender.Send(1, view: 0, scene: "attic\n");
        sender.Send(1, view: 0, dimension: 8);
        sender.Send(1, view: 0, timestamp: Math.Round(now * 1000));
        sender.Send(1, view: 0, timestamp: 12.5);
        await stage.TakenAsync();

        foreach (var (reason, told) in new[]
        {
            ("NotMsgPack", "expected a msgpack map, found the int 123: JSON? (1 so far"),
            ("WrongType", "ts: expected seconds since 1970 as a number, or a timestamp extension, found a str of 3 bytes"),
            ("MissingKey", "missing: ts, producer_id, q, meta.enc, meta.scale, meta.seed"), ("NoDecisionId", "did is missing"),
            ("UnknownScene", "scene 'attic?' is not configured here"),
            ("DimensionMismatch", $"q has 8 values, those of scene yard are {AxisHead.Dimension}"),
            ("Future", "s ahead, allowed are 1 s: milliseconds?"), ("Stale", "s old, allowed are 10 s: not since 1970"),
        })
        {
            var line = Assert.Single(stage.Log.Lines, line => line.Contains($": {reason}, ", StringComparison.Ordinal));
            Assert.Contains(told, line, StringComparison.Ordinal);
            Assert.Equal(1, stage.Counters[Enum.Parse<RejectReason>(reason)]);
        }
    }

    [Theory]
    [InlineData(1764331200250, "ts is 1762566869049.75 s ahead, allowed are 0.05 s: milliseconds?")]
    [InlineData(1764331200250000, ": microseconds?")]
    [InlineData(1764331200250000000, ": nanoseconds?")]
    [InlineData(1764334800.5, "ts is 3600.25 s ahead, allowed are 0.05 s: local time, not UTC?")]
    [InlineData(1764310500, ": local time, not UTC?")] // 5 h 45 min behind
    [InlineData(1764331264, ": a float of 32 bits, which holds a time to 128 s only?")]
    [InlineData(86400, ": not since 1970, such as since the sender's start?")]
    [InlineData(1764331220.3, "ts is 20.05 s ahead, allowed are 0.05 s")]
    [InlineData(1764331100.3, "ts is 99.95 s old, allowed are 10 s")]
    [InlineData(1764331199, "its window has gone")]
    public void A_time_that_is_off_is_told_by_how_much_and_what_it_looks_like(double timestamp, string told)
    {
        Assert.EndsWith(told, CaptureTimeFault.Describe(timestamp, Now, ahead: 0.05, age: 10));
        Assert.EndsWith(
            told.Replace("ts is", "tick is", StringComparison.Ordinal),
            CaptureTimeFault.Describe(Now, Now, ahead: 0.05, age: 10, tick: timestamp));
    }
}
