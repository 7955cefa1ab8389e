using Jtfa.Core;
using Jtfa.Silo.Ingress;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>What a flood leaves behind.</summary>
[Collection(WholeSilo.Name)]
public class FloodTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_flood_that_nobody_takes_fills_no_memory()
    {
        const int limit = 1000, rounds = 400, views = 250;
        var never = new TaskCompletionSource();
        await using var stage = await GatewayStage.StartAsync(
            new IngressOptions { Sockets = GatewayStage.AnyPort, MaxPendingTokens = limit }, answer: _ => never.Task, records: false);
        var sender = stage.Sender();
        var before = 0L;
        for (var round = 0; round < rounds; round++)
        {
            for (var view = 0; view < views; view++) sender.Send(decision: view, view);
            await stage.TakenAsync();
            if (round == rounds / 10) before = GC.GetTotalMemory(forceFullCollection: true);
        }

        // The rest of the flood is 90,000 tokens; kept, they would be more than 5 MB.
        var growth = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.InRange(growth, long.MinValue, 1_000_000);
        Assert.InRange(stage.Gateway.Pending, limit - views, limit);
        Assert.Equal(rounds * views, stage.Gateway.Pending + stage.Counters[RejectReason.Overload]);
    }
}
