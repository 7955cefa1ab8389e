using Jtfa.Interfaces;
using Jtfa.Language.Planning;

namespace Jtfa.Silo.Language;

/// <summary>What the solver knows of plans, as silos and clients tell it.</summary>
public static class PlanProposals
{
    /// <summary>Makes a proposal for a model: the best plan, or what a given one is expected to do.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="cost">What it takes.</param>
    /// <param name="silos">The silos.</param>
    /// <param name="request">What the plan is to be good for.</param>
    /// <param name="given">A plan; null: the best one.</param>
    /// <returns>The proposal; its fault says why there is none.</returns>
    public static PlanProposal Propose(string model, ModelCost cost, MeasuredSilos silos, PlanRequest request, ModelPlan? given)
    {
        ArgumentNullException.ThrowIfNull(cost);
        ArgumentNullException.ThrowIfNull(request);
        var proposal = new PlanProposal
        {
            Sequences = request.Sequences,
            Goal = request.Objective == PlanObjective.Latency ? PlanGoal.Latency : PlanGoal.Throughput,
        };
        try
        {
            var plan = given is null
                ? PlanSolver.Solve(cost, silos, request)
                : PlanEstimate.Of(cost, silos, request, StagesOf(given, cost.Blocks));
            return proposal with
            {
                Plan = new ModelPlan
                {
                    Model = model,
                    Stages = [.. plan.Stages.Select(stage => new StagePlan
                    {
                        Silo = StarterOf(stage),
                        First = stage.First,
                        Count = stage.Count,
                        Shards = [.. stage.Shares.Select(share => new ShardPlan(share.Silo, share.FirstHead, share.Heads))],
                    })],
                },
                Stages = ForecastsOf(plan),
                TokensPerSecond = plan.TokensPerSecond,
                BoundTokensPerSecond = plan.BoundTokensPerSecond,
                RoundSeconds = plan.RoundSeconds,
            };
        }
        catch (PlanException fault)
        {
            return proposal with { Fault = fault.Message };
        }
    }

    /// <summary>What silos told of themselves and of their ways, as the solver takes it.</summary>
    public static MeasuredSilos Measured(IEnumerable<SiloCapability> capabilities, IEnumerable<SiloWay> ways) => new()
    {
        Silos = [.. capabilities.Select(silo => new SiloSpeed(silo.Silo, silo.Bytes, silo.ReadBytesPerSecond, silo.ProductsPerSecond))],
        Links = [.. ways.Select(way => new SiloLink(way.From, way.To, way.RoundTripSeconds, way.BytesPerSecond))],
    };

    /// <summary>What each stage of a plan is expected to take.</summary>
    internal static StageForecast[] ForecastsOf(PlanEstimate plan) => [.. plan.Stages.Select(stage => new StageForecast(
        StarterOf(stage), stage.First, stage.Count, stage.Bytes, stage.Seconds, stage.HopSeconds))];

    private static string StarterOf(StageEstimate stage) => stage.Shares is [var first, ..] ? first.Silo : stage.Silo;

    private static StageChoice[] StagesOf(ModelPlan plan, int blocks)
    {
        if (plan.Faults(blocks).FirstOrDefault() is { } fault) throw new PlanException($"the plan: {fault}");
        var silos = plan.Stages.SelectMany(stage => stage.Shards.Length == 0 ? [stage.Silo] : stage.Shards.Select(shard => shard.Silo));
        if (silos.GroupBy(silo => silo).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new PlanException($"the plan: silo {twice.Key} is there {twice.Count()} times, allowed is once");
        return [.. plan.Stages.Select(
            stage => new StageChoice(stage.Silo, stage.Count, [.. stage.Shards.Select(shard => (shard.Silo, shard.Heads))]))];
    }
}
