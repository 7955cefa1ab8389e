using System.Diagnostics.CodeAnalysis;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Language.Architectures;
using Jtfa.Language.Files;
using Jtfa.Language.Planning;
using Jtfa.Language.Rings;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Language;

/// <summary>Plans for this silo's models, from what the cluster's silos can do. This silo starts, since it has the model.</summary>
internal sealed partial class ModelPlans(
    IOptions<LanguageOptions> options, ILanguageSilos silos, IGrainFactory grains, TimeProvider clock, ILogger<ModelPlans> logger)
    : IModelPlans
{
    // What a silo measures takes two seconds, of one that measures for others, too, a little more.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <inheritdoc />
    public async Task<PlanProposal?> ProposeAsync(
        string model, int sequences, PlanGoal goal, string? plan, PlanInForce? inForce, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequences, 1);
        if (options.Value.Models.Find(each => each.Name == model) is not { } configured) return null;
        PlanBasis basis;
        ModelPlan? given;
        try
        {
            basis = await MeasureAsync(configured, cancellationToken);
            given = plan is null ? null : PlanText.Parse(model, plan, basis.Cost.Heads);
        }
        catch (Exception fault) when (fault is ModelFileException or FormatException)
        {
            return new PlanProposal { Sequences = sequences, Goal = goal, Fault = fault.Message, InForce = inForce };
        }

        var request = RequestOf(configured, sequences, goal);
        var proposal = await Task.Run(() => PlanProposals.Propose(model, basis.Cost, basis.Measured, request, given), cancellationToken);
        return proposal with
        {
            Silos = basis.Silos,
            Silent = basis.Silent,
            Ways = basis.Ways,
            InForce = inForce is { Plan: { } used } ? Forecast(inForce, used, basis, request) : inForce,
        };
    }

    /// <summary>Measures a model and all silos that could have parts of it.</summary>
    /// <exception cref="ModelFileException">The model's file is damaged.</exception>
    public async Task<PlanBasis> MeasureAsync(ModelOptions model, CancellationToken cancellationToken)
    {
        var cost = await Task.Run(() => CostOf(model), cancellationToken);
        var (capabilities, silent) = await CapabilitiesAsync(cost.Format, cancellationToken);
        var ways = await WaysAsync([.. capabilities.Select(silo => silo.Silo)], sizeof(float) * cost.Width, cancellationToken);
        return new(cost, capabilities, silent, ways);
    }

    /// <summary>What a plan of a model is to be good for.</summary>
    public PlanRequest RequestOf(ModelOptions model, int sequences, PlanGoal goal) => new()
    {
        Sequences = sequences,
        Objective = goal == PlanGoal.Latency ? PlanObjective.Latency : PlanObjective.Throughput,
        Pages = model.Pages,
        WireBytes = model.Wire switch { StateFormat.F32 => sizeof(float), StateFormat.F16 => sizeof(ushort), _ => sizeof(byte) },
        Starter = silos.Own,
    };

    private static PlanInForce Forecast(PlanInForce inForce, ModelPlan plan, PlanBasis basis, PlanRequest request)
    {
        var stages = plan.Stages.Select(stage => new StageOptions { Silo = stage.Silo, First = stage.First, Count = stage.Count });
        return basis.Of(request, stages) is not { } estimate
            ? inForce
            : inForce with
            {
                Stages = PlanProposals.ForecastsOf(estimate),
                TokensPerSecond = estimate.TokensPerSecond,
                RoundSeconds = estimate.RoundSeconds,
            };
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
                return await grains.GetGrain<ISiloCapabilityGrain>(silo).GetCapabilityAsync(format, cancellationToken)
                    .WaitAsync(silo == silos.Own ? Timeout.InfiniteTimeSpan : s_patience, clock, cancellationToken);
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
    [SuppressMessage("Design", "CA1031", Justification = "A way that is not known counts as one of 1 ms and 1 Gbit/s.")]
    private async Task<SiloWay[]> WaysAsync(string[] names, int bytes, CancellationToken cancellationToken)
    {
        var ways = new List<SiloWay>();
        for (var i = 0; i < names.Length - 1; i++)
        {
            try
            {
                ways.AddRange(
                    await grains.GetGrain<ISiloCapabilityGrain>(names[i]).GetWaysAsync(names[(i + 1)..], bytes, cancellationToken));
            }
            catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
            {
                LogUnmeasured(names[i], fault.Message.ReplaceLineEndings(" "));
            }
        }

        return [.. ways];
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Silo {Silo} does not say what it can do, and gets no blocks: {Fault}")]
    private partial void LogSilent(string silo, string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Silo {Silo} does not say how far the others are: {Fault}")]
    private partial void LogUnmeasured(string silo, string fault);
}
