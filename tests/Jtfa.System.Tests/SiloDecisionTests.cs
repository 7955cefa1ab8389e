using Jtfa.Core;
using Jtfa.System.Tests.Stage;

namespace Jtfa.System.Tests;

/// <summary>Tokens by UDP to a real <c>jtfa silo</c>, decisions read back from its log.</summary>
public sealed class SiloDecisionTests : IDisposable
{
    private const int Long = 30_000;
    private const int Short = 300;

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task K_views_are_decided_at_once_in_every_encoding()
    {
        await using var silo = await RunningSilo.StartAsync(_workspace, RunningSilo.BySequence(Long));
        var bytes = new Dictionary<long, int>();
        foreach (var encoding in Enum.GetValues<TokenEncoding>())
        {
            for (var i = 0; i < 10; i++)
            {
                var decision = ((long)encoding * 100) + i;
                bytes[decision] = new[] { 3, 0, 1 }.Sum(view => silo.Socket.Send(decision, view, i, encoding: encoding));
            }
        }

        await DecisionRows.ReachAsync(_workspace, bytes.Count);
        var decisions = await LoggedDecision.AllAsync(_workspace);

        Assert.Equal(bytes.Keys.Order(), decisions.Select(decision => decision.Decision).Order());
        Assert.All(decisions, decision =>
        {
            var label = (int)(decision.Decision % 100);
            Assert.Equal(("default", "K", 3, 0.75), (decision.Scene, decision.Cause, decision.M, decision.FillRatio));
            Assert.Equal((label, label, true), (decision.Pred, decision.Gt, decision.Correct));
            Assert.Equal([0, 1, 3], decision.Views);
            Assert.Equal(bytes[decision.Decision], decision.Bytes);
            Assert.InRange(decision.LatMean, 0, Long / 1000.0);
        });
    }

    [Fact(Timeout = 120_000)]
    public async Task Fewer_views_are_decided_when_the_timeout_is_over()
    {
        await using var silo = await RunningSilo.StartAsync(_workspace, RunningSilo.BySequence(Short));
        silo.Socket.Send(7, view: 2, label: 4);
        silo.Socket.Send(8, view: 1, label: 5);
        silo.Socket.Send(8, view: 0, label: 5);

        await DecisionRows.ReachAsync(_workspace, 2);
        var decisions = (await LoggedDecision.AllAsync(_workspace)).ToDictionary(decision => decision.Decision);

        Assert.Equal(("T", 1, 0.25, 4), (decisions[7].Cause, decisions[7].M, decisions[7].FillRatio, decisions[7].Pred));
        Assert.Equal(("T", 2, 0.5, 5), (decisions[8].Cause, decisions[8].M, decisions[8].FillRatio, decisions[8].Pred));
        // A timer may not fire early; 1 ms is what clocks are rounded to.
        Assert.All(decisions.Values, decision => Assert.True(decision.P99 >= (Short - 1) / 1000.0, decision.ToString()));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_second_token_of_a_view_replaces_the_first()
    {
        await using var silo = await RunningSilo.StartAsync(_workspace, RunningSilo.BySequence(Long));
        foreach (var view in new[] { 0, 0, 0, 1 }) silo.Socket.Send(1, view, label: 9);
        foreach (var view in new[] { 0, 1, 2 }) silo.Socket.Send(1, view, label: 6);

        await DecisionRows.ReachAsync(_workspace, 1);
        var decision = Assert.Single(await LoggedDecision.AllAsync(_workspace));

        Assert.Equal(("K", 3, 6, 6), (decision.Cause, decision.M, decision.Pred, decision.Gt));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_late_token_changes_nothing_and_opens_nothing()
    {
        await using var silo = await RunningSilo.StartAsync(
            _workspace, [.. RunningSilo.BySequence(Short), "--set", "Jtfa:Scenes:0:Linger=50"]);
        silo.Socket.SendViews(1, 0, 1, 2);
        await DecisionRows.ReachAsync(_workspace, 1);
        var before = await LoggedDecision.LinesAsync(_workspace);

        // The first while the window lingers, the others when it has gone: decision 2 opened after it and has gone before them.
        silo.Socket.Send(1, view: 3, label: 9);
        silo.Socket.SendViews(2, 0);
        await DecisionRows.ReachAsync(_workspace, 1, "decision = 2 AND cause = 'T'");
        silo.Socket.Send(1, view: 3, label: 9);
        silo.Socket.SendViews(1, 0, 1, 2);
        silo.Socket.SendViews(3, 0, 1, 2);
        await DecisionRows.ReachAsync(_workspace, 1, "decision = 3");
        await silo.StopAsync();

        var after = await LoggedDecision.LinesAsync(_workspace);
        Assert.Equal([1, 2, 3], after.Select(line => LoggedDecision.Parse(line).Decision));
        Assert.Equal(Assert.Single(before), after[0]);
    }

    [Fact(Timeout = 120_000)]
    public async Task Views_of_one_moment_meet_by_their_timestamps()
    {
        const double width = 0.1;
        await using var silo = await RunningSilo.StartAsync(
            _workspace, "--k", "3", "--timeout", "2000", "--window", "100", "--set", "Jtfa:Ingress:MaxAge=600000");
        var moments = Enumerable.Range(0, 20).Select(i => Math.Round(TokenSocket.Now / width) - 100 + (3 * i)).ToArray();
        var decisionId = -1L; // what the packets say of it is not to matter
        foreach (var view in new[] { 0, 1, 2 })
        {
            foreach (var moment in moments)
                silo.Socket.Send(decisionId--, view, TokenSocket.LabelOf((long)moment), (moment + (0.4 * (view - 1))) * width);
        }

        await DecisionRows.ReachAsync(_workspace, moments.Length);
        var decisions = await LoggedDecision.AllAsync(_workspace);

        Assert.Equal(moments.Select(moment => (long)moment), decisions.Select(decision => decision.Decision).Order());
        Assert.All(decisions, decision => Assert.Equal(("K", 3, true), (decision.Cause, decision.M, decision.Correct)));
    }

    [Fact(Timeout = 120_000)]
    public async Task Scenes_are_kept_apart_and_each_counts_its_own_accuracy()
    {
        var configuration = _workspace.Write("scenes.json", """
            { "Jtfa": { "Scenes": [
              { "Name": "default", "K": 3, "T": 30000, "Keying": "Sequence", "Head": "head.npz" },
              { "Name": "Küche", "K": 2, "N": 2, "T": 30000, "Keying": "Sequence", "Head": "head.npz" } ] } }
            """);
        await using var silo = await RunningSilo.StartAsync(_workspace, "--config", configuration);
        const int count = 60;
        for (var id = 0; id < count; id++)
        {
            // Every fourth decision of the second scene is given a truth that its tokens do not mean.
            foreach (var view in new[] { 0, 1, 2 }) silo.Socket.Send(id, view, id % 10);
            foreach (var view in new[] { 0, 1 }) silo.Socket.Send(id, view, label: 1, scene: "Küche", truth: id % 4 == 3 ? 2 : 1);
        }

        await DecisionRows.ReachAsync(_workspace, 2 * count);
        foreach (var (scene, views) in new[] { ("default", 3), ("Küche", 2) })
        {
            var decisions = await LoggedDecision.AllAsync(_workspace, "--scene", scene);
            Assert.Equal(Enumerable.Range(0, count).Select(id => (long)id), decisions.Select(decision => decision.Decision).Order());
            Assert.All(decisions, decision => Assert.Equal((scene, views), (decision.Scene, decision.M)));
            var right = 0;
            for (var i = 0; i < count; i++)
            {
                right += decisions[i].Correct ? 1 : 0;
                Assert.Equal(right / (i + 1.0), decisions[i].AccRunning!.Value, 1e-9);
            }

            Assert.Equal(scene == "default" ? count : count * 3 / 4, right);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task The_csv_file_is_the_log_in_the_published_schema()
    {
        await using var silo = await RunningSilo.StartAsync(_workspace, [.. RunningSilo.BySequence(Short), "--csv", _workspace["log.csv"]]);
        for (var id = 0; id < 50; id++) silo.Socket.SendViews(id, id % 5 == 0 ? [1] : [0, 1, 2]);
        await DecisionRows.ReachAsync(_workspace, 50);
        await silo.StopAsync();

        var file = await File.ReadAllLinesAsync(_workspace["log.csv"], TestContext.Current.CancellationToken);
        var printed = await ProgramRun.JtfaToEndAsync(_workspace, "decisions", "--log", "--format", "csv", "--last", "1000");
        Assert.Equal("timestamp,cause,m,fill_ratio,bytes,lat_mean,p50,p90,p99,tail_factor,pred,gt,correct,acc_running,label", file[0]);
        Assert.Equal(51, file.Length);
        Assert.Equal(file, printed.Output);
        Assert.Equal(10, file.Count(line => line.Split(',') is [_, "T", "1", ..]));
        Assert.Equal(40, file.Count(line => line.Split(',') is [_, "K", "3", ..]));
    }
}
