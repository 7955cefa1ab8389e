using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>Plans for models of this silo: implemented by the silo. What takes time takes none of the caller's turn.</summary>
public interface IModelPlans
{
    /// <summary>
    /// The plan that would be made now, or what a given one would do, beside what the one in force is expected to do; null where the
    /// configuration does not name the model.
    /// </summary>
    Task<PlanProposal?> ProposeAsync(
        string model, int sequences, PlanGoal goal, string? plan, PlanInForce? inForce, CancellationToken cancellationToken);
}

/// <summary>Plans for one language model.</summary>
[ModelPlacement]
public sealed class ModelPlannerGrain(IModelPlans plans, ILanguageModels models) : Grain, IModelPlannerGrain
{
    /// <inheritdoc />
    public Task<PlanProposal?> ProposeAsync(int sequences, PlanGoal goal, string? plan, CancellationToken cancellationToken) =>
        plans.ProposeAsync(
            this.GetPrimaryKeyString(), sequences, goal, plan, models.PlanOf(this.GetPrimaryKeyString()), cancellationToken);
}
