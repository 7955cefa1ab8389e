using Jtfa.Experiments.Published;
using Jtfa.Experiments.Results;

namespace Jtfa.Experiments.Runs;

/// <summary>Beside the published implementation, on the loopback of this machine: all cells of a repeat are one run.</summary>
internal sealed class ReferenceRuns(ExperimentSettings settings) : IExperimentSet
{
    private readonly PublishedComparison _comparison = new(
        new PublishedSettings(settings.Reference!, settings.Program, Path.Combine(settings.Folder, "work", "reference"))
        {
            Duration = settings.Scale.Reference,
            MinTokens = settings.Scale.ReferenceTokens,
        });

    public IReadOnlyList<(string Cell, TimeSpan Estimate)> Cells =>
        [("published", (13 * settings.Scale.Reference) + TimeSpan.FromSeconds(8 + (settings.Scale.ReferenceTokens / 10)))];

    public Task<IReadOnlyList<RunResult>> RunAsync(PlannedRun run, CancellationToken cancellationToken) =>
        _comparison.RunAsync(run.Repeat, run.Seed, cancellationToken);

    public ValueTask DisposeAsync() => _comparison.DisposeAsync();
}
