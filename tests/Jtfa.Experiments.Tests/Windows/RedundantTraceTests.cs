using System.Text.Json;
using Jtfa.Experiments.Report;
using Jtfa.Experiments.Tests.Report;
using Jtfa.Experiments.Windows;
using Jtfa.Interfaces;
using Jtfa.Testbed.Links;

namespace Jtfa.Experiments.Tests.Windows;

/// <summary>What redundancy brings over links that fade, against what a Markov chain in continuous time says.</summary>
public sealed class RedundantTraceTests
{
    private const double Rate = 20;
    private const double Good = 450;
    private const double Bad = 50;

    private static readonly SceneMoment[] s_scene =
        [.. Enumerable.Range(0, 50).Select(n => new SceneMoment(n % 10, [.. Enumerable.Range(0, 4).Select(view => Vector(n, view))], 133))];

    [Theory]
    [InlineData(RedundancyKind.None, 0, 0)]
    [InlineData(RedundancyKind.Duplicate, 20, 20)]
    [InlineData(RedundancyKind.Duplicate, 120, 120)]
    [InlineData(RedundancyKind.Red, 1, 50)]
    public void A_lost_token_is_saved_as_often_as_the_fade_is_over_by_then(RedundancyKind kind, int size, double laterMs)
    {
        var trace = Send(new TokenRedundancy { Kind = kind, Delay = Math.Max(1, size), Tokens = Math.Max(1, size) }, 10_000);

        // P(bad after t | bad) = π + (1 − π)·e^(−t·(1/good + 1/bad)).
        var share = Bad / (Good + Bad);
        var saved = laterMs == 0 ? 0 : 1 - share - ((1 - share) * Math.Exp(-laterMs * ((1 / Good) + (1 / Bad))));
        var error = Math.Sqrt(0.25 / trace.FirstLost * 4); // tokens of one fade are not independent of each other
        Assert.InRange((double)trace.Saved / trace.FirstLost, saved - (4.5 * error), saved + (4.5 * error));
        Assert.Equal(trace.Tokens - trace.FirstLost + trace.Saved, trace.Arrivals.All.Count);
        Assert.Equal(kind == RedundancyKind.Duplicate ? 2L * trace.Tokens : trace.Tokens, trace.Packets);
        Assert.Equal(trace.Arrivals.All.Count, trace.Arrivals.All.Select(arrival => (arrival.View, arrival.Moment)).Distinct().Count());
    }

    [Fact]
    public void More_tokens_carried_along_save_more_of_the_very_same_losses()
    {
        var traces = new[] { 1, 2, 4, 8 }
            .Select(tokens => Send(new TokenRedundancy { Kind = RedundancyKind.Red, Tokens = tokens }, 2000)).ToList();
        Assert.Single(traces.Select(trace => trace.FirstLost).Distinct());
        Assert.Equal(traces.Select(trace => trace.Saved).Order(), traces.Select(trace => trace.Saved));
        Assert.Equal(traces.Select(trace => trace.WireBytes).Order().Distinct(), traces.Select(trace => trace.WireBytes));
        Assert.True(traces[3].Saved > 0.99 * traces[3].FirstLost);
    }

    [Fact]
    public void The_report_has_each_redundancy_with_its_bytes()
    {
        using var json = JsonDocument.Parse(LossReport.Json(SyntheticRecord.Make().Results));
        foreach (var timeout in new[] { "120", "250" })
        {
            var of = json.RootElement.GetProperty("fades").GetProperty(timeout);
            JsonElement[] all =
                [of.GetProperty("none"), of.GetProperty("duplicate").GetProperty("50"), of.GetProperty("red").GetProperty("2")];
            Assert.Equal([193, 390, 285], all.Select(redundancy => redundancy.GetProperty("wireBytes").GetProperty("median").GetDouble()));
            Assert.All(all, redundancy => Assert.InRange(
                redundancy.GetProperty("decisionsWithK").GetProperty("median").GetDouble(), 0.9, 1));
        }
    }

    private static RedundantTrace Send(TokenRedundancy redundancy, int moments) => RedundantTrace.Send(
        s_scene, moments, Rate, redundancy,
        new Profile("fades", new LinkProfile { Fade = new FadeProfile(Good, Bad) }, new Dictionary<int, LinkProfile>()), seed: 3);

    private static ReadOnlyMemory<float> Vector(int moment, int view) =>
        Enumerable.Range(0, 16).Select(i => MathF.Sin((moment * 7) + (view * 3) + i)).ToArray();
}
