using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>Where a scene writes its decisions: implemented by the silo over ADO.NET, by tests in memory.</summary>
public interface IDecisionLog
{
    /// <summary>
    /// Appends a decision. Completes at once when decisions are committed in groups behind the scene's back (the default), or when
    /// its group is committed where the log's durability is Sync. Calls complete in the order they were made.
    /// </summary>
    ValueTask AppendAsync(Decision decision);

    /// <summary>What the log holds of a scene, for the scene to take its counters up from.</summary>
    Task<SceneTotals> GetTotalsAsync(string scene, CancellationToken cancellationToken);
}

/// <summary>What the log holds of a scene.</summary>
/// <param name="Decisions">Rows.</param>
/// <param name="Labelled">Rows with a known label.</param>
/// <param name="Correct">Of these, rows decided correctly.</param>
public readonly record struct SceneTotals(long Decisions, long Labelled, long Correct);
