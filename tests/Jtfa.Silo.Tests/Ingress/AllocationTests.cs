using Jtfa.Core;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>What the receive loop allocates, measured on its own thread from one drain to the next.</summary>
public class AllocationTests
{
    [Fact(Timeout = 120_000)]
    public async Task Rejected_datagrams_allocate_nothing()
    {
        await using var stage = await GatewayStage.StartAsync(records: false);
        var sender = stage.Sender();
        var allocated = 0L;
        for (var round = 0; round < 5; round++)
        {
            // The first rounds compile, and the first of each reason is logged.
            allocated = await AllocatedByAsync(stage, sender, () =>
            {
                for (var i = 0; i < 25; i++)
                {
                    sender.Send([0xc1]);
                    sender.Send([]);
                    sender.Send(new byte[TokenPacket.MaxDatagramBytes + 1]);
                    sender.Send(1, view: 0, scene: "attic");
                    sender.Send(1, view: 0, dimension: 8);
                    sender.Send(1, view: 0, timestamp: 5);
                    sender.Send(1, view: 0, timestamp: 5e9);
                    sender.Send(null, view: 0);
                }
            });
        }

        Assert.Equal(0, allocated);
        Assert.Equal(8, stage.Counters.ByReason().Count);
        Assert.Empty(stage.Lanes.Calls);
    }

    [Fact(Timeout = 120_000)]
    public async Task Accepted_tokens_allocate_only_their_place_in_the_block_of_their_lane()
    {
        await using var stage = await GatewayStage.StartAsync(records: false);
        var sender = stage.Sender();
        var (few, many) = (0L, 0L);
        for (var round = 0; round < 5; round++)
        {
            few = await AllocatedByAsync(stage, sender, () => SendViews(sender, 10));
            many = await AllocatedByAsync(stage, sender, () => SendViews(sender, 200));
        }

        Assert.Equal(TokenBlock.Size(AxisHead.Dimension, 200) - TokenBlock.Size(AxisHead.Dimension, 10), many - few);
    }

    internal static void SendViews(TokenSender sender, int count)
    {
        for (var view = 0; view < count; view++) sender.Send(decision: 1, view);
    }

    /// <summary>What the loop allocates for one drain of what is sent, the wait for the next included.</summary>
    internal static async Task<long> AllocatedByAsync(GatewayStage stage, TokenSender sender, Action send)
    {
        await stage.HoldAsync(sender);
        send();
        var drain = stage.Clock.Drains;
        await stage.TakenAsync();
        await Condition.HoldsAsync(() => stage.Clock.Drains, drains => drains > drain + 1, "the drain after it");
        return stage.Clock.AllocatedBefore(drain + 1) - stage.Clock.AllocatedBefore(drain);
    }
}
