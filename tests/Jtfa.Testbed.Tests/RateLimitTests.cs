using Jtfa.Testbed.Links;

namespace Jtfa.Testbed.Tests;

/// <summary>The token bucket and its queue.</summary>
public sealed class RateLimitTests
{
    private const int Packets = 100_000;
    private const double BytesPerMs = 64; // 512 kbit/s
    private static readonly RateProfile s_rate = new(512, 2000, 10_000);

    [Fact]
    public void An_overloaded_link_gives_its_rate_and_its_queue_stays_bounded()
    {
        // Packets of 128 bytes, headers included, at twice the rate in the mean, irregularly.
        var random = new Random(2);
        var arrivals = new double[Packets];
        for (var i = 1; i < Packets; i++) arrivals[i] = arrivals[i - 1] - Math.Log(1 - random.NextDouble());
        var (departures, dropped) = Run(arrivals, _ => 128);

        var sent = departures.Length * 128;
        var last = departures[^1];
        Assert.InRange(sent, BytesPerMs * last * 0.999, s_rate.BurstBytes + (BytesPerMs * last) + 1);
        Assert.Equal(Packets, departures.Length + dropped);
        Assert.Equal(departures.Order(), departures);
        Conforms(departures, _ => 128);
    }

    [Fact]
    public void No_packet_waits_longer_than_the_queue_takes_and_the_queue_is_used_whole()
    {
        var impairment = new LinkImpairment(new LinkProfile { Rate = s_rate }, 1, 0);
        var waits = Enumerable.Range(0, Packets).Select(n => impairment.Next(TimeSpan.FromMilliseconds(n * 0.5), 100))
            .Where(fate => fate.Kind == FateKind.Sent).Select(fate => fate.Delay.TotalMilliseconds).ToArray();
        Assert.InRange(waits.Max(), (s_rate.QueueBytes - 128) / BytesPerMs, s_rate.QueueBytes / BytesPerMs);
    }

    [Fact]
    public void A_link_below_its_rate_delays_nothing()
    {
        var fates = Sample.Fates(new LinkProfile { Rate = s_rate });
        Assert.All(fates, fate => Assert.Equal((FateKind.Sent, TimeSpan.Zero), (fate.Kind, fate.Delay)));
    }

    [Fact]
    public void A_burst_passes_at_once_then_the_queue_fills_then_packets_drop()
    {
        var impairment = new LinkImpairment(new LinkProfile { Rate = s_rate }, 1, 0);
        var fates = Enumerable.Range(0, 30).Select(_ => impairment.Next(TimeSpan.FromSeconds(1), 1000 - LinkImpairment.HeaderBytes))
            .ToArray();

        Assert.Equal([0.0, 0.0], fates[..2].Select(fate => fate.Delay.TotalMilliseconds));
        Assert.Equal(Enumerable.Range(1, 10).Select(i => 1000 * i / BytesPerMs), fates[2..12].Select(fate => fate.Delay.TotalMilliseconds));
        Assert.All(fates[12..], fate => Assert.Equal(FateKind.Queue, fate.Kind));
    }

    // A bucket beside the departures never runs empty.
    private static void Conforms(double[] departures, Func<int, int> bytes)
    {
        var (level, at) = ((double)s_rate.BurstBytes, 0.0);
        for (var i = 0; i < departures.Length; i++)
        {
            level = Math.Min(s_rate.BurstBytes, level + (BytesPerMs * (departures[i] - at))) - bytes(i);
            at = departures[i];
            Assert.True(level > -0.1, $"departure {i}: {level} bytes in the bucket");
        }
    }

    private static (double[] Departures, int Dropped) Run(double[] arrivals, Func<int, int> bytes)
    {
        var impairment = new LinkImpairment(new LinkProfile { Rate = s_rate }, 1, 0);
        var fates = arrivals.Select(
            (at, n) => (At: at, Fate: impairment.Next(TimeSpan.FromMilliseconds(at), bytes(n) - LinkImpairment.HeaderBytes))).ToArray();
        return (
            [.. fates.Where(one => one.Fate.Kind == FateKind.Sent).Select(one => one.At + one.Fate.Delay.TotalMilliseconds)],
            fates.Count(one => one.Fate.Kind == FateKind.Queue));
    }
}
