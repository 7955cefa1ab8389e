using Jtfa.Interfaces;

namespace Jtfa.Client;

/// <summary>
/// What an application asks of a running JTFA: scenes' decisions, statistics and cameras, and their policies. From anywhere by
/// <see cref="HttpJtfaClient"/>, within a cluster by ClusterJtfaClient (Jtfa.Client.Cluster); both answer and fail alike.
/// </summary>
/// <remarks>
/// Besides what each method says, every one throws <see cref="JtfaUnavailableException"/> when nobody answers after the retries,
/// <see cref="JtfaUnauthorizedException"/> when the silo wants another token, <see cref="OperationCanceledException"/> when it is
/// cancelled, and <see cref="ArgumentException"/> where what it is given can name nothing, such as a scene without a name.
/// </remarks>
public interface IJtfaClient
{
    /// <summary>The span of a snapshot where none is asked for: a minute, 48 windows and 20 decisions.</summary>
    static SnapshotSpan DefaultSpan { get; } = new(60, 48, 20, 20);

    /// <summary>The scenes, in the order of configuration.</summary>
    Task<IReadOnlyList<SceneDescription>> GetScenesAsync(CancellationToken cancellationToken = default);

    /// <summary>How a scene is doing at this moment.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="span">How much of its past; null takes <see cref="DefaultSpan"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="JtfaNotFoundException">There is no such scene.</exception>
    /// <exception cref="JtfaInvalidValueException">A number of <paramref name="span"/> is not valid.</exception>
    Task<SceneSnapshot> GetSnapshotAsync(string scene, SnapshotSpan? span = null, CancellationToken cancellationToken = default);

    /// <summary>The policy of a scene: the newest, also while the one before still holds (<see cref="SceneRouting"/>).</summary>
    /// <exception cref="JtfaNotFoundException">There is no such scene.</exception>
    Task<ScenePolicy> GetPolicyAsync(string scene, CancellationToken cancellationToken = default);

    /// <summary>Changes a scene's policy while it runs; no window is lost.</summary>
    /// <returns>Which policy holds, and from when.</returns>
    /// <exception cref="JtfaNotFoundException">There is no such scene.</exception>
    /// <exception cref="JtfaInvalidValueException">The policy is not valid.</exception>
    Task<SceneRouting> SetPolicyAsync(string scene, ScenePolicy policy, CancellationToken cancellationToken = default);

    /// <summary>How a scene's cameras are doing, by view number.</summary>
    /// <exception cref="JtfaNotFoundException">There is no such scene.</exception>
    Task<IReadOnlyList<CameraHealth>> GetCamerasAsync(string scene, CancellationToken cancellationToken = default);

    /// <summary>Counters and percentiles of a scene since it was activated.</summary>
    /// <exception cref="JtfaNotFoundException">There is no such scene.</exception>
    Task<SceneStatistics> GetStatisticsAsync(string scene, CancellationToken cancellationToken = default);

    /// <summary>What the log holds of a scene from a moment on and before another.</summary>
    /// <exception cref="JtfaNotFoundException">There is no such scene.</exception>
    /// <exception cref="JtfaInvalidValueException">The span ends before it begins.</exception>
    Task<SpanStatistics> GetStatisticsAsync(
        string scene, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken = default);

    /// <summary>A scene's minutes from the log, oldest first; the minute under way is not among them.</summary>
    /// <exception cref="JtfaNotFoundException">There is no such scene.</exception>
    /// <exception cref="JtfaInvalidValueException">The query is not valid.</exception>
    Task<IReadOnlyList<SceneMinute>> GetMinutesAsync(MinuteQuery query, CancellationToken cancellationToken = default);

    /// <summary>
    /// A decision of the log, the last of an id that came again after the clock was set back; null when the log does not have it.
    /// </summary>
    /// <exception cref="JtfaNotFoundException">There is no such scene.</exception>
    Task<Decision?> GetDecisionAsync(string scene, long id, CancellationToken cancellationToken = default);

    /// <summary>
    /// The decisions of the log that a query asks for, all of them: page after page of <see cref="DecisionQuery.Limit"/>, each asked for
    /// when the one before has been read.
    /// </summary>
    /// <exception cref="JtfaNotFoundException">There is no such scene.</exception>
    /// <exception cref="JtfaInvalidValueException">The query is not valid.</exception>
    IAsyncEnumerable<Decision> QueryAsync(DecisionQuery query, CancellationToken cancellationToken = default);

    /// <summary>
    /// A scene's decisions as they are published, without end: each once, in the order of the log, none left out. A slow reader delays
    /// nobody: it gets from the log what it has missed. Lost connections are opened again, as often as needed.
    /// </summary>
    /// <param name="scene">The scene.</param>
    /// <param name="after">The decision to go on after, as a reader remembers it; null begins now.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="JtfaNotFoundException">There is no such scene.</exception>
    IAsyncEnumerable<Decision> FollowAsync(string scene, DecisionPosition? after = null, CancellationToken cancellationToken = default);
}
