using System.Net;
using Jtfa.Silo.Tests.Ingress;

namespace Jtfa.Silo.Tests.Telemetry;

/// <summary>A scrape of a running silo.</summary>
[Collection(WholeSilo.Name)]
public sealed class ScrapeTests
{
    // K is 3, N is 4. Long enough for what is sent after a decision to find its window.
    private static readonly Dictionary<string, string?> s_slow = new() { ["Jtfa:Scenes:0:T"] = "1500", ["Jtfa:Scenes:0:Linger"] = "3000" };

    [Fact(Timeout = 120_000)]
    public async Task Counts_are_those_of_what_was_sent()
    {
        const int byK = 40, byT = 5, duplicates = 3, late = 4, garbage = 7, elsewhere = 2, strangers = 6;
        await using var silo = await HostedSilo.StartAsync(null, s_slow);
        await using var server = await MetricsServer.StartAsync(silo);
        using var sender = new TokenSender(silo.Gateway.EndPoints[0]);
        var none = await server.ScrapeAsync();
        Assert.Equal(0, none.Value("jtfa_decisions_total", "scene=yard", "cause=K"));
        Assert.Equal(0, none.Value("jtfa_ingress_rejected_total", "reason=NotMsgPack"));

        for (var decision = 0; decision < byK; decision++)
            for (var view = 0; view < 3; view++) sender.Send(decision, view, decision % AxisHead.Classes);
        for (var i = 0; i < byT; i++) sender.Send(1000 + i, view: 2, label: i);
        for (var i = 0; i < duplicates; i++) sender.Send(1000 + i, view: 2, label: i);
        for (var i = 0; i < garbage; i++) sender.Send([0xc1]);
        for (var i = 0; i < elsewhere; i++) sender.Send(1, view: 0, scene: "attic");
        for (var i = 0; i < strangers; i++) sender.Send(1, view: 4 + (i * 777)); // N is 4
        await server.ScrapeUntilAsync(seen => seen.Value("jtfa_decisions_total", "scene=yard", "cause=K") == byK, "decisions by K");
        for (var i = 0; i < late; i++) sender.Send(i, view: 3);

        var all = await server.ScrapeUntilAsync(
            seen => seen.Value("jtfa_window_late_total", "scene=yard") == late
                && seen.Value("jtfa_window_duplicates_total", "scene=yard") == duplicates
                && seen.Value("jtfa_log_written_total") == byK + byT && seen.Value("jtfa_ingress_pending") == 0,
            "all counted");

        const int tokens = (3 * byK) + byT + duplicates + late;
        Assert.Equal(sender.Sent, all.Value("jtfa_ingress_received_total"));
        Assert.Equal(tokens, all.Value("jtfa_ingress_tokens_total", "scene=yard"));
        Assert.Equal(garbage, all.Value("jtfa_ingress_rejected_total", "reason=NotMsgPack"));
        Assert.Equal(elsewhere, all.Value("jtfa_ingress_rejected_total", "reason=UnknownScene"));
        Assert.Equal(strangers, all.Value("jtfa_ingress_rejected_total", "reason=UnknownView"));
        Assert.Equal(garbage + elsewhere + strangers, all["jtfa_ingress_rejected_total"].Samples.Sum(sample => sample.Value));
        Assert.Equal(0, all.Value("jtfa_ingress_undelivered_total"));
        AssertDecisions(all, byK, byT);
        Assert.Equal(0, all.Value("jtfa_window_surplus_total", "scene=yard"));
        Assert.Equal(0, all.Value("jtfa_log_pending", "place=memory"));
        Assert.Equal(0, all.Value("jtfa_log_pending", "place=spool"));
        Assert.Equal(0, all.Value("jtfa_log_lost_total"));
        var statistics = await silo.GetStatisticsAsync();
        Assert.Equal((byK, byT, late, duplicates), (statistics.ByK, statistics.ByT, statistics.Late, statistics.Duplicates));
        Assert.Contains("service_name=\"jtfa\"", all.Text, StringComparison.Ordinal);
    }

    private static void AssertDecisions(Exposition all, int byK, int byT)
    {
        Assert.Equal(byK, all.Value("jtfa_decisions_total", "scene=yard", "cause=K"));
        Assert.Equal(byT, all.Value("jtfa_decisions_total", "scene=yard", "cause=T"));
        Assert.Equal(3 * byK, all.Value("jtfa_decision_tokens_total", "scene=yard", "cause=K"));
        Assert.Equal(byT, all.Value("jtfa_decision_tokens_total", "scene=yard", "cause=T"));
        Assert.Equal(byK + byT, all.Value("jtfa_decision_labelled_total", "scene=yard"));
        Assert.Equal(byK + byT, all.Value("jtfa_decision_correct_total", "scene=yard"));
        Assert.Equal(byK + byT, all.Value("jtfa_decision_fill_ratio_count", "scene=yard"));
        Assert.Equal((0.75 * byK) + (0.25 * byT), all.Value("jtfa_decision_fill_ratio_sum", "scene=yard")!.Value, 1e-9);
        Assert.Equal(byT, all.Value("jtfa_decision_fill_ratio_bucket", "scene=yard", "le=0.3"));
        Assert.Equal(byK, all.Value("jtfa_decision_latency_seconds_count", "scene=yard", "cause=K"));

        // They waited for the timeout of 1.5 s, no longer than all of this takes.
        Assert.Equal(0, all.Value("jtfa_decision_latency_seconds_bucket", "scene=yard", "cause=T", "le=1"));
        Assert.Equal(byT, all.Value("jtfa_decision_latency_seconds_bucket", "scene=yard", "cause=T", "le=+Inf"));
        Assert.Equal(byT, all.Value("jtfa_fire_latency_seconds_count", "scene=yard", "cause=T"));
    }

    [Fact(Timeout = 120_000)]
    public async Task Silos_of_a_process_are_added_up_and_one_that_has_gone_no_longer()
    {
        await using var staying = await HostedSilo.StartAsync(new KeptDecisions(), s_slow);
        await using var server = await MetricsServer.StartAsync(staying);
        var beside = new Dictionary<string, string?>(s_slow) { ["Jtfa:Cluster:SiloPort"] = "11112", ["Jtfa:Cluster:ClientPort"] = "30001" };
        await using (var going = await HostedSilo.StartAsync(new KeptDecisions(), beside))
        {
            using var sender = new TokenSender(going.Gateway.EndPoints[0]);
            sender.Send(1, view: 0);
            var both = await server.ScrapeUntilAsync(
                seen => seen.Value("jtfa_ingress_open_windows", "scene=yard") == 1, "a window is open");
            Assert.Single(both["jtfa_ingress_open_windows"].Samples);
            Assert.Single(both["jtfa_ingress_pending"].Samples);
        }

        var one = await server.ScrapeAsync();
        Assert.Equal(0, one.Value("jtfa_ingress_open_windows", "scene=yard"));
        Assert.Equal(2, one["jtfa_log_pending"].Samples.Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task Scrapes_at_once_are_whole()
    {
        await using var silo = await HostedSilo.StartAsync(new KeptDecisions(), []);
        await using var server = await MetricsServer.StartAsync(silo);
        using var client = new HttpClient();
        using var sender = new TokenSender(silo.Gateway.EndPoints[0]);
        var answers = Enumerable.Range(0, 100).Select(_ => client.GetAsync(server.Uri, TestContext.Current.CancellationToken)).ToList();
        for (var decision = 0; decision < 200; decision++)
            for (var view = 0; view < 3; view++) sender.Send(decision, view);

        foreach (var answer in answers)
        {
            using var response = await answer;
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType?.ToString());
            Assert.NotNull(
                Exposition.Read(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))["jtfa_decisions_total"]);
        }
    }
}
