using Jtfa.Testbed.Links;

namespace Jtfa.Testbed.Tests;

/// <summary>Holding back, copies, independence of links, and that a seed decides everything.</summary>
public sealed class ImpairmentTests
{
    private static readonly LinkProfile s_all = new()
    {
        Delay = new DelayProfile(DelayDistribution.Pareto, 2, 10, 2.5, 500),
        Loss = 0.01,
        Burst = new BurstProfile(0.01, 0.2, 0.9),
        Reorder = new ReorderProfile(0.02, 30),
        Duplicate = 0.03,
    };

    [Fact]
    public void Held_packets_have_their_share_and_are_overtaken()
    {
        var fates = Sample.Fates(
            new LinkProfile { Delay = new DelayProfile(DelayDistribution.Constant, 5), Reorder = new ReorderProfile(0.04, 25) });

        Sample.HasShare(0.04, fates.Count(fate => fate.IsHeld), fates.Length);
        Assert.All(fates, fate => Assert.Equal(fate.IsHeld ? 30 : 5, fate.Delay.TotalMilliseconds));
        // At 20 ms between packets a held one arrives after the next, unless that is held too.
        var arrivals = fates.Select(fate => (20.0 * fate.Number) + fate.Delay.TotalMilliseconds).ToArray();
        Sample.HasShare(0.04 * 0.96, arrivals.Zip(arrivals.Skip(1)).Count(pair => pair.First > pair.Second), fates.Length);
    }

    [Fact]
    public void Copies_have_their_share_and_delays_of_their_own()
    {
        var fates = Sample.Fates(new LinkProfile { Delay = new DelayProfile(DelayDistribution.Normal, 10, 2), Duplicate = 0.3 });

        var copied = fates.Where(fate => fate.CopyDelay is not null).ToArray();
        Sample.HasShare(0.3, copied.Length, fates.Length);
        double[] first = [.. copied.Select(fate => fate.Delay.TotalMilliseconds)];
        double[] second = [.. copied.Select(fate => fate.CopyDelay!.Value.TotalMilliseconds)];
        Sample.IsNear(0, Sample.Correlation(first, second), 1 / Math.Sqrt(copied.Length));
        Sample.IsNear(10, second.Average(), 2 / Math.Sqrt(copied.Length));
    }

    [Fact]
    public void A_seed_gives_the_same_fates_again_and_another_seed_others()
    {
        var fates = Sample.Fates(s_all, seed: 9, link: 2);
        Assert.Equal(fates, Sample.Fates(s_all, seed: 9, link: 2));

        foreach (var other in new[] { Sample.Fates(s_all, seed: 10, link: 2), Sample.Fates(s_all, seed: 9, link: 3) })
            Assert.True(fates.Zip(other).Count(pair => pair.First.Delay == pair.Second.Delay && pair.First.Kind == FateKind.Sent) < 10);
    }

    [Fact]
    public void A_seed_means_today_what_it_meant_before() => Assert.Equal(
        ["Sent 16.5069", "Sent 6.6956", "Sent 6.3261", "Sent 3.6864"],
        Sample.Fates(s_all, seed: 1, packets: 4).Select(fate => $"{fate.Kind} {fate.Delay.TotalMilliseconds:F4}"));

    [Fact]
    public void Fates_depend_neither_on_lengths_nor_on_arrival_times()
    {
        var impairment = new LinkImpairment(s_all, 9, 2);
        var random = new Random(1);
        var fates = Enumerable.Range(0, Sample.Packets)
            .Select(_ => impairment.Next(TimeSpan.FromSeconds(random.NextDouble()), random.Next(1500)));
        Assert.Equal(Sample.Fates(s_all, seed: 9, link: 2), fates);
    }

    [Fact]
    public void One_impairment_does_not_shift_the_draws_of_another()
    {
        var with = Sample.Fates(s_all);
        var without = Sample.Fates(new LinkProfile { Delay = s_all.Delay });
        Assert.All(
            with.Zip(without).Where(pair => pair.First is { Kind: FateKind.Sent, IsHeld: false }),
            pair => Assert.Equal(pair.Second.Delay, pair.First.Delay));
    }

    [Fact]
    public void Links_are_independent()
    {
        var links = Enumerable.Range(0, 4).Select(link => Sample.Fates(s_all, seed: 4, link)).ToArray();
        for (var a = 0; a < links.Length; a++)
        {
            for (var b = 0; b < a; b++)
            {
                var both = links[a].Zip(links[b]).ToArray();
                var sent = both.Where(pair => pair is { First.Kind: FateKind.Sent, Second.Kind: FateKind.Sent }).ToArray();
                // Ranks would do the same; logarithms tame the Pareto tail.
                double[] x = [.. sent.Select(pair => Math.Log(pair.First.Delay.TotalMilliseconds))];
                double[] y = [.. sent.Select(pair => Math.Log(pair.Second.Delay.TotalMilliseconds))];
                Sample.IsNear(0, Sample.Correlation(x, y), 1 / Math.Sqrt(sent.Length));
                x = [.. both.Select(pair => pair.First.Kind == FateKind.Lost ? 1.0 : 0)];
                y = [.. both.Select(pair => pair.Second.Kind == FateKind.Lost ? 1.0 : 0)];
                Sample.IsNear(0, Sample.Correlation(x, y), 1 / Math.Sqrt(both.Length));
            }
        }
    }
}
