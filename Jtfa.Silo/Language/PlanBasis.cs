using Jtfa.Interfaces;
using Jtfa.Language.Planning;

namespace Jtfa.Silo.Language;

/// <summary>What plans of a model are made of, as it was measured.</summary>
/// <param name="Cost">The model.</param>
/// <param name="Silos">The silos that answered.</param>
/// <param name="Silent">Those that did not.</param>
/// <param name="Ways">The ways between them.</param>
internal sealed record PlanBasis(ModelCost Cost, SiloCapability[] Silos, string[] Silent, SiloWay[] Ways)
{
    /// <summary>The silos as the solver takes them.</summary>
    public MeasuredSilos Measured { get; } = PlanProposals.Measured(Silos, Ways);

    /// <summary>The best plan over some of the silos.</summary>
    /// <exception cref="PlanException">Their memory is too small.</exception>
    public PlanEstimate Solve(PlanRequest request, Func<string, bool> isUsable) => PlanSolver.Solve(
        Cost, Measured with { Silos = [.. Measured.Silos.Where(silo => isUsable(silo.Silo))] }, request);

    /// <summary>What stages are expected to do; those that follow each other on one silo count as one.</summary>
    /// <returns>Null where that cannot be said, as of a silo that did not answer.</returns>
    public PlanEstimate? Of(PlanRequest request, IEnumerable<StageOptions> stages)
    {
        var merged = Merge(stages);
        if (merged.Select(stage => stage.Silo).Distinct().Count() < merged.Count) return null;
        try
        {
            return PlanEstimate.Of(Cost, Measured, request, [.. merged.Select(stage => (stage.Silo, stage.Count))]);
        }
        catch (PlanException)
        {
            return null;
        }
    }

    /// <summary>Makes one of stages that follow each other on one silo.</summary>
    public static List<StageOptions> Merge(IEnumerable<StageOptions> stages)
    {
        var merged = new List<StageOptions>();
        foreach (var stage in stages)
        {
            if (merged is [.., var last] && last.Silo == stage.Silo) merged[^1] = last with { Count = last.Count + stage.Count };
            else merged.Add(stage);
        }

        return merged;
    }
}
