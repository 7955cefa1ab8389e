using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Silo.Ingress;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>What waits when the gateway drains its socket goes to each lane as one call.</summary>
public class BatchTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_lane_is_called_once_for_all_its_tokens_of_a_drain_in_order_of_arrival()
    {
        await using var stage = await GatewayStage.StartAsync();
        var sender = stage.Sender();
        await stage.HoldAsync(sender);
        for (var view = 0; view < 5; view++)
        {
            for (var decision = 0; decision < 20; decision++) sender.Send(decision, view, label: decision % 10);
            sender.Send([0xc1]);
        }

        await stage.TakenAsync();

        Assert.Equal(["yard/0", "yard/1", "yard/2", "yard/3"], stage.Lanes.Calls.Select(call => call.Lane));
        Assert.All(stage.Lanes.Calls.Index(), call =>
        {
            var expected = from view in Enumerable.Range(0, 5) from i in Enumerable.Range(0, 5) select ((long)(4 * i) + call.Index, view);
            Assert.Equal(expected, call.Item.Tokens.Select(token => (token.Decision, token.View)));
            Assert.All(call.Item.Tokens, token => Assert.Equal(token.Decision % 10, token.Label));
            Assert.Equal(GatewayStage.BySequence().ToPolicy(), call.Item.Policy);
        });
        Assert.Equal(5, stage.Counters[RejectReason.NotMsgPack]);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_drain_takes_no_more_than_the_batch_size()
    {
        await using var stage = await GatewayStage.StartAsync(new IngressOptions { Sockets = GatewayStage.AnyPort, BatchSize = 8 });
        var sender = stage.Sender();
        await stage.HoldAsync(sender);
        for (var view = 0; view < 20; view++) sender.Send(1, view);

        await stage.TakenAsync();

        Assert.Equal([8, 8, 4], stage.Lanes.Calls.Select(call => call.Tokens.Length));
        Assert.Equal(Enumerable.Range(0, 20), stage.Lanes.Calls.SelectMany(call => call.Tokens).Select(token => token.View));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_later_drain_calls_the_lane_again()
    {
        await using var stage = await GatewayStage.StartAsync();
        var sender = stage.Sender();
        for (var view = 0; view < 3; view++)
        {
            await stage.HoldAsync(sender);
            sender.Send(7, view);
            await stage.TakenAsync();
        }

        var calls = stage.Lanes.Calls.Select(call => (call.Lane, Assert.Single(call.Tokens).Decision, call.Tokens[0].View));
        Assert.Equal([("yard/3", 7, 0), ("yard/3", 7, 1), ("yard/3", 7, 2)], calls);
    }

    [Fact(Timeout = 120_000)]
    public async Task One_decision_id_in_two_scenes_is_two_windows()
    {
        await using var stage = await GatewayStage.StartAsync(scenes: [GatewayStage.BySequence("yard"), GatewayStage.BySequence("hall")]);
        var sender = stage.Sender();
        await stage.HoldAsync(sender);
        foreach (var scene in new[] { "yard", "hall", "yard", "hall", "" }) sender.Send(3, view: 1, scene: scene);

        await stage.TakenAsync();

        Assert.Equal([("yard/3", 3), ("hall/3", 2)], stage.Lanes.Calls.Select(call => (call.Lane, call.Tokens.Length)));
        Assert.All(stage.Lanes.Calls.SelectMany(call => call.Tokens), token => Assert.Equal(3, token.Decision));
    }

    [Fact(Timeout = 120_000)]
    public async Task Bytes_of_a_token_are_those_of_its_datagram()
    {
        await using var stage = await GatewayStage.StartAsync();
        var sender = stage.Sender();
        await stage.HoldAsync(sender);
        sender.Send(3, view: 1);
        sender.Send(3, view: 2, scene: "yard");

        await stage.TakenAsync();

        // The key "scene" and its value of four letters are 1 + 5 + 1 + 4 bytes.
        var tokens = Assert.Single(stage.Lanes.Calls).Tokens;
        Assert.Equal(11, tokens[1].Bytes - tokens[0].Bytes);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_lanes_of_a_scene_are_as_many_as_its_policy_says_and_ids_below_zero_have_one_too()
    {
        var scene = new SceneOptions { Name = "yard", Keying = WindowKeying.Sequence, T = 60_000, Lanes = 3 };
        await using var stage = await GatewayStage.StartAsync(scenes: [scene]);
        var sender = stage.Sender();
        await stage.HoldAsync(sender);
        foreach (var decision in new[] { -4, -3, -1, 0, 5, long.MinValue, long.MaxValue }) sender.Send(decision, view: 0);

        await stage.TakenAsync();

        var lanes = stage.Lanes.Calls.ToDictionary(call => call.Lane, call => call.Tokens.Select(token => token.Decision));
        Assert.Equal([-4, -1, 5], lanes["yard/2"]);
        Assert.Equal([-3, 0], lanes["yard/0"]);
        Assert.Equal([long.MinValue, long.MaxValue], lanes["yard/1"]);
    }

    [Fact(Timeout = 120_000)]
    public async Task Tokens_on_both_sides_of_a_policys_edge_are_two_calls_each_with_its_policy()
    {
        var old = GatewayStage.BySequence().ToPolicy();
        var edge = TimeProvider.System.UnixSeconds();
        await using var stage = await GatewayStage.StartAsync();
        var current = old with { K = 1, Lanes = 1 };
        await stage.Lanes.Scene("yard").TellAsync(new SceneRouting(AxisHead.Dimension, current, edge, old, 1));
        var sender = stage.Sender();
        await stage.HoldAsync(sender);
        for (var decision = 0; decision < 6; decision++) sender.Send(decision, view: 0, timestamp: edge + (decision < 4 ? -0.1 : 0.1));

        await stage.TakenAsync();

        Assert.Equal(
            [("yard/0", old, 0L), ("yard/1", old, 1), ("yard/2", old, 2), ("yard/3", old, 3), ("yard/0", current, 4), ("yard/0", current,
                5)],
            stage.Lanes.Calls.SelectMany(call => call.Tokens.Select(token => (call.Lane, call.Policy, token.Decision))));
        Assert.Equal(5, stage.Lanes.Calls.Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task Windows_open_under_the_K_and_T_in_force_on_both_sides_of_a_policys_edge()
    {
        var old = GatewayStage.BySequence().ToPolicy() with { Timeout = WindowTimeout.Adaptive };
        var current = old with { K = 2, KMin = 1, Margin = TimeSpan.FromMilliseconds(9) };
        var (before, now) = (old.InForce(3, TimeSpan.FromMilliseconds(7)), current.InForce(1, TimeSpan.FromMilliseconds(14)));
        var edge = TimeProvider.System.UnixSeconds();
        await using var stage = await GatewayStage.StartAsync();
        await stage.Lanes.Scene("yard").TellAsync(new SceneRouting(AxisHead.Dimension, current, edge, old, 1, 0, now, before));
        var sender = stage.Sender();
        await stage.HoldAsync(sender);
        for (var decision = 0; decision < 4; decision++) sender.Send(decision, view: 0, timestamp: edge + (decision < 2 ? -0.1 : 0.1));

        await stage.TakenAsync();

        Assert.Equal(
            [(before, 0L), (before, 1), (now, 2), (now, 3)],
            stage.Lanes.Calls.SelectMany(call => call.Tokens.Select(token => (call.Policy, token.Decision)))
                .OrderBy(call => call.Decision));
    }

    [Theory(Timeout = 120_000)]
    [InlineData(WindowKeying.Sequence)]
    [InlineData(WindowKeying.Arrival)]
    public async Task A_window_that_is_open_when_the_number_of_lanes_changes_stays_in_its_lane(WindowKeying keying)
    {
        var scene = new SceneOptions { Name = "yard", Keying = keying, T = 60_000, Lanes = 64 };
        await using var stage = await GatewayStage.StartAsync(scenes: [scene]);
        var sender = stage.Sender();
        var edge = TimeProvider.System.UnixSeconds();
        sender.Send(decision: 77, view: 0, timestamp: edge - 0.1);
        await stage.TakenAsync();
        var (old, current) = (scene.ToPolicy(), scene.ToPolicy() with { Lanes = 1 });
        await stage.Lanes.Scene("yard").TellAsync(new SceneRouting(AxisHead.Dimension, current, edge, old, 1));

        sender.Send(decision: 77, view: 1, timestamp: edge + 0.1);
        await stage.TakenAsync();
        await stage.Lanes.Scene("yard").TellAsync(new SceneRouting(AxisHead.Dimension, current with { Lanes = 5 }, edge + 0.2, current, 2));
        sender.Send(decision: 77, view: 2, timestamp: edge + 0.3);
        sender.Send(decision: 78, view: 2, timestamp: edge + 0.3);
        await stage.TakenAsync();

        // Its decision has one owner, whichever policy its later tokens came under; what opens from now on is in another.
        var tokens = stage.Lanes.Calls.SelectMany(call => call.Tokens.Select(token => (call.Lane, token.Decision, token.View))).ToList();
        var window = tokens[0];
        var together = tokens.Where(token => (token.Lane, token.Decision) == (window.Lane, window.Decision));
        Assert.Equal([0, 1, 2], together.Select(token => token.View).Distinct());
        if (keying == WindowKeying.Sequence) Assert.Equal(("yard/13", ("yard/3", 78L, 2)), (window.Lane, tokens[^1]));
        Assert.Equal(4, tokens.Count);
    }
}
