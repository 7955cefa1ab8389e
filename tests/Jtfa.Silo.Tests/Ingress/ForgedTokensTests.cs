using System.Buffers.Text;
using Jtfa.Core;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>
/// A million forged, replayed and changed datagrams, in the short form a quarter of it, in the midst of valid traffic, to a scene that
/// requires tags: none is taken, and the valid ones are decided as if the others had not been there.
/// </summary>
[Collection(WholeSilo.Name)]
public sealed class ForgedTokensTests
{
    private const int Seed = 20261128;
    private const int Views = 3;
    private const int Decisions = 5_000;
    private const int Unanswered = 128; // so few that the smallest buffer holds them
    private const int Kept = 200;
    private const uint Epoch = 1_000;

    private static readonly int s_hostile = LongForm.IsAsked ? 1_000_000 : 250_000;
    private static readonly byte[][] s_keys = [.. Enumerable.Range(0, Views).Select(i => Enumerable.Repeat((byte)(i + 1), 32).ToArray())];

    private readonly Random _random = new(Seed);
    private readonly TokenKey[] _keys = [.. s_keys.Select(key => new TokenKey(key))];
    private readonly TokenKey _strangers = new(new byte[TokenKey.Size]);
    private readonly List<byte[]> _taken = [];

    [Fact(Timeout = 3_600_000)]
    public async Task None_of_a_million_is_taken()
    {
        var decisions = new KeptDecisions();
        await using var silo = await HostedSilo.StartAsync(decisions, new(
            s_keys.Select((key, view) => KeyValuePair.Create(
                $"Jtfa:Keys:Views:{view}", (string?)$"{HostedSilo.Scene}/{view} {Base64Url.EncodeToString(key)}")))
        {
            ["Jtfa:Scenes:0:Authentication"] = "Require",
            ["Jtfa:Scenes:0:N"] = $"{Views}",
            ["Jtfa:Scenes:0:T"] = "20000",
            ["Jtfa:Scenes:0:Linger"] = "20000",
        });
        using var sender = new TokenSender(silo.Gateway.EndPoints[0]);

        SendAll(silo, sender);
        await Condition.HoldsAsync(() => decisions.Count, count => count >= Decisions, $"{Decisions} decisions");
        await Condition.HoldsAsync(() => silo.Gateway.Pending, pending => pending == 0, "nothing is pending");

        var counters = silo.Gateway.Counters;
        Assert.Equal((sender.Sent, 0L, 0L), (counters.Received, counters.KernelDrops, counters.Undelivered));
        Assert.Equal(s_hostile, counters.Rejected);
        RejectReason[] usual = [RejectReason.Untagged, RejectReason.Forged, RejectReason.Duplicate, RejectReason.Replayed];
        Assert.All(usual, reason => Assert.InRange(counters[reason], s_hostile / 50, s_hostile));
        Assert.Equal(Enumerable.Range(0, Decisions).Select(id => (long)id), decisions.All.Select(decision => decision.Id).Order());
        Assert.All(decisions.All, decision =>
        {
            Assert.Equal((FireCause.K, Views, true), (decision.Cause, decision.M, decision.Correct));
            Assert.Equal(Enumerable.Range(0, Views), decision.Views);
        });
        var statistics = await silo.GetStatisticsAsync();
        Assert.Equal((0, 0, 0), (statistics.Late, statistics.Duplicates, statistics.Surplus));
    }

    private void SendAll(HostedSilo silo, TokenSender sender)
    {
        // Before a view's first token a gateway knows no epoch of it: until then copies are bounded by their age alone.
        var each = s_hostile / (Decisions * Views);
        var valid = 0;
        while (valid < Views) SendValid(sender, valid++);
        for (var i = 0; i < s_hostile; i++)
        {
            if (i % each == 0 && valid < Decisions * Views) SendValid(sender, valid++);
            sender.Send(Hostile(sender, valid));
            if (i % Unanswered == 0) silo.AwaitReceived(sender.Sent);
        }

        while (valid < Decisions * Views) SendValid(sender, valid++);
        silo.AwaitReceived(sender.Sent);
    }

    private void SendValid(TokenSender sender, int number)
    {
        var (decision, view) = (number / Views, number % Views);

        // Two decisions of one view may overtake each other.
        var datagram = sender.Sign(_keys[view], Epoch, decision ^ 1, decision, view, decision % AxisHead.Classes);
        sender.Send(datagram);
        if (_taken.Count < Kept) _taken.Add(datagram);
        else _taken[_random.Next(Kept)] = datagram;
    }

    private byte[] Hostile(TokenSender sender, int valid)
    {
        var (decision, view) = (_random.Next(Decisions), _random.Next(Views));
        var next = (valid / Views) + _random.Next(1_000); // a number that the view may send next
        switch (_random.Next(8))
        {
            case 0 or 1: return _taken[_random.Next(_taken.Count)];
            case 2: return sender.Sign(_strangers, Epoch + 1, next, decision, view);
            case 3: return sender.Sign(_keys[(view + 1) % Views], Epoch + 1, next, decision, view);
            case 4: return sender.Sign(_keys[view], Epoch - (uint)_random.Next(1, 900), next, decision, view); // recorded long ago
            case 5: return sender.Unsigned(next, decision, view);
            default:
                var changed = (byte[])_taken[_random.Next(_taken.Count)].Clone();
                for (var flips = _random.Next(1, 4); flips > 0; flips--) Flip(changed);
                return changed;
        }
    }

    // Never back again.
    private void Flip(byte[] datagram)
    {
        var at = _random.Next(datagram.Length);
        datagram[at] = (byte)(datagram[at] + _random.Next(1, 80));
    }
}
