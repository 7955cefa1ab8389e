using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>Where a scene writes its decisions and its minutes: implemented by the silo over ADO.NET, by tests in memory.</summary>
public interface IDecisionLog
{
    /// <summary>
    /// Appends a decision. By default it completes at once, and the log commits decisions in groups later; under the durability Sync it
    /// completes when its group is committed. Calls complete in the order they were made.
    /// </summary>
    ValueTask AppendAsync(Decision decision);

    /// <summary>
    /// Takes a minute of a scene without waiting; the log writes it later, whatever its durability. A minute that the log has no room for
    /// is lost and counted.
    /// </summary>
    void Append(SceneMinute minute);

    /// <summary>
    /// What the log holds of a scene, for the scene to go on from; it includes everything appended to this log before the call.
    /// </summary>
    Task<SceneHistory> GetHistoryAsync(string scene, CancellationToken cancellationToken);

    /// <summary>Completes when others can read what was appended before the call, as far as the log's database takes it.</summary>
    Task FlushAsync(CancellationToken cancellationToken);
}

/// <summary>What a scene that is activated goes on from.</summary>
/// <param name="Totals">What to count on from.</param>
/// <param name="Recent">The last decisions, at most <see cref="MostRecent"/>, oldest first.</param>
/// <param name="Keys">
/// What names the decisions that fired within <see cref="Span"/>, at most <see cref="MostKeys"/>, oldest first. Lanes may report these
/// again, because they do not know that they are logged.
/// </param>
public sealed record SceneHistory(SceneTotals Totals, IReadOnlyList<Decision> Recent, IReadOnlyList<DecisionKey> Keys)
{
    /// <summary>Decisions in <see cref="Recent"/>.</summary>
    public const int MostRecent = 1_000;

    /// <summary>Keys in <see cref="Keys"/>: at 20,000 decisions a second five seconds' worth.</summary>
    public const int MostKeys = 100_000;

    /// <summary>
    /// How far <see cref="Keys"/> go back: several times the usual T + linger and the time that a move to another silo takes.
    /// </summary>
    public static readonly TimeSpan Span = TimeSpan.FromSeconds(60);
}

/// <summary>What the log holds of a scene.</summary>
/// <param name="Decisions">Rows.</param>
/// <param name="Labelled">Rows with a known label.</param>
/// <param name="Correct">Of these, rows decided correctly.</param>
public readonly record struct SceneTotals(long Decisions, long Labelled, long Correct);
