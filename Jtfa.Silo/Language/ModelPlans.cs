using System.Diagnostics.CodeAnalysis;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Language.Architectures;
using Jtfa.Language.Files;
using Jtfa.Language.Planning;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Language;

/// <summary>Plans for this silo's models, from what the cluster's silos can do. This silo starts, since it has the model.</summary>
internal sealed partial class ModelPlans(
    IOptions<LanguageOptions> options, ILanguageSilos silos, IGrainFactory grains, ILogger<ModelPlans> logger) : IModelPlans
{
    private const int WireBytes = sizeof(float);

    /// <inheritdoc />
    public async Task<PlanProposal?> ProposeAsync(
        string model, int sequences, PlanGoal goal, string? plan, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequences, 1);
        if (options.Value.Models.Find(each => each.Name == model) is not { } configured) return null;
        ModelCost cost;
        ModelPlan? given;
        try
        {
            cost = await Task.Run(() => CostOf(configured), cancellationToken);
            given = plan is null ? null : PlanText.Parse(model, plan, cost.Heads);
        }
        catch (Exception fault) when (fault is ModelFileException or FormatException)
        {
            return new PlanProposal { Sequences = sequences, Goal = goal, Fault = fault.Message };
        }

        var (capabilities, silent) = await CapabilitiesAsync(cost.Format, cancellationToken);
        var ways = await WaysAsync([.. capabilities.Select(silo => silo.Silo)], WireBytes * cost.Width, cancellationToken);
        var request = new PlanRequest
        {
            Sequences = sequences,
            Objective = goal == PlanGoal.Latency ? PlanObjective.Latency : PlanObjective.Throughput,
            Pages = configured.Pages,
            WireBytes = WireBytes,
            Starter = silos.Own,
        };
        var measured = PlanProposals.Measured(capabilities, ways);
        var proposal = await Task.Run(() => PlanProposals.Propose(model, cost, measured, request, given), cancellationToken);
        return proposal with { Silos = capabilities, Silent = silent, Ways = ways };
    }

    private static ModelCost CostOf(ModelOptions model)
    {
        using var file = GgufFile.Open(model.File);
        return ModelCost.Of(file, Architecture.Of(file), model.CacheFormat);
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a silo's grain throws, the plan is made without it, and says so.")]
    private async Task<(SiloCapability[] Known, string[] Silent)> CapabilitiesAsync(string format, CancellationToken cancellationToken)
    {
        async Task<SiloCapability?> AskAsync(string silo)
        {
            try
            {
                return await grains.GetGrain<ISiloCapabilityGrain>(silo).GetCapabilityAsync(format, cancellationToken);
            }
            catch (Exception fault) when (!cancellationToken.IsCancellationRequested && silo != silos.Own)
            {
                LogSilent(silo, fault.Message.ReplaceLineEndings(" "));
                return null;
            }
        }

        // At once: silos do not disturb each other, and the answer takes as long as the slowest one's.
        var names = silos.Names;
        var asked = await Task.WhenAll(names.Select(AskAsync));
        return ([.. asked.OfType<SiloCapability>()], [.. names.Where((_, i) => asked[i] is null)]);
    }

    // Each pair once, from the one whose name comes first; one silo after the other, so that calls do not wait for each other.
    private async Task<SiloWay[]> WaysAsync(string[] names, int bytes, CancellationToken cancellationToken)
    {
        var ways = new List<SiloWay>();
        for (var i = 0; i < names.Length - 1; i++)
            ways.AddRange(await grains.GetGrain<ISiloCapabilityGrain>(names[i]).GetWaysAsync(names[(i + 1)..], bytes, cancellationToken));
        return [.. ways];
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Silo {Silo} does not say what it can do, and gets no blocks: {Fault}")]
    private partial void LogSilent(string silo, string fault);
}
