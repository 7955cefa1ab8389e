using Jtfa.Grains;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Decisions;

/// <summary>Reads the log for clients of the cluster. Queries take turns in the reader, a few at a time.</summary>
public sealed class DecisionLogGrain(DecisionReader reader, SceneCatalog scenes) : Grain, IDecisionLogGrain
{
    /// <inheritdoc />
    public Task<DecisionPage> QueryAsync(DecisionQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Scene is { } scene) _ = scenes[scene];
        return reader.QueryAsync(query, cancellationToken);
    }

    /// <inheritdoc />
    public Task<Decision[]> GetAfterAsync(string scene, DecisionPosition position, CancellationToken cancellationToken) =>
        reader.AfterAsync(scenes[scene].Name, position, DecisionQuery.MaxLimit, cancellationToken);

    /// <inheritdoc />
    public Task<SpanStatistics> GetStatisticsAsync(
        string scene, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        if (to < from) throw new ArgumentException($"from={from:O}: allowed is no later than to ({to:O})", nameof(from));
        return reader.GetStatisticsAsync(scenes[scene].Name, from, to, cancellationToken);
    }

    /// <inheritdoc />
    public Task<SceneMinute[]> GetMinutesAsync(MinuteQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        return reader.GetMinutesAsync(query with { Scene = scenes[query.Scene].Name }, cancellationToken);
    }
}
