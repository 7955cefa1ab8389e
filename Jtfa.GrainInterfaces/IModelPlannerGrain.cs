using Orleans.Concurrency;

namespace Jtfa.Interfaces;

/// <summary>Plans for one language model. Key: its name; it is on a silo that has the model.</summary>
[Alias("Jtfa.IModelPlannerGrain")]
[ForClients]
public interface IModelPlannerGrain : IGrainWithStringKey
{
    /// <summary>The plan that would be made now, or what a given one would do, from what the cluster's silos can do.</summary>
    /// <param name="sequences">Sequences that run at once, 1 or more.</param>
    /// <param name="goal">What counts.</param>
    /// <param name="plan">A plan as <see cref="PlanText"/> writes it; null: the best one.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Null where the configuration does not name the model.</returns>
    [Alias("Propose")]
    [AlwaysInterleave]
    [ResponseTimeout("00:02:00")]
    Task<PlanProposal?> ProposeAsync(
        int sequences, PlanGoal goal, string? plan = null, CancellationToken cancellationToken = default);
}
