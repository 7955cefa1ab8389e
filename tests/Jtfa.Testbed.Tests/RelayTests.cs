using System.Net;
using Jtfa.Testbed.Links;

namespace Jtfa.Testbed.Tests;

/// <summary>The relay with real sockets.</summary>
public sealed class RelayTests : IDisposable
{
    private const int Count = 300;
    private static readonly IPEndPoint s_anyPort = new(IPAddress.Loopback, 0);

    private readonly UdpEnd _sender = new();
    private readonly UdpEnd _end = new();

    public void Dispose()
    {
        _sender.Dispose();
        _end.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_packet_has_the_fate_that_the_seed_says()
    {
        var profile = new LinkProfile
        {
            Delay = new DelayProfile(DelayDistribution.Pareto, 1, 5, 2.5, 60),
            Loss = 0.1,
            Burst = new BurstProfile(0.05, 0.3),
            Reorder = new ReorderProfile(0.05, 30),
            Duplicate = 0.1,
        };
        var log = new List<RelayedPacket>();
        var fates = Enumerable.Range(0, 2).Select(link => Sample.Fates(profile, seed: 77, link, packets: Count)).ToArray();
        List<(int Link, int Number)> expected = [];
        for (var link = 0; link < 2; link++)
        {
            foreach (var fate in fates[link].Where(fate => fate.Kind == FateKind.Sent))
                expected.AddRange(Enumerable.Repeat((link, (int)fate.Number), fate.CopyDelay is null ? 1 : 2));
        }

        using var relay = new Relay([Link(profile), Link(profile)], 77, log.Add);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = relay.RunAsync(stop.Token);
        var receiving = _end.ReceiveAsync(expected.Count);
        for (var i = 0; i < Count; i++)
        {
            for (var link = 0; link < 2; link++) _sender.Send(relay.EndPoint(link), (byte)link, (byte)(i & 255), (byte)(i >> 8));
        }

        var arrived = (await receiving).Select(one => (Link: (int)one[0], Number: one[1] + (one[2] << 8)));
        Assert.Equal(expected, arrived.Order());
        await stop.CancelAsync();
        var summary = await running;
        Assert.True(_end.IsEmpty);
        Assert.All(summary.Links, link => Assert.Equal(Count, link.Received));
        Assert.Equal(expected.Count, summary.ErrorMs.Count);
        foreach (var fate in fates.SelectMany((fates, link) => fates.Select(fate => (Link: link, Fate: fate))))
        {
            var told = log.Where(packet => packet.Link == fate.Link && packet.Number == fate.Fate.Number).OrderBy(packet => packet.Outcome)
                .ToList();
            Assert.Equal((fate.Fate.Kind.ToString(), fate.Fate.Delay, 3), (told[0].Outcome.ToString(), told[0].Delay, told[0].Bytes));
            Assert.Equal(fate.Fate.CopyDelay, told.Count == 2 ? told[1].Delay : null);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Packets_leave_when_they_are_due_and_in_order()
    {
        var profile = new LinkProfile { Delay = new DelayProfile(DelayDistribution.Constant, 30) };
        using var relay = new Relay([Link(profile)], 1);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = relay.RunAsync(stop.Token);
        var receiving = _end.ReceiveAsync(Count);
        var begin = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < Count; i++) _sender.Send(relay.EndPoint(0), (byte)(i & 255), (byte)(i >> 8));
        var arrived = await receiving;
        var elapsed = TimeProvider.System.GetElapsedTime(begin);
        await stop.CancelAsync();
        var summary = await running;

        Assert.Equal(Enumerable.Range(0, Count), arrived.Select(one => one[0] + (one[1] << 8)));
        Assert.True(elapsed >= TimeSpan.FromMilliseconds(30), $"The last arrived after {elapsed}.");
        Assert.True(
            summary.ErrorMs.Min >= 0 && summary.ErrorMs.Quantile(0.5) < 20,
            $"{summary.ErrorMs.Min} … p50 {summary.ErrorMs.Quantile(0.5)} ms");
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_not_due_at_the_end_is_told_of_and_the_log_has_it()
    {
        using var file = new TemporaryFile();
        await using (var log = new RelayLog(file.Path))
        {
            using var relay = new Relay(
                [Link(new LinkProfile { Delay = new DelayProfile(DelayDistribution.Constant, 60_000) }), Link(new LinkProfile())], 1,
                log.Add);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            for (var i = 0; i < 5; i++) _sender.Send(relay.EndPoint(0), 1, 2);
            _sender.Send(relay.EndPoint(1), 3);
            var running = relay.RunAsync(stop.Token);
            await _end.ReceiveAsync(1);
            await stop.CancelAsync();
            var summary = await running;
            Assert.Equal((5, 5, 0), (summary.Links[0].Received, summary.Links[0][RelayOutcome.Ended], summary.Links[0][RelayOutcome.Sent]));
            Assert.Equal((1, 1), (summary.Links[1].Received, summary.Links[1][RelayOutcome.Sent]));
        }

        var lines = await File.ReadAllLinesAsync(file.Path, TestContext.Current.CancellationToken);
        Assert.Equal("link,n,received,bytes,fate,sent,delay_ms,error_ms", lines[0]);
        Assert.Matches(@"^1,0,\d{10}\.\d{9},1,sent,\d{10}\.\d{9},0\.0000,\d+\.\d{4}$", lines[1]);
        Assert.Equal(5, lines.Length - 2);
        for (var i = 0; i < 5; i++) Assert.Matches($@"^0,{i},\d{{10}}\.\d{{9}},2,ended,,60000\.0000,$", lines[i + 2]);
    }

    [Fact]
    public void What_is_held_is_bounded()
    {
        var held = new HeldPackets();
        var packet = new RelayedPacket(0, 0, 0, 1, RelayOutcome.Sent, default, null);
        for (var i = 0; i < HeldPackets.Limit; i++) Assert.True(held.TryAdd(packet, [1], i));
        Assert.False(held.TryAdd(packet, [1], 0));
        Assert.True(held.TryTake(out var first, out var due));
        HeldPackets.Return(first);
        Assert.Equal(0, due);
        Assert.True(held.TryAdd(packet, [1], 0));
    }

    [Fact]
    public void A_port_in_use_is_named()
    {
        var fault = Assert.Throws<TestbedException>(
            () => new Relay([Link(new LinkProfile()), Link(new LinkProfile()) with { Listen = _end.EndPoint }], 1)).Message;
        Assert.All([$"{_end.EndPoint}", "choose another port"], word => Assert.Contains(word, fault));
    }

    private RelayLink Link(LinkProfile profile) => new(s_anyPort, _end.EndPoint, profile);
}
