namespace Jtfa.Core.Tests.Windows;

/// <summary>A camera, or someone who is none, that makes up decision ids.</summary>
public class DecisionKeyerFloodTests
{
    private const double Start = 1_800_000_000;

    private static readonly KeyingRule s_rule = new(WindowKeying.Sequence, 3, T: 0.12, W: 0.1, Linger: 0.25);

    [Fact]
    public void A_million_ids_at_once_open_no_more_windows_than_allowed()
    {
        var keyer = new DecisionKeyer();
        var outcomes = new Dictionary<RejectReason, int>();
        for (var i = 0L; i < 1_000_000; i++)
        {
            // Every bit of an id may be anything: an odd factor makes distinct ids of distinct numbers.
            var outcome = keyer.TryKey(Start, 0, unchecked(i * (long)0x9E37_79B9_7F4A_7C15), Start, s_rule, out _);
            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
        }

        Assert.Equal(50_000, outcomes[RejectReason.None]);
        Assert.Equal(950_000, outcomes[RejectReason.Overload]);
        Assert.Equal((50_000, 50_000), (keyer.Remembered, keyer.Open));
    }

    [Fact]
    public void A_flood_that_lasts_is_remembered_no_further_than_allowed_and_passes()
    {
        const int MaxRemembered = 20_000;
        const int MaxOpen = 1_000;
        var keyer = new DecisionKeyer(maxRemembered: MaxRemembered, open: new Quota(MaxOpen));
        var (now, overloads) = (Start, 0);
        for (var i = 0; i < 1_000_000; i++)
        {
            now += 0.00004;
            if (keyer.TryKey(now, i % 7, i, now, s_rule, out _) == RejectReason.Overload) overloads++;
            if (keyer.Remembered > MaxRemembered || keyer.Open > MaxOpen) Assert.Fail($"{keyer.Remembered} remembered, {keyer.Open} open");
        }

        Assert.InRange(overloads, 900_000, 1_000_000);
        now += keyer.MaxAge + keyer.MaxAhead + 1;
        Assert.Equal(RejectReason.None, keyer.TryKey(now, 0, 1_000_001, now, s_rule, out _));
        Assert.Equal((1, 1), (keyer.Remembered, keyer.Open));
    }

    [Fact]
    public void Decisions_under_way_go_on_through_a_flood()
    {
        var keyer = new DecisionKeyer(maxRemembered: 500, open: new Quota(100));
        Assert.Equal(RejectReason.None, keyer.TryKey(Start, 0, -1, Start, s_rule, out _));
        for (var i = 0; i < 1_000; i++) keyer.TryKey(Start, 9, i, Start, s_rule, out _);

        Assert.Equal(RejectReason.None, keyer.TryKey(Start, 1, -1, Start + 0.05, s_rule, out _));
        Assert.Equal(RejectReason.None, keyer.TryKey(Start, 2, -1, Start + 0.36, s_rule, out _));
        Assert.Equal(RejectReason.Stale, keyer.TryKey(Start, 1, -1, Start + 0.38, s_rule, out _));
    }

    [Fact]
    public void A_flood_of_one_scene_leaves_the_others_their_share_and_gives_back_what_it_took()
    {
        var all = new Quota(150);
        var flooded = new DecisionKeyer(open: new Quota(100, all));
        var other = new DecisionKeyer(open: new Quota(100, all));
        Assert.Equal(100, Flood(flooded, Start));
        Assert.Equal(50, Flood(other, Start));

        // The flood has ended: no token comes that would make the keyer forget.
        var gone = Start + s_rule.T + s_rule.Linger;
        Assert.Equal(50, Flood(other, gone - 0.001, from: 1_000) + other.Open);
        flooded.Forget(gone);
        Assert.Equal((0, 50), (flooded.Open, all.Count));
        Assert.Equal(100, Flood(other, gone, from: 2_000));

        static int Flood(DecisionKeyer keyer, double now, int from = 0) =>
            Enumerable.Range(from, 1_000).Count(did => keyer.TryKey(now, 0, did, now, s_rule, out _) == RejectReason.None);
    }
}
