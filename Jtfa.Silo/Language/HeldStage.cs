using Jtfa.Interfaces;
using Jtfa.Language.Rings;

namespace Jtfa.Silo.Language;

/// <summary>A stage that this silo has for a starter. Its members are guarded by <see cref="LanguageStages"/>.</summary>
internal sealed class HeldStage(StageOpening opening)
{
    /// <summary>What it was loaded for.</summary>
    public StageOpening Opening { get; } = opening;

    /// <summary>Its load, under way or done, with the bytes that it was given.</summary>
    public required Task<(RingStage Stage, long Reserved)> Load { get; init; }

    /// <summary>The latest epoch in which it was asked for.</summary>
    public int LatestEpoch { get; set; }

    /// <summary>When its starter was heard last.</summary>
    public long Heard { get; set; }

    /// <summary>What it is counted by; null while it is not loaded.</summary>
    public StageMetrics? Metrics { get; set; }

    /// <summary>The stage, where it is in memory.</summary>
    public RingStage? Loaded => Load is { IsCompletedSuccessfully: true } load ? load.Result.Stage : null;

    /// <summary>How it is doing.</summary>
    public StageStatus Status => Loaded is { Progress: var progress, Work: var work } stage
        ? new(
            ModelState.Loaded, null, progress.Epoch, progress.Received, progress.Done, stage.Bytes, work.Seconds, work.Batches, work.Rows)
        : Load.Exception is { InnerException: { } fault } ? new(ModelState.Failed, fault.Message.ReplaceLineEndings(" "))
        : new(ModelState.Loading);

    /// <summary>Whether its blocks and pages serve another epoch: a load that failed is tried again.</summary>
    public bool Serves(StageOpening next) =>
        (Opening with { Epoch = next.Epoch, Next = next.Next }) == next && (!Load.IsFaulted || next.Epoch <= Opening.Epoch);
}
