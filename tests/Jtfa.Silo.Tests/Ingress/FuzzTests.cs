using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Testing.MsgPack;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>
/// A million hostile datagrams and more, in the short form a quarter of it, in the midst of valid traffic, through real sockets and real
/// grains: each is refused for its reason, and the valid ones are decided as if the others had not been there.
/// </summary>
[Collection(WholeSilo.Name)]
public class FuzzTests
{
    private const int Seed = 20251121;
    private const int Decisions = 5_000;
    private const int Views = 3;
    private const int InFlight = 8;
    private const int Unanswered = 128; // so few that the smallest buffer holds them

    private static readonly HashSet<int> s_views =
        [.. from decision in Enumerable.Range(0, 7) from view in Enumerable.Range(0, Views) select ViewOf(decision, view)];

    // What nothing here is refused for; ForgedTokensTests has those that are about tags.
    private static readonly RejectReason[] s_others =
    [
        RejectReason.None, RejectReason.Untagged, RejectReason.Forged, RejectReason.Duplicate, RejectReason.Replayed, RejectReason.TooLarge,
        RejectReason.WrongModel, RejectReason.Overload,
    ];

    private static readonly int s_hostile = LongForm.IsAsked ? 10_000_000 : 250_000;

    private readonly Random _random = new(Seed);
    private readonly long[] _expected = new long[Enum.GetValues<RejectReason>().Length];

    [Fact(Timeout = 3_600_000)]
    public async Task A_million_hostile_datagrams_harm_nobody()
    {
        var decisions = new KeptDecisions();
        await using var silo = await HostedSilo.StartAsync(decisions, new(s_views.Select(
            (view, i) => KeyValuePair.Create($"Jtfa:Scenes:0:Views:{i}", (string?)$"{view}")))
        {
            ["Jtfa:Scenes:0:T"] = "20000",
            ["Jtfa:Scenes:0:Linger"] = "0",
            ["Jtfa:Ingress:MaxAge"] = "10000",
            ["Jtfa:Ingress:MaxAhead"] = "1000",
        });
        using var sender = new TokenSender(silo.Gateway.EndPoints[0]);

        var growth = SendAll(silo, sender);
        await Condition.HoldsAsync(() => decisions.Count, count => count >= Decisions, $"{Decisions} decisions");
        await Condition.HoldsAsync(() => silo.Gateway.Pending, pending => pending == 0, "nothing is pending");

        var counters = silo.Gateway.Counters;
        Assert.Equal((sender.Sent, 0L, 0L), (counters.Received, counters.KernelDrops, counters.Undelivered));
        Assert.All(Enum.GetValues<RejectReason>(), reason => Assert.Equal((reason, _expected[(int)reason]), (reason, counters[reason])));
        Assert.Equal(s_hostile, counters.Rejected);
        Assert.Equal(s_others, Enum.GetValues<RejectReason>().Where(reason => counters[reason] < 10_000));
        AssertDecided(decisions.All, await silo.GetStatisticsAsync());
        // Kept, a hostile datagram would cost more than 24 bytes.
        Assert.InRange(growth, long.MinValue, 16_000_000);
        Assert.DoesNotContain(silo.Log.Lines, line => line.Contains("Exception") || line.Contains("failed"));
    }

    private static void AssertDecided(IReadOnlyList<Decision> decisions, SceneStatistics statistics)
    {
        Assert.Equal(Enumerable.Range(0, Decisions).Select(id => (long)id), decisions.Select(decision => decision.Id).Order());
        Assert.All(decisions, decision =>
        {
            Assert.Equal((FireCause.K, Views, LabelOf(decision.Id), true), (decision.Cause, decision.M, decision.Pred, decision.Correct));
            Assert.Equal(Enumerable.Range(0, Views).Select(view => ViewOf(decision.Id, view)), decision.Views);
        });
        Assert.Equal((Decisions, 0, 0), (statistics.ByK, statistics.ByT, statistics.Malformed));
        Assert.Equal((0, 0, 0), (statistics.Late, statistics.Duplicates, statistics.Surplus));
    }

    /// <summary>Sends everything.</summary>
    /// <returns>By how much the managed heap grew over the last three quarters.</returns>
    private long SendAll(HostedSilo silo, TokenSender sender)
    {
        var hostile = new HostileDatagrams(_random, HostedSilo.Scene, s_views, maxAge: 10, maxAhead: 1);
        var datagram = new MsgPackScribe(_random);
        var open = new List<(long Decision, int Sent)>();
        var (before, begun) = (0L, 0);
        for (var i = 0; i < s_hostile; i++)
        {
            _expected[(int)hostile.Next(datagram, TimeProvider.System.UnixSeconds())]++;
            sender.Send(datagram.Written);
            if (i % (s_hostile / (Decisions * Views)) == 0 && NextToken(open, ref begun) is var (decision, view))
            {
                hostile.Valid(datagram, TimeProvider.System.UnixSeconds(), decision, ViewOf(decision, view), LabelOf(decision));
                sender.Send(datagram.Written);
            }

            if (i % Unanswered == 0) silo.AwaitReceived(sender.Sent);
            if (i == s_hostile / 4) before = GC.GetTotalMemory(forceFullCollection: true);
        }

        silo.AwaitReceived(sender.Sent);
        return GC.GetTotalMemory(forceFullCollection: true) - before;
    }

    // Of a few decisions under way, one at random gets its next view.
    private (long Decision, int View)? NextToken(List<(long Decision, int Sent)> open, ref int begun)
    {
        while (open.Count < InFlight && begun < Decisions) open.Add((begun++, 0));
        if (open.Count == 0) return null;
        var index = _random.Next(open.Count);
        var (decision, sent) = open[index];
        if (sent + 1 == Views) open.RemoveAt(index);
        else open[index] = (decision, sent + 1);
        return (decision, sent);
    }

    private static int LabelOf(long decision) => (int)(decision % AxisHead.Classes);

    private static int ViewOf(long decision, int view) => (int)(decision % 7) + (view * 1000);
}
