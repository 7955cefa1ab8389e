using Jtfa.Core;
using Jtfa.Silo.Ingress;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>What the gateway does when windows, memory or the kernel's buffer do not keep up: it drops, counts and says so.</summary>
public class LimitTests
{
    [Fact(Timeout = 120_000)]
    public async Task Tokens_beyond_the_limit_of_pending_ones_are_counted_as_overload_until_windows_take_them()
    {
        const int limit = 100, sent = 1000;
        var gate = new TaskCompletionSource();
        await using var stage = await GatewayStage.StartAsync(
            new IngressOptions { Sockets = GatewayStage.AnyPort, MaxPendingTokens = limit }, answer: _ => gate.Task);
        var sender = stage.Sender();
        for (var i = 0; i < sent; i++) sender.Send(decision: i, view: 0);
        await stage.TakenAsync();

        Assert.Equal((limit, sent - limit), (stage.Gateway.Pending, stage.Counters[RejectReason.Overload]));
        Assert.Equal(limit, stage.Windows.Calls.Sum(call => call.Tokens.Length));
        Assert.Contains(stage.Log.From(LogLevel.Warning), line => line.Contains("Tokens are dropped"));

        gate.SetResult();
        await Condition.HoldsAsync(() => stage.Gateway.Pending, pending => pending == 0, "nothing is pending");
        for (var i = 0; i < limit; i++) sender.Send(sent + i, view: 0);
        await stage.TakenAsync();
        Assert.Equal(2 * limit, stage.Windows.Calls.Sum(call => call.Tokens.Length));
        Assert.Equal(sent - limit, stage.Counters[RejectReason.Overload]);
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
        Assert.Equal(20, stage.Windows.Calls.Sum(call => call.Tokens.Length));
        var windows = stage.Windows.Calls.Select(call => call.Window).Distinct();
        Assert.Equal(Enumerable.Range(0, 10).Select(decision => $"yard/{decision}"), windows);
        Assert.Equal(10, stage.Gateway.OpenWindows);
    }

    [Fact(Timeout = 120_000)]
    public async Task Tokens_of_a_window_that_fails_are_counted_as_undelivered()
    {
        var down = Task.FromException(new InvalidOperationException("down"));
        await using var stage = await GatewayStage.StartAsync(answer: window => window == "yard/3" ? down : Task.CompletedTask);
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
        await using var stage = await GatewayStage.StartAsync(new IngressOptions { Sockets = GatewayStage.AnyPort, ReceiveBufferBytes = 4096 });
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
