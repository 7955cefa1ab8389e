using System.Net;
using System.Net.Http.Json;
using Jtfa.Interfaces;
using Jtfa.Silo.Tests.Ingress;

namespace Jtfa.Silo.Tests.Language;

/// <summary>Plans by HTTP, and as a person writes them.</summary>
[Collection(WholeSilo.Name)]
public sealed class PlanEndpointTests(LanguageSilo silo) : IClassFixture<LanguageSilo>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_silo_that_is_alone_has_all_blocks()
    {
        var proposal = await GetAsync<PlanProposal>("/v1/language/models/small/plan?sequences=3&goal=Latency");
        var stage = Assert.Single(proposal.Plan!.Stages);
        Assert.Equal((0, 2, 3, PlanGoal.Latency), (stage.First, stage.Count, proposal.Sequences, proposal.Goal));
        Assert.True(proposal.TokensPerSecond > 0 && proposal.Stages[0].Bytes > 1000);
        Assert.Equal(stage.Silo, Assert.Single(proposal.Silos).Silo);

        var text = Uri.EscapeDataString($"blocks 0-1: {stage.Silo}");
        var judged = await GetAsync<PlanProposal>($"/v1/language/models/small/plan?plan={text}");
        Assert.Equal(proposal.Stages[0].Bytes, judged.Stages[0].Bytes);
        var wrong = await GetAsync<PlanProposal>($"/v1/language/models/small/plan?plan={Uri.EscapeDataString($"0: {stage.Silo}")}");
        Assert.Equal("the plan: its stages end with block 0: allowed is 1, the model's last", wrong.Fault);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("/v1/language/models/none/plan", HttpStatusCode.NotFound, "There is no such model")]
    [InlineData("/v1/language/models/small/plan?sequences=0", HttpStatusCode.BadRequest, "sequences=0: allowed is 1 … 4096")]
    [InlineData("/v1/language/models/small/plan?goal=Cheap", HttpStatusCode.BadRequest, "allowed is Throughput, Latency")]
    [InlineData("/v1/language/models/small/plan?plan=nothing", HttpStatusCode.BadRequest, "the stage 'nothing' is none: allowed is")]
    public async Task What_is_wrong_is_said(string path, HttpStatusCode status, string says)
    {
        using var answer = await silo.Client.GetAsync(path, Cancel);
        Assert.Equal(status, answer.StatusCode);
        Assert.Contains(says, (await answer.Content.ReadFromJsonAsync<Said>(Cancel))!.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("blocks 0-10: a & b; 11-21: c", "blocks 0-10: a & b; 11-21: c")]
    [InlineData("0:10.0.0.1:11111;1-3 : a[3]&b [1] ", "blocks 0: 10.0.0.1:11111; 1-3: a[3] & b[1]")]
    [InlineData("0-3: a & b[1]", "blocks 0-3: a[3] & b[1]")]
    [InlineData("BLOCKS 0-3: a & b & c", "blocks 0-3: a[2] & b[1] & c[1]")]
    public void A_plan_is_read_as_it_is_written(string text, string written)
    {
        var plan = PlanText.Parse("m", text, 4);
        Assert.Empty(plan.Faults());
        Assert.Equal(written, PlanText.Format(plan));
        Assert.Equal(written, PlanText.Format(PlanText.Parse("m", written, 4)));
        foreach (var stage in plan.Stages.Where(stage => stage.Shards.Length > 0))
        {
            Assert.Equal((0, 4), (stage.Shards[0].FirstHead, stage.Shards.Sum(shard => shard.Heads)));
            for (var i = 1; i < stage.Shards.Length; i++)
                Assert.Equal(stage.Shards[i - 1].FirstHead + stage.Shards[i - 1].Heads, stage.Shards[i].FirstHead);
        }
    }

    [Theory]
    [InlineData(""), InlineData("blocks"), InlineData("0-1 a"), InlineData("0-1:"), InlineData("1-0: a"), InlineData("0-1-2: a")]
    [InlineData("-1: a"), InlineData("0: a;"), InlineData("0: a & "), InlineData("0: a[0] & b"), InlineData("0: a[5] & b")]
    [InlineData("0: a[1] & b[1]"), InlineData("99999999999: a"), InlineData("0: a&b&c&d&e")]
    public void What_is_no_plan_is_refused_in_one_line(string text)
    {
        var fault = Assert.Throws<FormatException>(() => PlanText.Parse("m", text, 4));
        Assert.DoesNotContain('\n', fault.Message);
    }

    private async Task<T> GetAsync<T>(string path) => (await silo.Client.GetFromJsonAsync<T>(path, JtfaJson.Options, Cancel))!;

    private sealed record Said(string Detail);
}
