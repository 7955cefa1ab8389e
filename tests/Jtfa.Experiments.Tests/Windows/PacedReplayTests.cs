using System.Text.Json;
using Jtfa.Core;
using Jtfa.Experiments.Report;
using Jtfa.Experiments.Tests.Report;
using Jtfa.Experiments.Windows;
using Jtfa.Testbed.Links;

namespace Jtfa.Experiments.Tests.Windows;

/// <summary>A scene of which every so many seconds something else is seen, and which stands meanwhile.</summary>
public sealed class PacedReplayTests
{
    private const double Rate = 20;
    private const int Stands = 37; // so that tokens are held when something new is seen

    private static readonly FusionHead s_head = new([1, 0, 0, 1], 2, 2, [0, 0]);
    private static readonly ReplayPolicy s_policy = new(3, 4, 0.02, 1 / Rate);

    private static readonly SceneMoment[] s_scene = [.. Enumerable.Range(0, 4000).Select(moment =>
    {
        var label = moment / Stands % 2;
        ReadOnlyMemory<float> token = label == 0 ? new float[] { 1, 0 } : new float[] { 0, 1 };
        return new SceneMoment(label, [token, token, token, token], 100);
    })];

    [Fact]
    public void Sending_what_has_moved_decides_the_same_with_a_tenth_of_the_packets()
    {
        var (every, moved) = (Run(null, new LinkProfile()), Run(0.3, new LinkProfile()));
        Assert.Equal(4 * s_scene.Length, every.Packets);
        Assert.All(every.Correct, Assert.True);
        Assert.All(moved.Correct, Assert.True);

        // What is new, and each half second after that again: four of 37.
        Assert.Equal(4.0 / Stands, (double)moved.Packets / every.Packets, 0.001);
        Assert.Equal(4.0 / Stands, (double)moved.Decisions / s_scene.Length, 0.001);
    }

    [Fact]
    public void A_lost_token_is_wrong_until_the_next_and_no_longer()
    {
        var moved = Run(0.3, new LinkProfile { Loss = 0.2 });

        // One of the other three has it: a majority of the four is wrong where three or all are lost, or half with a tie.
        var wrong = moved.Correct.Count(correct => !correct) / (double)s_scene.Length;
        Assert.InRange(wrong, 0.001, 0.1);
        for (var start = 0; start < s_scene.Length; start += Stands)
            Assert.Contains(moved.Correct.Skip(start).Take(Stands), correct => correct);
    }

    [Fact]
    public void The_report_tells_what_each_pacing_costs()
    {
        using var json = JsonDocument.Parse(RateReport.Json(SyntheticRecord.Make().Results));
        Assert.Equal(["every", "every-second", "moved-0.3"], json.RootElement.EnumerateObject().Select(pacing => pacing.Name).Order());
        var moved = json.RootElement.GetProperty("moved-0.3");
        Assert.Equal(0.4, moved.GetProperty("packets").GetProperty("median").GetDouble());
        Assert.InRange(moved.GetProperty("accuracyMinusEvery").GetProperty("median").GetDouble(), -0.02, 0.02);
    }

    private static PacedReplay Run(double? delta, LinkProfile link) => PacedReplay.Run(
        s_scene, Rate, every: 1, delta, maxAge: 0.5, s_policy, new Profile("link", link, new Dictionary<int, LinkProfile>()), 5, s_head);
}
