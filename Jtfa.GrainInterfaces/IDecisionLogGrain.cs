using Orleans.Concurrency;

namespace Jtfa.Interfaces;

/// <summary>The decision log, for clients of the cluster to read. Key: <see cref="JtfaNames.Sole"/>; it has no state.</summary>
[Alias("Jtfa.IDecisionLogGrain")]
[ForClients]
public interface IDecisionLogGrain : IGrainWithStringKey
{
    /// <summary>A page of decisions that are committed.</summary>
    /// <exception cref="ArgumentException">The query is not valid, or there is no such scene.</exception>
    [Alias("Query")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:30")]
    Task<DecisionPage> QueryAsync(DecisionQuery query, CancellationToken cancellationToken = default);

    /// <summary>A scene's decisions that come after one in the log, oldest first, at most <see cref="DecisionQuery.MaxLimit"/>.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="position">
    /// The decision to go on after. Where the log does not have it (a killed silo lost it, or its retention is over), the answer has those
    /// that fired after it or in the second before it, because decisions are not logged quite in the order they fire.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">There is no such scene.</exception>
    [Alias("GetAfter")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:30")]
    Task<Decision[]> GetAfterAsync(string scene, DecisionPosition position, CancellationToken cancellationToken = default);

    /// <summary>What the log holds of a scene over a time span.</summary>
    /// <exception cref="ArgumentException">There is no such scene, or the span ends before it begins.</exception>
    [Alias("GetStatistics")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:30")]
    Task<SpanStatistics> GetStatisticsAsync(
        string scene, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken = default);

    /// <summary>A scene's minutes, oldest first; the minute under way is not among them.</summary>
    /// <exception cref="ArgumentException">The query is not valid, or there is no such scene.</exception>
    [Alias("GetMinutes")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:30")]
    Task<SceneMinute[]> GetMinutesAsync(MinuteQuery query, CancellationToken cancellationToken = default);
}
