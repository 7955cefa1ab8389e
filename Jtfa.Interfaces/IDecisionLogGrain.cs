using Orleans.Concurrency;

namespace Jtfa.Interfaces;

/// <summary>The decision log, for clients of the cluster to read. Key: <see cref="JtfaNames.Sole"/>; it holds nothing.</summary>
[Alias("Jtfa.IDecisionLogGrain")]
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
    /// The decision to go on after. Where the log does not have it (it is lost with a silo that was killed, or past its retention), those
    /// that fired after it.
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
    Task<SpanStatistics> GetStatisticsAsync(string scene, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken = default);
}

/// <summary>A place in a scene's log, as a reader remembers it to go on from.</summary>
/// <param name="Id">The decision's id.</param>
/// <param name="Timestamp">When it fired, seconds since 1970.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.DecisionPosition")]
public sealed record DecisionPosition([property: Id(0)] long Id, [property: Id(1)] double Timestamp)
{
    /// <summary>A decision's place.</summary>
    public static DecisionPosition Of(Decision decision)
    {
        ArgumentNullException.ThrowIfNull(decision);
        return new(decision.Id, decision.Timestamp);
    }
}
