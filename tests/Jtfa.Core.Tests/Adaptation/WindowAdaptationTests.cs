using FsCheck;
using FsCheck.Fluent;

namespace Jtfa.Core.Tests.Adaptation;

/// <summary>K and T follow a step in delay, loss, load or in who is there within ten seconds, and then stay.</summary>
public class WindowAdaptationTests
{
    private const double Followed = 10;

    private static readonly AdaptationRule s_rule =
        new(K: 3, KMin: null, T: 0.120, AdaptsTimeout: true, TMin: 0.002, TMax: 0.250, Quantile: 0.95, Margin: 0.002);

    private static Gen<int> Seeds { get; } = Gen.Choose(0, int.MaxValue - 1);

    [Fact]
    public void It_begins_with_the_policys_T_and_falls_at_once_to_what_the_links_need()
    {
        var scene = new SimulatedScene(s_rule, seed: 1);
        Assert.Equal((3, 0.120), (scene.Adaptation.K, scene.Adaptation.T));
        scene.Run(1.5);
        Assert.InRange(scene.Adaptation.T, 0.003, 0.008);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_step_in_delay_is_followed_up_and_down(int seed)
    {
        var scene = new SimulatedScene(s_rule, seed);
        scene.Run(60);
        var before = Settled(scene);
        scene.Links = [SimulatedScene.Near, SimulatedScene.Near, SimulatedScene.Far, SimulatedScene.Far];
        scene.Run(2.5);
        Assert.InRange(scene.Adaptation.T, 0.075, 0.110);
        scene.Run(Followed - 2.5);
        Assert.InRange(Settled(scene), 0.075, 0.110);
        scene.Links = [.. Enumerable.Repeat(SimulatedScene.Near, 4)];
        scene.Run(Followed);
        Assert.InRange(Settled(scene), before / 1.4, before * 1.4);
    }

    [Fact]
    public void A_single_straggler_changes_nothing_while_K_others_are_there_and_is_waited_for_when_they_are_not()
    {
        var scene = new SimulatedScene(s_rule, seed: 4);
        scene.Links = [SimulatedScene.Near, SimulatedScene.Near, SimulatedScene.Near, SimulatedScene.Far];
        scene.Run(30);
        Assert.InRange(Settled(scene), 0.003, 0.010);
        scene.Links[0] = null;
        scene.Run(Followed);
        Assert.InRange(Settled(scene), 0.075, 0.110);
        scene.Links[0] = SimulatedScene.Near;
        scene.Run(Followed);
        Assert.InRange(Settled(scene), 0.003, 0.010);
    }

    [Fact]
    public void Lost_tokens_and_another_load_do_not_change_T()
    {
        var scene = new SimulatedScene(s_rule, seed: 5);
        scene.Run(60);
        var before = Settled(scene);
        scene.Loss = 0.3;
        scene.Run(Followed);
        Assert.InRange(Settled(scene), before / 1.5, before * 1.5);
        foreach (var rate in (double[])[500, 5, 20])
        {
            scene.Rate = rate;
            scene.Run(Followed);
            Assert.InRange(Settled(scene), before / 1.5, before * 1.5);
        }
    }

    [Fact]
    public void With_a_fixed_K_views_that_are_silent_are_not_waited_for()
    {
        var scene = new SimulatedScene(s_rule, seed: 6);
        scene.Links = [SimulatedScene.Near, SimulatedScene.Far, SimulatedScene.Near, null];
        scene.Run(30);
        Assert.InRange(Settled(scene), 0.075, 0.110);
        scene.Links[1] = null;
        scene.Run(Followed);
        Assert.Equal(3, scene.Adaptation.K);
        Assert.InRange(Settled(scene), 0.002, 0.010);
    }

    [Fact]
    public void K_falls_only_while_views_are_silent_not_below_its_least_and_rises_when_they_return()
    {
        var scene = new SimulatedScene(s_rule with { KMin = 2 }, seed: 7);
        scene.Run(30);
        Assert.DoesNotContain(scene.Changes, change => change.K != 3);
        scene.Links[0] = null;
        scene.Run(Followed);
        Assert.Equal(3, scene.Adaptation.K); // three are enough
        Assert.Equal([0], scene.Adaptation.Silent);
        scene.Links[1] = null;
        scene.Run(3);
        Assert.Equal(2, scene.Adaptation.K);
        scene.Links[2] = null;
        scene.Run(Followed);
        Assert.Equal(2, scene.Adaptation.K);
        scene.Links = [null, SimulatedScene.Near, SimulatedScene.Near, SimulatedScene.Near];
        scene.Run(2);
        Assert.Equal(3, scene.Adaptation.K);
        scene.Run(Followed);
        Assert.Equal([3, 2, 3], Levels(scene));
    }

    [Fact]
    public void Short_fades_of_many_tokens_do_not_move_K()
    {
        var scene = new SimulatedScene(s_rule with { KMin = 1 }, seed: 8);
        for (var fade = 0; fade < 50; fade++)
        {
            scene.Links[fade % 4] = scene.Links[(fade + 1) % 4] = null;
            scene.Run(0.6);
            scene.Links = [.. Enumerable.Repeat(SimulatedScene.Near, 4)];
            scene.Run(1.7);
        }

        Assert.Equal([3], Levels(scene));
    }

    [Fact]
    public void Views_that_were_never_heard_count_as_silent_after_some_seconds()
    {
        var scene = new SimulatedScene(s_rule with { KMin = 1 }, seed: 9);
        scene.Links = [SimulatedScene.Near, SimulatedScene.Near, null, null];
        scene.Run(4);
        Assert.Equal(3, scene.Adaptation.K);
        scene.Run(3);
        Assert.Equal(2, scene.Adaptation.K);
        Assert.Empty(scene.Adaptation.Silent);
    }

    [Fact]
    public void T_keeps_to_its_bounds_and_to_the_policys_where_it_does_not_adapt()
    {
        var scene = new SimulatedScene(s_rule with { TMin = 0.020, TMax = 0.040 }, seed: 10);
        Assert.Equal(0.040, scene.Adaptation.T);
        scene.Run(10);
        Assert.Equal(0.020, scene.Adaptation.T);
        scene.Links = [SimulatedScene.Near, SimulatedScene.Near, SimulatedScene.Far, SimulatedScene.Far];
        scene.Run(10);
        Assert.Equal(0.040, scene.Adaptation.T);

        var fixedTimeout = new SimulatedScene(s_rule with { AdaptsTimeout = false, KMin = 1 }, seed: 10);
        fixedTimeout.Run(10);
        Assert.Equal(0.120, fixedTimeout.Adaptation.T);
    }

    [Fact]
    public void Another_rule_goes_on_with_what_is_known()
    {
        var scene = new SimulatedScene(s_rule, seed: 11);
        scene.Run(10);
        scene.Adaptation.Follow(s_rule with { Margin = 0.010, K = 2, T = 0.2 });
        Assert.Equal(2, scene.Adaptation.K);
        Assert.InRange(scene.Adaptation.T, 0.010, 0.015);
        scene.Adaptation.Follow(s_rule with { AdaptsTimeout = false, T = 0.2 });
        Assert.Equal((3, 0.2), (scene.Adaptation.K, scene.Adaptation.T));
    }

    [Fact]
    public void Whatever_windows_come_in_whatever_order_K_and_T_keep_to_their_bounds() => Property.Holds(Seeds, seed =>
    {
        var random = new Random(seed);
        var rule = s_rule with { K = random.Next(1, 9), Quantile = 0.5 + (random.NextDouble() * 0.499) };
        rule = rule with { KMin = random.Next(2) == 0 ? null : random.Next(1, rule.K + 1) };
        var adaptation = new WindowAdaptation(rule);
        var at = random.NextDouble() * 1e9;
        for (var window = 0; window < 300; window++)
        {
            at += (random.NextDouble() - 0.2) * Math.Pow(10, random.Next(-3, 3));
            int[] views = [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => random.Next(20)).Distinct()];
            double[] delays = [.. views.Select(_ => Math.Pow(10, random.Next(-7, 2)) * random.NextDouble())];
            adaptation.Take(views, delays, at);
            Assert.InRange(adaptation.K, rule.KMin ?? rule.K, rule.K);
            Assert.InRange(adaptation.T, rule.TMin, rule.TMax);
        }
    });

    // Follows what T does for twenty seconds more: it stays near its middle, which is given back.
    private static double Settled(SimulatedScene scene)
    {
        var seen = new List<double>();
        for (var i = 0; i < 40; i++)
        {
            scene.Run(0.5);
            seen.Add(scene.Adaptation.T);
        }

        seen.Sort();
        Assert.True(seen[^1] < 2 * seen[0], $"T goes from {seen[0]} to {seen[^1]}");
        return seen[seen.Count / 2];
    }

    private static int[] Levels(SimulatedScene scene)
    {
        var levels = new List<int> { 3 };
        foreach (var change in scene.Changes)
            if (change.K != levels[^1]) levels.Add(change.K);
        return [.. levels];
    }
}
