using System.Text.Json;
using Jtfa.Core;
using Jtfa.Experiments.Report;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Tests.Report;
using Jtfa.Experiments.Windows;
using Jtfa.Interfaces;
using Jtfa.Testbed.Links;

namespace Jtfa.Experiments.Tests.Windows;

public sealed class AdaptiveReplayTests
{
    private const double Rate = 20;
    private const int Moments = 4000;

    private static readonly ScenePolicy s_policy = new() { K = 3, N = 4, Timeout = WindowTimeout.Adaptive };

    [Fact]
    public void An_adaptation_that_may_not_move_decides_as_K_of_N() => Property.Holds(TokenCase.All, tokens =>
    {
        var policy = tokens.Policy;
        var rule = new AdaptationRule(policy.K, null, policy.T, AdaptsTimeout: false, policy.T, policy.T, 0.95, 0);
        var (still, fixedOne) = (
            WindowReplay.Adaptive(tokens.Arrivals, policy, rule, TokenCase.Head),
            WindowReplay.KOfN(tokens.Arrivals, policy, TokenCase.Head));

        Assert.Equal(
            fixedOne.Decisions.Select(decision => (decision.Id, decision.FiredAt, decision.Cause, decision.Pred)),
            still.Decisions.Select(decision => (decision.Id, decision.FiredAt, decision.Cause, decision.Pred)));
    });

    // Two of four links fade at once in a twentieth of the windows, which then wait for T.
    [Fact]
    public void Where_links_fade_an_adaptive_T_does_not_wait_and_loses_no_view_that_comes()
    {
        var arrivals = Trace("burst-loss");
        var (adaptive, fixedOne) = (Adaptive(arrivals), Fixed(arrivals, 0.25));

        Assert.InRange(P99(fixedOne), 240, 260);
        Assert.InRange(P99(adaptive), 4, 10);
        var views = fixedOne.ToDictionary(decision => decision.Id, decision => decision.Views.Length);
        Assert.Equal(views.Count, adaptive.Count);
        var fewer = adaptive.Count(decision => decision.Views.Length < Math.Min(s_policy.K, views[decision.Id]));
        Assert.InRange(fewer, 0, 0.01 * adaptive.Count);
    }

    [Fact]
    public void A_straggler_that_nobody_waits_for_does_not_matter()
    {
        var arrivals = Trace("one-straggler");
        Assert.InRange(P99(Adaptive(arrivals)), 3, P99(Fixed(arrivals, 0.02)) + 0.5);
    }

    [Fact]
    public void The_report_has_every_profile_with_the_adaptive_policies_and_each_fixed_T()
    {
        using var json = JsonDocument.Parse(AdaptiveReport.Json(SyntheticRecord.Make().Results));
        Assert.Equal(SyntheticRecord.Profiles.Order(), json.RootElement.EnumerateObject().Select(profile => profile.Name).Order());
        foreach (var profile in json.RootElement.EnumerateObject().Select(profile => profile.Value))
        {
            var timeouts = profile.GetProperty("fixed").EnumerateObject().ToList();
            Assert.Equal(["20", "250"], timeouts.Select(timeout => timeout.Name));
            JsonElement[] policies =
                [profile.GetProperty("adaptive"), profile.GetProperty("adaptiveK"), .. timeouts.Select(timeout => timeout.Value)];
            foreach (var value in policies.SelectMany(policy => new[] { policy.GetProperty("p99Ms"), policy.GetProperty("accuracy") }))
            {
                var (low, median, high) =
                    (value.GetProperty("low").GetDouble(), value.GetProperty("median").GetDouble(), value.GetProperty("high").GetDouble());
                Assert.True(low <= median && median <= high);
            }

            Assert.Equal(2, timeouts.Select(timeout => timeout.Value.GetProperty("adaptiveMinusFixed").GetProperty("p99Ms")).Count());
        }
    }

    private static IReadOnlyList<ReplayedDecision> Adaptive(Arrivals arrivals) => WindowReplay.Adaptive(
        arrivals, new ReplayPolicy(3, 4, 0.12, 1 / Rate), s_policy.ToAdaptation(), TokenCase.Head).Decisions;

    private static IReadOnlyList<ReplayedDecision> Fixed(Arrivals arrivals, double t) =>
        WindowReplay.KOfN(arrivals, new ReplayPolicy(3, 4, t, 1 / Rate), TokenCase.Head).Decisions;

    private static double P99(IReadOnlyList<ReplayedDecision> decisions) =>
        DecisionFigures.Compute([.. decisions.Select(decision => decision.Measured)], 1, null, null, 4)[ValueNames.LatencyP99];

    private static Arrivals Trace(string name)
    {
        var profile = Profiles.Load(Profiles.ShippedPath)[name];
        LinkImpairment[] links = [.. Enumerable.Range(0, 4).Select(view => new LinkImpairment(profile.ForLink(view), seed: 7, view))];
        return new Arrivals(
            from moment in Enumerable.Range(0, Moments)
            from view in Enumerable.Range(0, 4)
            let sentAt = TimeSpan.FromSeconds(moment / Rate)
            let fate = links[view].Next(sentAt, 147)
            where fate.Kind == FateKind.Sent
            let capturedAt = 1_800_000_000 + sentAt.TotalSeconds
            select new Arrival(
                "", view, moment, capturedAt, capturedAt + fate.Delay.TotalSeconds, 0, 147, new float[TokenCase.Dimension]));
    }
}
