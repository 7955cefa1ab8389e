using System.Diagnostics.CodeAnalysis;
using Jtfa.Interfaces;
using Jtfa.Language.Planning;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Language;

/// <summary>
/// The solver's plan for a model that this silo starts. It is made of what the cluster's silos can do when the model is loaded; at once, of
/// what is known, when one of them is lost; and again, between texts, when silos have come or gone. From whichever thread.
/// </summary>
internal sealed partial class AutoPlan(
    ModelOptions model, ModelPlans plans, ILanguageSilos silos, IGrainFactory grains, TimeProvider clock, ILogger<AutoPlan> logger)
    : IRingPlan
{
    // What is expected is not known better than this.
    private const double WorthwhileGain = 1.05;

    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly PlanRequest _request = plans.RequestOf(model, model.MaxRunning, model.PlanGoal);
    private PlanBasis? _basis;
    private List<StageOptions> _stages = []; // the starter's first
    private HashSet<string> _considered = []; // the silos when the plan was made or looked at
    private (HashSet<string> Silos, string Fault)? _refusal;
    private bool _isMakeshift; // made of what was known, when a silo was lost
    private long? _incomplete; // since when a silo is silent, or lacks its blocks

    /// <inheritdoc />
    public int StarterBlocks { get; private set; }

    /// <summary>Asks all silos what they can do, and makes the plan by which the model is loaded.</summary>
    /// <exception cref="PlanException">There is none, since memory is too small.</exception>
    /// <exception cref="Jtfa.Language.Files.ModelFileException">The model's file is damaged.</exception>
    public async Task MakeAsync(CancellationToken stop)
    {
        var known = Usable(_ => true);
        lock (_gate) _considered = known;
        var basis = await plans.MeasureAsync(model, stop);
        var stages = await Task.Run(() => StagesOf(basis.Solve(_request, _ => true)), stop);
        lock (_gate)
        {
            (_basis, _stages, _refusal, _isMakeshift) = (basis, stages, null, false);
            _incomplete = basis.Silent.Length > 0 ? clock.GetTimestamp() : null;
            StarterBlocks = stages[0].Count;
        }

        LogMade(model.Name, Text(stages), basis.Of(_request, stages)?.TokensPerSecond ?? 0, model.MaxRunning);
    }

    /// <summary>
    /// Whether silos have come or gone since the plan was made or looked at, or whether there was more to learn that was not learnt then.
    /// </summary>
    public bool HasNews(Func<string, bool> isUsable)
    {
        var now = Usable(isUsable);
        lock (_gate)
        {
            return !_considered.SetEquals(now) || _isMakeshift
                || (_incomplete is { } since && clock.GetElapsedTime(since) >= s_again);
        }
    }

    /// <summary>Looks for a plan that is worth a change, by asking all silos again.</summary>
    /// <returns>Its stages, the starter's first; null: the present one is good enough.</returns>
    public async Task<IReadOnlyList<StageOptions>?> ConsiderAsync(Func<string, bool> isUsable, CancellationToken stop)
    {
        var now = Usable(isUsable);
        lock (_gate) (_considered, _isMakeshift) = (now, false);
        var basis = await plans.MeasureAsync(model, stop);
        PlanEstimate best;
        try
        {
            best = await Task.Run(() => basis.Solve(_request, now.Contains), stop);
        }
        catch (PlanException)
        {
            return null; // what there is goes on
        }

        lock (_gate)
        {
            _basis = basis;
            _incomplete = basis.Silent.Length > 0 ? clock.GetTimestamp() : null;
            var isWhole = _stages[0].Count == StarterBlocks && _stages.TrueForAll(stage => now.Contains(stage.Silo));
            if (isWhole && basis.Of(_request, _stages) is { } used && best.TokensPerSecond <= used.TokensPerSecond * WorthwhileGain)
                return null;
        }

        return StagesOf(best);
    }

    /// <summary>Lets the silos of a plan that lack its blocks fetch them, while another plan is in force.</summary>
    /// <returns>Whether all have them.</returns>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever keeps a silo from fetching, the plan that is in force stays.")]
    public async Task<bool> PrepareAsync(IReadOnlyList<StageOptions> stages, CancellationToken stop)
    {
        try
        {
            await Task.WhenAll(stages.Where(stage => stage.Silo != silos.Own).Select(stage => grains.GetGrain<IModelPiecesGrain>(
                $"{model.Name}/{stage.Silo}").FetchAsync(silos.Own, stage.First, stage.Count, stop)));
            return true;
        }
        catch (Exception fault) when (!stop.IsCancellationRequested)
        {
            LogUnprepared(model.Name, Text(stages), fault.Message.ReplaceLineEndings(" "));
            lock (_gate) _incomplete = clock.GetTimestamp();
            return false;
        }
    }

    /// <summary>Takes a plan in which the starter has the blocks that it has.</summary>
    public void Take(IReadOnlyList<StageOptions> stages)
    {
        lock (_gate)
        {
            if (stages[0].Count != StarterBlocks) throw new ArgumentException($"The starter has {StarterBlocks} blocks.", nameof(stages));
            (_stages, _refusal) = ([.. stages], null);
        }

        LogTaken(model.Name, Text(stages));
    }

    /// <inheritdoc />
    public (IReadOnlyList<PlacedStage>? Stages, string? Fault) Place(Func<string, bool> isUsable)
    {
        lock (_gate)
        {
            if (!_stages.TrueForAll(stage => stage.Silo == silos.Own || isUsable(stage.Silo)) && Replace(isUsable) is { } fault)
                return (null, fault);
            return ([.. AfterStarter().Select(stage => new PlacedStage(stage, stage.Silo))], null);
        }
    }

    /// <inheritdoc />
    public bool IsWorse(IReadOnlyList<PlacedStage> stages, Func<string, bool> isUsable) => false; // a better plan is taken when it is made

    private static List<StageOptions> StagesOf(PlanEstimate plan) =>
        [.. plan.Stages.Select(stage => new StageOptions { Silo = stage.Silo, First = stage.First, Count = stage.Count })];

    private static string Text(IEnumerable<StageOptions> stages) =>
        string.Join("; ", stages.Select(stage => $"{stage.First} … {stage.First + stage.Count - 1} on {stage.Silo}"));

    private HashSet<string> Usable(Func<string, bool> isUsable) =>
        [.. silos.Names.Where(silo => silo == silos.Own || isUsable(silo))];

    // A plan over those that are left. Texts are under way, so that the starter keeps its blocks; others that it gets are a stage beside.
    // Nobody is asked: one that hangs would hold up all.
    private string? Replace(Func<string, bool> isUsable)
    {
        var left = _basis!.Silos.Select(silo => silo.Silo).Where(silo => silo == silos.Own || isUsable(silo)).ToHashSet();
        if (_refusal is { } refusal && refusal.Silos.SetEquals(left)) return refusal.Fault;
        try
        {
            _stages = StagesOf(_basis.Solve(_request with { StarterBlocks = StarterBlocks }, left.Contains));
            (_refusal, _considered, _isMakeshift) = (null, Usable(isUsable), true);
            LogReplaced(model.Name, Text(_stages));
            return null;
        }
        catch (PlanException fault)
        {
            _refusal = (left, $"there is no plan over the silos that are left: {fault.Message}");
            return _refusal.Value.Fault;
        }
    }

    private IEnumerable<StageOptions> AfterStarter()
    {
        var more = _stages[0].Count - StarterBlocks;
        if (more > 0) yield return new() { Silo = silos.Own, First = StarterBlocks, Count = more };
        foreach (var stage in _stages.Skip(1)) yield return stage;
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "The language model {Model} has the plan {Stages}: {TokensPerSecond:0.0} text tokens a second are expected of {Texts} " +
            "texts")]
    private partial void LogMade(string model, string stages, double tokensPerSecond, int texts);

    [LoggerMessage(Level = LogLevel.Information, Message = "The language model {Model} has a better plan: {Stages}")]
    private partial void LogTaken(string model, string stages);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The language model {Model} has another plan, since a silo is lost: {Stages}")]
    private partial void LogReplaced(string model, string stages);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The language model {Model} keeps its plan, since the blocks of a better one ({Stages}) are not there: {Fault}")]
    private partial void LogUnprepared(string model, string stages, string fault);
}
