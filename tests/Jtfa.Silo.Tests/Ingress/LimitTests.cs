using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Silo.Ingress;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>What the gateway does when lanes, memory or the kernel's buffer do not keep up: it drops, counts and says so.</summary>
public class LimitTests
{
    [Fact(Timeout = 120_000)]
    public async Task Tokens_beyond_the_limit_of_pending_ones_are_counted_as_overload_until_lanes_take_them()
    {
        const int limit = 100, sent = 1000;
        var gate = new TaskCompletionSource();
        await using var stage = await GatewayStage.StartAsync(
            new IngressOptions { Sockets = GatewayStage.AnyPort, MaxPendingTokens = limit, BatchSize = 1 }, answer: _ => gate.Task);
        var sender = stage.Sender();
        for (var i = 0; i < sent; i++) sender.Send(decision: i, view: 0);
        await stage.TakenAsync();

        Assert.Equal((limit, sent - limit), (stage.Gateway.Pending, stage.Counters[RejectReason.Overload]));
        Assert.Equal([0, 1, 2, 3], stage.Lanes.Calls.Select(call => Assert.Single(call.Tokens).Decision).Order()); // one call a lane
        Assert.Contains(stage.Log.From(LogLevel.Warning), line => line.Contains("Tokens of scene yard are dropped"));

        gate.SetResult();
        await Condition.HoldsAsync(() => stage.Gateway.Pending, pending => pending == 0, "nothing is pending");
        Assert.Equal(1, stage.Lanes.MostAtOnce);
        foreach (var lane in stage.Lanes.Calls.GroupBy(call => call.Lane))
        {
            var tokens = lane.SelectMany(call => call.Tokens).Select(token => token.Decision);
            Assert.Equal(Enumerable.Range(0, limit / 4).Select(i => (4L * i) + lane.Key[^1] - '0'), tokens);
        }

        for (var i = 0; i < limit; i++) sender.Send(sent + i, view: 0);
        await stage.TakenAsync();
        await Condition.HoldsAsync(() => stage.Gateway.Pending, pending => pending == 0, "nothing is pending");
        Assert.Equal(2 * limit, stage.Lanes.Calls.Sum(call => call.Tokens.Length));
        Assert.Equal(sent - limit, stage.Counters[RejectReason.Overload]);
    }

    [Fact(Timeout = 120_000)]
    public async Task One_scenes_pending_tokens_leave_the_others_theirs()
    {
        const int limit = 20, all = 30;
        var gate = new TaskCompletionSource();
        var options =
            new IngressOptions { Sockets = GatewayStage.AnyPort, MaxPendingTokens = all, MaxScenePendingTokens = limit, BatchSize = 1 };
        await using var stage = await GatewayStage.StartAsync(
            options, [GatewayStage.BySequence("yard"), GatewayStage.BySequence("hall")], answer: _ => gate.Task);
        var sender = stage.Sender();
        foreach (var scene in new[] { "yard", "hall" })
        {
            for (var i = 0; i < 100; i++) sender.Send(decision: i, view: 0, scene: scene);
        }

        await stage.TakenAsync();
        Assert.Equal((all, 200 - all), (stage.Gateway.Pending, stage.Counters[RejectReason.Overload]));
        gate.SetResult();
        await Condition.HoldsAsync(() => stage.Gateway.Pending, pending => pending == 0, "nothing is pending");
        var taken = stage.Lanes.Calls.ToLookup(call => call.Lane[..4], call => call.Tokens.Length);
        Assert.Equal((limit, all - limit), (taken["yard"].Sum(), taken["hall"].Sum()));
    }

    [Fact(Timeout = 120_000)]
    public async Task What_can_no_longer_be_decided_in_time_is_dropped_before_what_can()
    {
        const int limit = 40;
        var gate = new TaskCompletionSource();
        var scene = new SceneOptions { Name = "yard", Keying = WindowKeying.Sequence, T = 1_000, Linger = 60_000 };
        await using var stage = await GatewayStage.StartAsync(
            new IngressOptions { Sockets = GatewayStage.AnyPort, MaxPendingTokens = limit, BatchSize = 1 }, [scene],
            answer: _ => gate.Task);
        var sender = stage.Sender();
        for (var i = 0; i < limit; i++) sender.Send(decision: i, view: 0);
        await stage.TakenAsync();
        var filled = TimeProvider.System.GetTimestamp();
        await Condition.HoldsAsync(
            () => TimeProvider.System.GetElapsedTime(filled).TotalMilliseconds, elapsed => elapsed > 1_001, "T is over");

        for (var i = 0; i < limit; i++) sender.Send(decision: 1000 + i, view: 0);
        await stage.TakenAsync();
        gate.SetResult();
        await Condition.HoldsAsync(() => stage.Gateway.Pending, pending => pending == 0, "nothing is pending");

        // Four were with their lanes already, and four new ones found no room.
        var taken = stage.Lanes.Calls.SelectMany(call => call.Tokens).Select(token => token.Decision).Order();
        Assert.Equal([0, 1, 2, 3, .. Enumerable.Range(1000, limit - 4).Select(id => (long)id)], taken);
        Assert.Equal(limit, stage.Counters[RejectReason.Overload]);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_lane_that_is_on_the_move_is_called_again_and_has_all_its_tokens_in_order_behind_it()
    {
        var (moves, away) = (3, Task.FromException(new TimeoutException("away")));
        await using var stage = await GatewayStage.StartAsync(
            new IngressOptions { Sockets = GatewayStage.AnyPort, BatchSize = 1 },
            answer: lane => lane == "yard/2" && Interlocked.Decrement(ref moves) >= 0 ? away : Task.CompletedTask);
        var sender = stage.Sender();
        for (var i = 0; i < 20; i++) sender.Send(decision: i, view: 0);
        await stage.TakenAsync();
        Assert.Equal(15, stage.Lanes.Calls.Count(call => call.Lane != "yard/2")); // the others wait for nobody

        await Condition.HoldsAsync(() => stage.Gateway.Pending, pending => pending == 0, "nothing is pending");

        var tokens = stage.Lanes.Calls.Where(call => call.Lane == "yard/2").SelectMany(call => call.Tokens).Select(token => token.Decision);
        Assert.Equal([2, 2, 2, 2, 6, 10, 14, 18], tokens);
        Assert.Equal((0, 1), (stage.Counters.Undelivered, stage.Lanes.MostAtOnce));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_scene_opens_no_more_windows_than_allowed()
    {
        await using var stage = await GatewayStage.StartAsync(new IngressOptions { Sockets = GatewayStage.AnyPort, MaxOpenWindows = 10 });
        var sender = stage.Sender();
        foreach (var view in new[] { 0, 1 })
        {
            for (var decision = 0; decision < 25; decision++) sender.Send(decision, view);
        }

        await stage.TakenAsync();

        // Windows that are open go on taking tokens.
        Assert.Equal(30, stage.Counters[RejectReason.Overload]);
        Assert.Equal(20, stage.Lanes.Calls.Sum(call => call.Tokens.Length));
        var windows = stage.Lanes.Calls.SelectMany(call => call.Tokens).Select(token => token.Decision).Distinct();
        Assert.Equal(Enumerable.Range(0, 10).Select(id => (long)id), windows.Order());
        Assert.Equal(10, stage.Gateway.OpenWindows);
    }

    [Fact(Timeout = 120_000)]
    public async Task One_scenes_windows_leave_the_others_theirs()
    {
        var options = new IngressOptions { Sockets = GatewayStage.AnyPort, MaxOpenWindows = 15, MaxSceneWindows = 10 };
        await using var stage = await GatewayStage.StartAsync(options, [GatewayStage.BySequence("yard"), GatewayStage.BySequence("hall")]);
        var sender = stage.Sender();
        foreach (var scene in new[] { "yard", "hall" })
        {
            for (var decision = 0; decision < 25; decision++) sender.Send(decision, view: 0, scene: scene);
        }

        await stage.TakenAsync();

        Assert.Equal((15, 35), (stage.Gateway.OpenWindows, stage.Counters[RejectReason.Overload]));
        var windows = stage.Lanes.Calls.SelectMany(call => call.Windows).ToLookup(window => window[..4]);
        Assert.Equal((10, 5), (windows["yard"].Count(), windows["hall"].Count()));
    }

    [Fact(Timeout = 120_000)]
    public async Task Tokens_of_a_lane_that_fails_are_counted_as_undelivered()
    {
        var down = Task.FromException(new InvalidOperationException("down"));
        await using var stage = await GatewayStage.StartAsync(answer: lane => lane == "yard/3" ? down : Task.CompletedTask);
        var sender = stage.Sender();
        for (var decision = 0; decision < 5; decision++)
        {
            sender.Send(decision, view: 0);
            sender.Send(decision, view: 1);
        }

        await stage.TakenAsync();
        await Condition.HoldsAsync(() => stage.Gateway.Pending, pending => pending == 0, "nothing is pending");

        Assert.Equal((2, 0), (stage.Counters.Undelivered, stage.Counters.Rejected - stage.Counters[RejectReason.Truncated]));
    }

    [Fact(Timeout = 120_000)]
    public async Task What_the_kernel_drops_is_counted()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells.");
        const int sent = 500;
        await using var stage = await GatewayStage.StartAsync(
            new IngressOptions { Sockets = GatewayStage.AnyPort, ReceiveBufferBytes = 4096 });
        var sender = stage.Sender();
        await stage.HoldAsync(sender);
        for (var i = 0; i < sent; i++) sender.Send(decision: 1, view: i);
        stage.Clock.Release();

        // The kernel's count comes with a datagram that was queued after the drops.
        await Condition.HoldsAsync(() =>
        {
            sender.Send(decision: 2, view: 0);
            return stage.Counters.KernelDrops;
        }, drops => drops > 0, "the kernel tells of drops");
        await stage.TakenAsync();

        Assert.InRange(stage.Counters.KernelDrops, sent / 2, sent);
        Assert.Equal(sender.Sent, stage.Counters.Received + stage.Counters.KernelDrops);
    }
}
