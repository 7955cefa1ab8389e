using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>When a gateway calls its scenes, and when it knows of a change.</summary>
public class SceneCallTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_scene_with_tokens_is_called_twice_a_second_and_a_quiet_one_hardly_at_all()
    {
        await using var stage = await GatewayStage.StartAsync(scenes: [GatewayStage.BySequence("yard"), GatewayStage.BySequence("hall")]);
        var sender = stage.Sender();
        var begin = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(begin).TotalSeconds < 2.5)
        {
            sender.Send(1, view: 0, scene: "yard");
            await stage.TakenAsync();
        }

        // The first call is that of the start; each scene has its turn once in ten seconds anyway.
        Assert.InRange(stage.Lanes.Scene("yard").Calls, 3, 2 + (int)(2 * TimeProvider.System.GetElapsedTime(begin).TotalSeconds));
        Assert.InRange(stage.Lanes.Scene("hall").Calls, 1, 2);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_gateway_knows_a_policy_as_soon_as_it_is_told_and_uses_it_from_its_edge_on()
    {
        var old = GatewayStage.BySequence().ToPolicy();
        await using var stage = await GatewayStage.StartAsync();
        var sender = stage.Sender();
        var edge = TimeProvider.System.UnixSeconds() + 0.3;
        await stage.Lanes.Scene("yard").TellAsync(new SceneRouting(AxisHead.Dimension, old with { K = 1 }, edge, old, 1));
        sender.Send(1, view: 0, timestamp: edge - 0.001);
        sender.Send(2, view: 0, timestamp: edge);

        await stage.TakenAsync();

        var policies = stage.Lanes.Calls.ToDictionary(call => Assert.Single(call.Tokens).Decision, call => call.Policy);
        Assert.Equal((old, old with { K = 1 }), (policies[1], policies[2]));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_gateway_that_was_told_of_a_scene_which_it_does_not_serve_goes_on()
    {
        await using var stage = await GatewayStage.StartAsync(scenes: [GatewayStage.BySequence("yard"), GatewayStage.BySequence("hall")]);
        var gateway = stage.Lanes.Scene("yard").Gateway!;

        await gateway.RouteAsync("attic", stage.Lanes.Scene("yard").Routing);

        stage.Sender().Send(1, view: 0);
        await stage.TakenAsync();
        Assert.Single(stage.Lanes.Calls);
    }
}
