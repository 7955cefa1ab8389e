using Jtfa.Core;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>A log that does not commit, as one with synchronous durability whose disk hangs: the gateway stays alive and bounded.</summary>
[Collection(WholeSilo.Name)]
public class BlockedLogTests
{
    [Fact(Timeout = 120_000)]
    public async Task Tokens_are_dropped_and_counted_while_the_log_hangs_and_decided_when_it_goes_on()
    {
        // A lane holds the gateway back when it has 1,024 decisions to report; it takes what is in the call under way whole.
        const int limit = 300, decisions = 6000, views = 3, lanes = 4, unreported = 1024;
        var committed = new TaskCompletionSource();
        var log = new KeptDecisions(committed.Task);
        await using var silo = await HostedSilo.StartAsync(log, new()
        {
            ["Jtfa:Scenes:0:T"] = "30000",
            ["Jtfa:Ingress:MaxPendingTokens"] = $"{limit}",
        });
        using var sender = new TokenSender(silo.Gateway.EndPoints[0]);
        try
        {
            for (var decision = 0; decision < decisions; decision++)
            {
                for (var view = 0; view < views; view++) sender.Send(decision, view, decision % AxisHead.Classes);
                // One at a time: what lanes take without being held back is pending no longer than their turn.
                await Condition.HoldsAsync(
                    () => silo.Gateway.Counters.Received, received => received == sender.Sent, $"{sender.Sent} datagrams received");
            }

            await Condition.HoldsAsync(() => silo.Gateway.Pending, pending => pending <= limit, $"at most {limit} are pending");
            var dropped = silo.Gateway.Counters[RejectReason.Overload];
            var taken = (decisions * views) - dropped;
            Assert.InRange(taken, lanes * unreported * views, (lanes * (unreported + limit) * views) + limit);
            Assert.InRange(log.Count, lanes, lanes * unreported);
        }
        finally
        {
            committed.SetResult();
        }

        await Condition.HoldsAsync(() => silo.Gateway.Pending, pending => pending == 0, "nothing is pending");
        await Condition.HoldsAsync(() => log.Count, count => count >= lanes * unreported, "what was held is decided");
        Assert.Equal(log.Count, log.All.Select(decision => decision.Id).Distinct().Count());
        sender.Send(decisions, 0, 4);
        sender.Send(decisions, 1, 4);
        sender.Send(decisions, 2, 4);
        await Condition.HoldsAsync(
            () => log.All, all => all.Any(decision => decision is { Id: decisions, Cause: FireCause.K, Pred: 4 }), "a new decision");
    }
}
