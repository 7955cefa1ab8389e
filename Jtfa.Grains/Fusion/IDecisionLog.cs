using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>Where a scene writes its decisions and its minutes: implemented by the silo over ADO.NET, by tests in memory.</summary>
public interface IDecisionLog
{
    /// <summary>
    /// Appends a decision. Completes at once when decisions are committed in groups behind the scene's back (the default), or when
    /// its group is committed where the log's durability is Sync. Calls complete in the order they were made.
    /// </summary>
    ValueTask AppendAsync(Decision decision);

    /// <summary>
    /// Takes a minute of a scene, at once; it is written behind the scene's back, whatever the log's durability. One that the log has no
    /// room for is lost and counted.
    /// </summary>
    void Append(SceneMinute minute);

    /// <summary>
    /// What the log holds of a scene, for the scene to go on from; everything appended before the call to this log is in it.
    /// </summary>
    Task<SceneHistory> GetHistoryAsync(string scene, CancellationToken cancellationToken);

    /// <summary>Completes when what was appended before the call can be read by others, as far as the log's database takes it.</summary>
    Task FlushAsync(CancellationToken cancellationToken);
}

/// <summary>What a scene that is activated goes on from.</summary>
/// <param name="Totals">What to count on from.</param>
/// <param name="Recent">The last decisions, at most <see cref="MostRecent"/>, oldest first.</param>
/// <param name="Ids">
/// Ids of the decisions that fired within <see cref="Span"/>, at most <see cref="MostIds"/>, oldest first: those whose windows may still
/// report them, not knowing that they are logged.
/// </param>
public sealed record SceneHistory(SceneTotals Totals, IReadOnlyList<Decision> Recent, IReadOnlyList<long> Ids)
{
    /// <summary>Decisions in <see cref="Recent"/>.</summary>
    public const int MostRecent = 1_000;

    /// <summary>Ids in <see cref="Ids"/>: at 20,000 decisions a second five seconds' worth.</summary>
    public const int MostIds = 100_000;

    /// <summary>
    /// How far <see cref="Ids"/> go back: a multiple of any T + linger and of the time that a move to another silo takes.
    /// </summary>
    public static readonly TimeSpan Span = TimeSpan.FromSeconds(60);
}

/// <summary>What the log holds of a scene.</summary>
/// <param name="Decisions">Rows.</param>
/// <param name="Labelled">Rows with a known label.</param>
/// <param name="Correct">Of these, rows decided correctly.</param>
public readonly record struct SceneTotals(long Decisions, long Labelled, long Correct);
