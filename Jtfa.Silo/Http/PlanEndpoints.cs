using System.ComponentModel;
using Jtfa.Interfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Jtfa.Silo.Http;

/// <summary>Plans for language models: which silos would have which blocks.</summary>
internal static class PlanEndpoints
{
    private const int MostSequences = 4096;
    private const int LongestName = 256;
    private const int AnyHeads = 1 << 20;

    public static void MapPlans(this IEndpointRouteBuilder api) =>
        api.MapGet("/language/models/{model}/plan", GetPlanAsync).WithName("getPlan").WithTags("language models")
            .WithSummary(
                "The plan that would be made for a model now, or what a given one is expected to do: stages, memory, text tokens a " +
                "second. The first call measures the silos, about two seconds.")
            .Produces<PlanProposal>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<IResult> GetPlanAsync(
        [Description("The model's name.")] string model, IGrainFactory grains, CancellationToken stop,
        [Description("Sequences that run at once.")] int sequences = 1,
        [Description("What counts: text tokens a second of all sequences, or of one that is alone.")] PlanGoal goal = PlanGoal.Throughput,
        [Description("A plan to judge instead of the best one, as 'blocks 0-10: silo; 11-21: other'.")] string? plan = null)
    {
        if (sequences is < 1 or > MostSequences)
            return Problems.Create([$"sequences={sequences}: allowed is 1 … {MostSequences}"]);
        try
        {
            if (plan is not null) PlanText.Parse(model, plan, AnyHeads); // how many the model has, its silo knows
        }
        catch (FormatException wrong)
        {
            return Problems.Create(StatusCodes.Status400BadRequest, $"The plan: {wrong.Message}");
        }

        var isName = model.Length <= LongestName && !model.Contains('/') && !model.Any(char.IsControl);
        var proposal = isName ? await grains.GetGrain<IModelPlannerGrain>(model).ProposeAsync(sequences, goal, plan, stop) : null;
        return proposal is null
            ? Problems.Create(StatusCodes.Status404NotFound, "There is no such model: /v1/models lists those that there are.")
            : TypedResults.Ok(proposal);
    }
}
