using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

/// <summary>What a scene remembers of what happened, and its lanes of how decisions came about.</summary>
public class SceneEventTests
{
    private const int TestTimeout = 60_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task A_view_that_falls_silent_is_told_once_with_when_it_was_heard_last()
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Scene.AnnounceAsync(3, "gate");
        await silo.Scene.ReportTrafficAsync("gateway", null, [Traffic(3, silo.Now)]);
        var last = silo.Now;
        silo.Advance(3000);
        await silo.Scene.ReportTrafficAsync("gateway", null, []);
        await silo.Scene.ReportTrafficAsync("gateway", null, []);
        silo.Advance(500);
        await silo.Scene.ReportTrafficAsync("gateway", null, [Traffic(3, silo.Now)]);

        var events = await EventsAsync(silo);

        Assert.Equal(
            [
                (1, SceneEventKind.Heard, "gate is heard", last), (2, SceneEventKind.Missing, "gate is missing", last),
                (3, SceneEventKind.Heard, "gate is heard", silo.Now),
            ],
            events.Select(one => ((int)one.Number, one.Kind, one.Text, one.At)));
        Assert.All(events, one => Assert.Equal(3, one.View));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Faults_switches_and_changes_of_policy_are_told_once_and_the_last_are_kept()
    {
        await using var silo = await TestSilo.StartAsync();
        for (var repeated = 0; repeated < 3; repeated++) await silo.Scene.AnnounceAsync(1, "door", "the lens is covered");
        await silo.Scene.AnnounceAsync(1, "door");
        await silo.Scene.AnnounceAsync(1, "door", null, switchedOff: true);
        await silo.Scene.AnnounceAsync(1, "door", null, switchedOff: false);
        var policy = (await silo.Scene.GetRoutingAsync(Cancellation)).Current;
        await silo.Scene.SetPolicyAsync(policy with { K = 2, T = TimeSpan.FromMilliseconds(60.5) }, Cancellation);
        await silo.Scene.SetPolicyAsync(policy with { K = 2, T = TimeSpan.FromMilliseconds(60.5) }, Cancellation);

        Assert.Equal(
            [
                (SceneEventKind.Fault, "door: the lens is covered"), (SceneEventKind.Mended, "door captures again"),
                (SceneEventKind.SwitchedOff, "door was switched off"), (SceneEventKind.SwitchedOn, "door was switched on"),
                (SceneEventKind.Policy, $"K 3 → 2, T {policy.T.TotalMilliseconds} → 60.5 ms"),
            ],
            (await EventsAsync(silo)).Select(one => (one.Kind, one.Text)));

        for (var i = 0; i < 100; i++) await silo.Scene.AnnounceAsync(1, "door", $"fault {i}");
        var last = await EventsAsync(silo);
        Assert.Equal(SceneEvent.MostKept, last.Length);
        Assert.Equal(105, last[^1].Number);
        Assert.Equal(2, (await silo.Scene.GetSnapshotAsync(new SnapshotSpan(0, 0, 0, 2), Cancellation)).Events.Length);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_lane_tells_how_its_last_decisions_came_about()
    {
        await using var silo = await TestSilo.StartAsync();
        var policy = (await silo.Scene.GetRoutingAsync(Cancellation)).Current;
        await silo.AddAsync(7, policy, [new(2, silo.Now), new(0, silo.Now - 0.25), new(1, silo.Now)]);
        await silo.StatisticsWhenAsync(seen => seen.Decisions > 0, Cancellation);
        var lane = silo.Lane(policy, 7);

        var detail = Assert.Single(await lane.GetDetailsAsync([new(0, 3), new(0, 7), new(1, 7)], withVectors: true));

        Assert.Equal((7, 0), (detail.Id, detail.ClockEpoch));
        Assert.Equal([0, 1, 2], detail.Tokens.Select(token => token.View));
        Assert.Equal(1, detail.Tokens.Sum(token => token.Weight), 1e-6);
        Assert.Equal(silo.Now - 0.25, detail.Tokens[0].CapturedAt);
        Assert.All(detail.Tokens, token => Assert.Equal(SampleHead.Dimension, token.Vector!.Length));
        Assert.All(
            Assert.Single(await lane.GetDetailsAsync([new(0, 7)], withVectors: false)).Tokens, token => Assert.Null(token.Vector));
        var decision = Assert.Single(await silo.Scene.GetRecentAsync(1, Cancellation));
        Assert.Equal(SampleHead.ClassNames[decision.Pred], decision.Label);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task The_names_that_a_scene_gives_its_views_go_before_the_cameras_own()
    {
        var scene = new SceneOptions { Name = TestSilo.SceneName, ViewNames = { [1] = "front door" } };
        await using var silo = await TestSilo.StartAsync(scene);
        await silo.Scene.AnnounceAsync(1, "cam-17", null, switchedOff: false, givesPictures: true);
        await silo.Scene.AnnounceAsync(2, "cam-18");

        var cameras = (await silo.Scene.GetSnapshotAsync(new SnapshotSpan(0, 0, 0), Cancellation)).Cameras;

        Assert.Equal(
            [("front door", "cam-17", true), ("cam-18", "cam-18", false)],
            cameras.Select(camera => (camera.Camera!, camera.Declared!, camera.GivesPictures)));
    }

    private static async Task<SceneEvent[]> EventsAsync(TestSilo silo) =>
        (await silo.Scene.GetSnapshotAsync(new SnapshotSpan(0, 0, 0, 1000), Cancellation)).Events;

    private static ViewTraffic Traffic(int view, double at) => new(view, at, 1, 100, 10, 8, 0, 0, 0);
}
