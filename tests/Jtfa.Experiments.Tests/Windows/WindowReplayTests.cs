using Jtfa.Core;
using Jtfa.Experiments.Windows;

namespace Jtfa.Experiments.Tests.Windows;

public sealed class WindowReplayTests
{
    private const double Slack = 1e-6;

    [Fact]
    public void It_decides_as_the_silos_windows_do() => Property.Holds(TokenCase.All, tokens =>
    {
        var (expected, late, duplicates, surplus, rejected) = SiloWindows.Decide(tokens);
        var actual = WindowReplay.KOfN(tokens.Arrivals, tokens.Policy, TokenCase.Head);

        Assert.Equal((late, duplicates, surplus, rejected), (actual.Late, actual.Duplicates, actual.Surplus, actual.Rejected));
        Assert.Equal(
            expected.Select(
                one => (one.Id, one.Fired.FiredAt, one.Fired.Cause, string.Join(' ', one.Fired.Views), one.Fired.FillRatio, one.Fired.Bytes,
                    one.Fired.LatMean, one.Fired.Pred, one.Fired.Gt)),
            actual.Decisions.OrderBy(one => one.FiredAt).ThenBy(one => one.Id)
                .Select(
                    one => (one.Id, one.FiredAt, one.Cause, string.Join(' ', one.Views), one.FillRatio, one.Bytes, one.LatMean, one.Pred,
                        one.Gt)));
    });

    [Fact]
    public void A_decision_is_made_once_of_each_view_once_and_by_T_exactly_T_after_the_first() => Property.Holds(TokenCase.All, tokens =>
    {
        var decisions = WindowReplay.KOfN(tokens.Arrivals, tokens.Policy, TokenCase.Head).Decisions;
        Assert.Equal(decisions.Count, decisions.Select(decision => decision.Id).Distinct().Count());
        foreach (var decision in decisions)
        {
            Assert.InRange(decision.Views.Length, 1, tokens.Policy.N);
            Assert.Equal(decision.Views.Distinct().Order(), decision.Views);
            var received = tokens.Tokens.Select(token => token.Header.ReceivedAt);
            if (decision.Cause == FireCause.T) Assert.Contains(received, at => at + tokens.Policy.T == decision.FiredAt);
            else Assert.Contains(decision.FiredAt, received);
        }
    });

    [Fact]
    public void Wait_for_all_lacks_a_view_only_where_it_gave_up() => Property.Holds(TokenCase.All, tokens =>
    {
        var decisions = WindowReplay.WaitForAll(tokens.Arrivals, tokens.Policy, TokenCase.Head, giveUp: 0.5).Decisions;
        Assert.All(decisions, decision => Assert.Equal(decision.FillRatio == 1, decision.Cause == FireCause.K));
    });

    [Fact]
    public void A_delay_buffers_latency_is_its_delay_within_half_a_window() => Property.Holds(TokenCase.All, tokens =>
    {
        const double delay = 0.03;
        var replayed = WindowReplay.DelayBuffer(tokens.Arrivals, tokens.Policy, TokenCase.Head, delay);
        var decisions = replayed.Decisions;
        Assert.All(
            decisions, decision =>
                Assert.InRange(decision.LatMean, delay - (TokenCase.Width / 2) - Slack, delay + (TokenCase.Width / 2) + Slack));
        Assert.All(decisions, decision => Assert.InRange(decision.FiredAt - (decision.Id * TokenCase.Width), delay - Slack, delay + Slack));
        Assert.Equal(
            tokens.Tokens.Length, decisions.Sum(
                decision => decision.Views.Length) + replayed.Late + replayed.Duplicates + replayed.Surplus + replayed.Rejected);
    });

    [Fact]
    public void More_views_needed_never_decide_earlier() => Property.Holds(TokenCase.All, tokens =>
    {
        var patient = tokens.Policy with { T = double.PositiveInfinity };
        for (var k = 1; k < patient.N; k++)
        {
            var fewer = FireTimes(patient with { K = k });
            Assert.All(
                FireTimes(patient with { K = k + 1 }), decision =>
                    Assert.True(decision.Value >= fewer[decision.Key], $"{decision} with K = {k + 1}"));
        }

        Dictionary<long, double> FireTimes(ReplayPolicy policy) =>
            WindowReplay.KOfN(tokens.Arrivals, policy, TokenCase.Head).Decisions.ToDictionary(
                decision => decision.Id, decision => decision.FiredAt);
    });

    [Fact]
    public void Vectors_longer_than_tokens_in_single_precision_are_decided_on()
    {
        const int dimension = 576;
        var weights = new float[2 * dimension];
        weights[dimension] = 1;
        var vector = new float[dimension];
        vector[0] = 0.123f;
        var arrivals = new Arrivals(Enumerable.Range(0, 3).Select(view => new Arrival("", view, 7, 100, 100.01 + view, 1, 2400, vector)));

        var decision = Assert.Single(
            WindowReplay.KOfN(arrivals, new ReplayPolicy(2, 4, 5, 0.1), new FusionHead(weights, 2, dimension, new float[2])).Decisions);

        Assert.Equal(
            (1000L, 101.01, FireCause.K, 4800, 1, 1, true),
            (decision.Id, decision.FiredAt, decision.Cause, decision.Bytes, decision.Pred, decision.Gt, decision.Correct));
        Assert.Equal([0, 1], decision.Views);
        Assert.Equal((1, 0.5), (arrivals.Moments, decision.FillRatio));
    }

    [Fact]
    public void Arrivals_that_do_not_belong_together_are_named()
    {
        var head = TokenCase.Head;
        var policy = new ReplayPolicy(1, 1, 1, 1);
        Arrivals scenes = new([.. "ab".Select(scene => new Arrival($"{scene}", 0, 0, 1, 1, 0, 1, new float[TokenCase.Dimension]))]);
        Assert.Contains("several scenes", Assert.Throws<ArgumentException>(() => WindowReplay.KOfN(scenes, policy, head)).Message);
        Assert.Single(WindowReplay.KOfN(scenes.OfScene("a"), policy, head).Decisions);
        Arrivals longer = new([new Arrival("", 3, 0, 1, 1, 0, 1, new float[17])]);
        Assert.Contains("length 17 of view 3", Assert.Throws<ArgumentException>(() => WindowReplay.KOfN(longer, policy, head)).Message);
    }
}
