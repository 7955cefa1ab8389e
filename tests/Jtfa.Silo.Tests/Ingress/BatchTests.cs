using Jtfa.Core;
using Jtfa.Silo.Ingress;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>What waits when the gateway drains its socket goes to each window as one call.</summary>
public class BatchTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_window_is_called_once_for_all_its_tokens_of_a_drain()
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

        Assert.Equal(Enumerable.Range(0, 20).Select(decision => $"yard/{decision}"), stage.Windows.Calls.Select(call => call.Window));
        Assert.All(stage.Windows.Calls.Index(), call =>
        {
            Assert.Equal([0, 1, 2, 3, 4], call.Item.Tokens.Select(token => token.View));
            Assert.All(call.Item.Tokens, token => Assert.Equal(call.Index % 10, token.Label));
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

        Assert.Equal([8, 8, 4], stage.Windows.Calls.Select(call => call.Tokens.Length));
        Assert.Equal(Enumerable.Range(0, 20), stage.Windows.Calls.SelectMany(call => call.Tokens).Select(token => token.View));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_later_drain_calls_the_window_again()
    {
        await using var stage = await GatewayStage.StartAsync();
        var sender = stage.Sender();
        for (var view = 0; view < 3; view++)
        {
            await stage.HoldAsync(sender);
            sender.Send(7, view);
            await stage.TakenAsync();
        }

        var calls = stage.Windows.Calls.Select(call => (call.Window, Assert.Single(call.Tokens).View));
        Assert.Equal([("yard/7", 0), ("yard/7", 1), ("yard/7", 2)], calls);
    }

    [Fact(Timeout = 120_000)]
    public async Task One_decision_id_in_two_scenes_is_two_windows()
    {
        await using var stage = await GatewayStage.StartAsync(scenes: [GatewayStage.BySequence("yard"), GatewayStage.BySequence("hall")]);
        var sender = stage.Sender();
        await stage.HoldAsync(sender);
        foreach (var scene in new[] { "yard", "hall", "yard", "hall", "" }) sender.Send(3, view: 1, scene: scene);

        await stage.TakenAsync();

        Assert.Equal([("yard/3", 3), ("hall/3", 2)], stage.Windows.Calls.Select(call => (call.Window, call.Tokens.Length)));
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
        var tokens = Assert.Single(stage.Windows.Calls).Tokens;
        Assert.Equal(11, tokens[1].Bytes - tokens[0].Bytes);
    }
}
