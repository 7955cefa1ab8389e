using Jtfa.Core;
using Jtfa.Grains;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>A gateway whose clock is set while tokens come.</summary>
public class ClockTests
{
    private static readonly SceneOptions s_scene = new() { Name = "yard" };

    [Fact(Timeout = 120_000)]
    public async Task Tokens_that_come_after_the_clock_was_set_back_are_of_the_next_epoch_and_every_scene_is_told()
    {
        await using var stage = await GatewayStage.StartAsync(scenes: [s_scene, new SceneOptions { Name = "attic" }]);
        var sender = stage.Sender();
        sender.Send(null, view: 0, timestamp: stage.Clock.UnixSeconds());
        await stage.TakenAsync();

        stage.Clock.WasSet = -3600;
        sender.Send(null, view: 1, timestamp: stage.Clock.UnixSeconds());
        await stage.TakenAsync();
        sender.Send(null, view: 2, timestamp: stage.Clock.UnixSeconds());
        await stage.TakenAsync();

        Assert.Equal([0, 1, 1], stage.Lanes.Calls.Select(call => call.ClockEpoch));
        Assert.Equal(0, stage.Counters[RejectReason.Stale] + stage.Counters[RejectReason.Future]);
        foreach (var scene in new[] { stage.Lanes.Scene("yard"), stage.Lanes.Scene("attic") })
        {
            await Condition.HoldsAsync(() => scene.Routing.ClockEpoch, epoch => epoch == 1, "the scene is told");
            Assert.Equal(-3600, Assert.Single(scene.Steps).By, 0.1);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_clock_that_is_set_forward_begins_no_epoch()
    {
        await using var stage = await GatewayStage.StartAsync(scenes: [s_scene]);
        var sender = stage.Sender();
        stage.Clock.WasSet = 3600;
        sender.Send(null, view: 0, timestamp: stage.Clock.UnixSeconds());
        await stage.TakenAsync();

        Assert.Equal(0, Assert.Single(stage.Lanes.Calls).ClockEpoch);
        await Condition.HoldsAsync(() => stage.Lanes.Scene("yard").Steps.Count, steps => steps == 1, "the scene is told");
    }

    [Fact(Timeout = 120_000)]
    public async Task An_epoch_that_another_gateway_began_holds_here_too_and_is_told_to_the_other_scenes()
    {
        await using var stage = await GatewayStage.StartAsync(scenes: [s_scene, new SceneOptions { Name = "attic" }]);
        var yard = stage.Lanes.Scene("yard");

        await yard.TellAsync(yard.Routing.InEpoch(5));

        var sender = stage.Sender();
        sender.Send(null, view: 0);
        await stage.TakenAsync();
        Assert.Equal(5, Assert.Single(stage.Lanes.Calls).ClockEpoch);
        await Condition.HoldsAsync(() => stage.Lanes.Scene("attic").Routing.ClockEpoch, epoch => epoch == 5, "the other scene is told");
        Assert.Empty(stage.Lanes.Scene("attic").Steps);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_policy_in_force_stays_in_force_when_its_moment_comes_to_lie_ahead()
    {
        await using var stage = await GatewayStage.StartAsync(scenes: [s_scene]);
        var (yard, sender) = (stage.Lanes.Scene("yard"), stage.Sender());
        var policy = yard.Routing.Current with { K = 1 };
        await yard.TellAsync(yard.Routing with { Current = policy, CurrentFrom = stage.Clock.UnixSeconds() - 10, Version = 1 });

        stage.Clock.WasSet = -3600;
        sender.Send(null, view: 0, timestamp: stage.Clock.UnixSeconds());
        await stage.TakenAsync();

        Assert.Equal(policy, Assert.Single(stage.Lanes.Calls).Policy);
    }
}
