using Jtfa.Interfaces;
using Jtfa.Silo.Language;
using Jtfa.Silo.Tests.Http;
using Jtfa.Silo.Tests.Ingress;
using Jtfa.Testing.Language;
using Microsoft.Extensions.Configuration;

namespace Jtfa.Silo.Tests.Language;

/// <summary>Plans in configuration: a list, a line, or the solver's.</summary>
[Collection(WholeSilo.Name)]
public sealed class AutoPlanTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void A_plan_in_one_line_is_the_same_as_a_list()
    {
        var line = Bind(("Plan", "blocks 0-5: a; 6: b"));
        var list = Bind(
            ("Plan:0:Silo", "a"), ("Plan:0:Count", "6"), ("Plan:1:Silo", "b"), ("Plan:1:First", "6"), ("Plan:1:Count", "1"));
        Assert.Equal(list.Plan, line.Plan);
        Assert.False(line.Plan.IsAuto);
        Assert.Equal((true, false), (line.IsStartedBy("a"), line.IsStartedBy("b")));
        Assert.Equal(line.Plan, Bind(("Plan", "blocks 0-5: a; 6: b"), ("Plan:0:Silo", "c"), ("Plan:0:Count", "7")).Plan);
    }

    [Fact]
    public void The_solvers_plan_is_asked_for_with_a_word()
    {
        var auto = Bind(("Plan", "Auto"), ("Starter", "b"));
        Assert.True(auto.Plan.IsAuto);
        Assert.Empty(auto.Plan);
        Assert.Equal((false, true), (auto.IsStartedBy("a"), auto.IsStartedBy("b")));
        Assert.True(Bind(("Plan", "auto")).IsStartedBy("anyone"));
        Assert.False(Bind(("Plan", ""), ("Name", "m")).Plan.IsAuto);
        Assert.Empty(Bind(("Plan", ""), ("Name", "m")).Plan);
    }

    [Theory]
    [InlineData(
        "Plan", "none",
        "Plan: the stage 'none' is none: allowed is 'blocks 0-10: silo; 11-21: silo & silo', with a name for each silo, or 'auto'")]
    [InlineData("Plan", "0: a & b", "Plan: silos share the stage of block 0, which a ring's cannot: allowed is one silo a stage")]
    [InlineData("Plan", "0: a; 2: b", "Plan: stage 1 begins with block 2: allowed is 1, which no stage has yet")]
    [InlineData("Starter", "a", "Starter=a: it goes with Plan=auto")]
    [InlineData("PlanGoal", "7", "PlanGoal=7: allowed is Throughput or Latency")]
    public void What_is_wrong_is_a_line(string key, string value, string fault) => Assert.Equal(
        [fault], Bind((key, value), ("Name", "m"), ("File", typeof(AutoPlanTests).Assembly.Location)).Faults());

    [Fact(Timeout = 60_000)]
    public async Task A_silo_that_is_alone_has_all_blocks_by_the_solvers_plan_and_says_which_is_in_force()
    {
        var file = Path.GetTempFileName();
        try
        {
            RandomModel.Write(file, "llama:mqa", blocks: 4);
            await using var silo = await HttpSilo.StartAsync(
                ("Jtfa:Cluster:SiloName", "one"), ("Jtfa:Language:Models:0:Name", "m"), ("Jtfa:Language:Models:0:File", file),
                ("Jtfa:Language:Models:0:Plan", "auto"), ("Jtfa:Language:Models:0:Pages", "64"));
            var model = silo.Grains.GetGrain<IModelGrain>("m");
            Assert.Equal(ModelState.Loaded, (await model.LoadAsync(Cancel))!.State);
            var proposal = await silo.Grains.GetGrain<IModelPlannerGrain>("m").ProposeAsync(2, PlanGoal.Throughput, null, Cancel);
            Assert.Equal("blocks 0-3: one", PlanText.Format(proposal!.InForce!.Plan!));
            Assert.True(proposal.InForce.IsAuto);
            Assert.Null(proposal.InForce.Fault);
            Assert.Equal(proposal.TokensPerSecond, proposal.InForce.TokensPerSecond);
            Assert.Equal(proposal.Stages, proposal.InForce.Stages);

            await model.UnloadAsync(Cancel);
            proposal = await silo.Grains.GetGrain<IModelPlannerGrain>("m").ProposeAsync(2, PlanGoal.Throughput, null, Cancel);
            Assert.NotNull(proposal!.Plan);
            Assert.Null(proposal.InForce);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static ModelOptions Bind(params (string Key, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build()
        .Get<ModelOptions>(binder => binder.ErrorOnUnknownConfiguration = true) ?? new();
}
