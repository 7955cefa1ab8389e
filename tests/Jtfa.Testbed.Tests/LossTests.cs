using Jtfa.Testbed.Links;

namespace Jtfa.Testbed.Tests;

/// <summary>Losses against binomial and Gilbert–Elliott formulas.</summary>
public sealed class LossTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(0.001)]
    [InlineData(0.05)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void Independent_losses_have_their_share_and_no_memory(double loss)
    {
        var lost = Sample.Fates(new LinkProfile { Loss = loss }).Select(fate => fate.Kind == FateKind.Lost).ToArray();

        Sample.HasShare(loss, lost.Count(one => one), lost.Length);
        var afterLost = lost.Zip(lost.Skip(1)).Where(pair => pair.First).Select(pair => pair.Second).ToList();
        Sample.HasShare(loss, afterLost.Count(one => one), Math.Max(1, afterLost.Count));
    }

    [Theory]
    [InlineData(0.0111111111, 0.1)]
    [InlineData(0.05, 0.5)]
    [InlineData(0.2, 0.9)]
    public void Bursts_have_geometric_lengths(double toBad, double toGood)
    {
        var fates = Sample.Fates(new LinkProfile { Burst = new BurstProfile(toBad, toGood) }, seed: 3);

        var bursts = Runs(fates, FateKind.Burst);
        Sample.IsNear(1 / toGood, bursts.Average(), Math.Sqrt((1 - toGood) / (toGood * toGood) / bursts.Count));
        for (var length = 1; length <= 12; length++)
        {
            var expected = toGood * Math.Pow(1 - toGood, length - 1);
            if (expected * bursts.Count > 20) Sample.HasShare(expected, bursts.Count(burst => burst == length), bursts.Count);
        }

        var gaps = Runs(fates, FateKind.Sent);
        Sample.IsNear(1 / toBad, gaps.Average(), Math.Sqrt((1 - toBad) / (toBad * toBad) / gaps.Count));
    }

    [Theory]
    [InlineData(0.0111111111, 0.1, 1, 0)]
    [InlineData(0.005, 0.3, 0.8, 0)]
    [InlineData(0.02, 0.2, 0.6, 0.01)]
    public void Bursts_lose_the_stationary_share(double toBad, double toGood, double lossBad, double lossGood)
    {
        var burst = new BurstProfile(toBad, toGood, lossBad, lossGood);
        var fates = Sample.Fates(new LinkProfile { Burst = burst }, seed: 5);

        // The mean of a two-state Markov chain: autocovariance π(1 − π)·λ^k with λ = 1 − toBad − toGood.
        var (bad, lambda, share) = (toBad / (toBad + toGood), 1 - toBad - toGood, burst.LossShare);
        var step = lossBad - lossGood;
        var variance = (share * (1 - share)) + (bad * (1 - bad) * step * step * 2 * lambda / (1 - lambda));
        Assert.Equal((bad * lossBad) + ((1 - bad) * lossGood), share, 12);
        Sample.IsNear(share, fates.Count(fate => fate.Kind == FateKind.Burst) / (double)fates.Length, Math.Sqrt(variance / fates.Length));
    }

    [Fact]
    public void The_first_packet_finds_a_link_as_later_ones_do()
    {
        var profile = new LinkProfile { Burst = new BurstProfile(0.1, 0.3) };
        var lost = Enumerable.Range(0, 20_000)
            .Count(seed => new LinkImpairment(profile, (ulong)seed, 0).Next(default, 100).Kind == FateKind.Burst);
        Sample.HasShare(0.25, lost, 20_000);
    }

    [Theory]
    [InlineData(450, 50, 1, 0)]
    [InlineData(100, 300, 0.7, 0.05)]
    public void Fades_take_their_share_of_time(double goodMs, double badMs, double lossBad, double lossGood)
    {
        var fade = new FadeProfile(goodMs, badMs, lossBad, lossGood);
        var fates = Sample.Fates(new LinkProfile { Fade = fade }, seed: 9);

        // A two-state chain in continuous time, looked at every 20 ms: autocovariance π(1 − π)·λ^k with λ = e^(−(1/good + 1/bad)·20 ms).
        var (bad, lambda, step) = (fade.BadShare, Math.Exp(-((1 / goodMs) + (1 / badMs)) * 20), lossBad - lossGood);
        var share = (bad * lossBad) + ((1 - bad) * lossGood);
        var variance = (share * (1 - share)) + (bad * (1 - bad) * step * step * 2 * lambda / (1 - lambda));
        Assert.Equal(share, fade.LossShare, 12);
        Sample.IsNear(share, fates.Count(fate => fate.Kind == FateKind.Fade) / (double)fates.Length, Math.Sqrt(variance / fates.Length));
    }

    [Fact]
    public void Fades_last_exponentially_long_whatever_is_sent()
    {
        var profile = new LinkProfile { Fade = new FadeProfile(450, 50) };
        var (often, rarely) = (new LinkImpairment(profile, 4, 1), new LinkImpairment(profile, 4, 1));
        var lost = new List<bool>();
        for (var ms = 0; ms < 2_000_000; ms++)
        {
            lost.Add(often.Next(TimeSpan.FromMilliseconds(ms), Sample.Bytes).Kind == FateKind.Fade);
            if (ms % 20 == 0) Assert.Equal(lost[^1], rarely.Next(TimeSpan.FromMilliseconds(ms), Sample.Bytes).Kind == FateKind.Fade);
        }

        // Seen each millisecond, a fade of length L has floor(L) or one more of them: those of none are not seen.
        var fades = Runs(lost);
        Sample.IsNear(1 / (1 - Math.Exp(-1 / 50.0)), fades.Average(), 50 / Math.Sqrt(fades.Count));
        foreach (var length in new[] { 10, 50, 150 })
            Sample.HasShare(Math.Exp(-length / 50.0), fades.Count(fade => fade > length), fades.Count);
    }

    [Fact]
    public void The_first_packet_finds_a_link_that_fades_as_later_ones_do()
    {
        var profile = new LinkProfile { Fade = new FadeProfile(300, 100) };
        var lost = Enumerable.Range(0, 20_000)
            .Count(seed => new LinkImpairment(profile, (ulong)seed, 0).Next(TimeSpan.FromDays(1), 100).Kind == FateKind.Fade);
        Sample.HasShare(0.25, lost, 20_000);
    }

    [Fact]
    public void Both_kinds_of_loss_add_up()
    {
        var fates = Sample.Fates(new LinkProfile { Loss = 0.1, Burst = new BurstProfile(0.5, 0.5) });
        Sample.HasShare(0.5, fates.Count(fate => fate.Kind == FateKind.Burst), fates.Length);
        Sample.HasShare(0.05, fates.Count(fate => fate.Kind == FateKind.Lost), fates.Length);
    }

    private static List<double> Runs(List<bool> lost)
    {
        var runs = new List<double>();
        for (int i = lost.IndexOf(false), start; i < lost.Count; i++)
        {
            if (!lost[i]) continue;
            for (start = i; i < lost.Count && lost[i]; i++)
            {
            }

            if (i < lost.Count) runs.Add(i - start);
        }

        return runs;
    }

    // Lengths of runs that begin and end inside.
    private static List<double> Runs(PacketFate[] fates, FateKind kind)
    {
        var runs = new List<double>();
        var start = -1;
        for (var i = 1; i < fates.Length; i++)
        {
            if (fates[i].Kind == fates[i - 1].Kind) continue;
            if (fates[i].Kind == kind) start = i;
            else if (start > 0) runs.Add(i - start);
        }

        return runs;
    }
}
