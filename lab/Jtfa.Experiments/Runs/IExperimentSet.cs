using Jtfa.Experiments.Results;

namespace Jtfa.Experiments.Runs;

/// <summary>
/// Experiments that share hosts and runs. It starts what it needs with its first run and keeps it up until it is disposed.
/// </summary>
public interface IExperimentSet : IAsyncDisposable
{
    /// <summary>The cells of one repeat, in any order, with how long each takes.</summary>
    IReadOnlyList<(string Cell, TimeSpan Estimate)> Cells { get; }

    /// <summary>Makes a run.</summary>
    /// <exception cref="Testbed.TestbedException">The testbed cannot go on; the message says why.</exception>
    Task<IReadOnlyList<RunResult>> RunAsync(PlannedRun run, CancellationToken cancellationToken);
}
