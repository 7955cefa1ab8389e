using System.Collections.Concurrent;
using System.Diagnostics;
using Jtfa.Interfaces;
using Jtfa.Silo.Tests.Ingress;
using Microsoft.Extensions.DependencyInjection;

namespace Jtfa.Silo.Tests.Telemetry;

/// <summary>What a listener to the spans hears.</summary>
[Collection(WholeSilo.Name)]
public sealed class SpanTests : IDisposable
{
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public SpanTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source == JtfaNames.Spans,
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task A_decision_lasts_from_its_first_token_until_it_is_published()
    {
        await using var silo = await HostedSilo.StartAsync(null, new() { ["Jtfa:Scenes:0:T"] = "400" });
        using var sender = new TokenSender(silo.Gateway.EndPoints[0]);
        var before = DateTime.UtcNow;
        sender.Send(7, view: 1);
        sender.Send(8, view: 0);
        sender.Send(8, view: 1);
        sender.Send(8, view: 3);
        var spans = await Condition.HoldsAsync(
            () => _ended.Where(span => span.OperationName == JtfaNames.DecisionSpan)
                .ToDictionary(span => (long)span.GetTagItem("decision")!), seen => seen.Count == 2, "two decisions");
        var after = DateTime.UtcNow;

        Assert.Equal((HostedSilo.Scene, "T", 1), (spans[7].GetTagItem("scene"), spans[7].GetTagItem("cause"), spans[7].GetTagItem("m")));
        Assert.Equal((HostedSilo.Scene, "K", 3), (spans[8].GetTagItem("scene"), spans[8].GetTagItem("cause"), spans[8].GetTagItem("m")));
        Assert.Equal((1, 0), (spans[7].GetTagItem("opened_by"), spans[8].GetTagItem("opened_by")));
        Assert.All(spans.Values, span => Assert.InRange(span.StartTimeUtc, before - s_clockStep, after));
        Assert.All(spans.Values, span => Assert.InRange(span.StartTimeUtc + span.Duration, span.StartTimeUtc, after + s_clockStep));
        Assert.Equal(["due", "fired"], spans[7].Events.Select(moment => moment.Name));

        // The first waited for the timeout.
        Assert.InRange(spans[7].Duration, TimeSpan.FromMilliseconds(395), after - before + s_clockStep);
        Assert.Equal(400, (spans[7].Events.First().Timestamp - spans[7].StartTimeUtc).TotalMilliseconds, 0.1);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_change_of_policy_and_commits_are_told()
    {
        await using var silo = await HostedSilo.StartAsync(null, []);
        var scene = silo.Services.GetRequiredService<IGrainFactory>().GetGrain<ISceneGrain>(HostedSilo.Scene);
        await scene.SetPolicyAsync(new ScenePolicy { K = 1, Keying = Core.WindowKeying.Sequence }, TestContext.Current.CancellationToken);
        var change = Assert.Single(_ended, span => span.OperationName == JtfaNames.PolicySpan);
        Assert.Equal(HostedSilo.Scene, change.GetTagItem("scene"));
        Assert.Contains("K = 1", (string)change.GetTagItem("policy")!, StringComparison.Ordinal);

        using var sender = new TokenSender(silo.Gateway.EndPoints[0]);
        for (var view = 0; view < 4; view++) sender.Send(1, view);
        var commit = await Condition.HoldsAsync(
            () => _ended.FirstOrDefault(span => span.OperationName == JtfaNames.CommitSpan), span => span is not null, "a commit");
        Assert.Equal((1, ActivityStatusCode.Unset), (commit!.GetTagItem("decisions"), commit.Status));
    }

    // The silo's clock is finer than the one that is compared with.
    private static readonly TimeSpan s_clockStep = TimeSpan.FromMilliseconds(5);
}
