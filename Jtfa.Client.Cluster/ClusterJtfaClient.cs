using System.Runtime.CompilerServices;
using Jtfa.Interfaces;
using Microsoft.Extensions.AI;
using Orleans.Streams;

namespace Jtfa.Client;

/// <summary>Asks the grains themselves, as a member of the cluster or a connected client of it; also starts and stops cameras.</summary>
/// <param name="cluster">The cluster that it runs in, or a connected client of it.</param>
/// <param name="clock">Measures waits; null takes the system's.</param>
public sealed class ClusterJtfaClient(IClusterClient cluster, TimeProvider? clock = null) : IJtfaClient, ILanguageClient
{
    private const int Remembered = 2 * (DecisionBuffer.Size + DecisionQuery.MaxLimit);

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly ClusterCalls _calls = new(clock ?? TimeProvider.System);

    private IDecisionLogGrain Log => cluster.GetGrain<IDecisionLogGrain>(JtfaNames.Sole);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SceneDescription>> GetScenesAsync(CancellationToken cancellationToken = default) =>
        await _calls.AskAsync(token => cluster.GetGrain<ISceneCatalogGrain>(JtfaNames.Sole).GetScenesAsync(token), cancellationToken);

    /// <inheritdoc/>
    public Task<SceneSnapshot> GetSnapshotAsync(string scene, SnapshotSpan? span = null, CancellationToken cancellationToken = default) =>
        AskAsync(scene, (grain, token) => grain.GetSnapshotAsync(span ?? IJtfaClient.DefaultSpan, token), cancellationToken);

    /// <inheritdoc/>
    public async Task<ScenePolicy> GetPolicyAsync(string scene, CancellationToken cancellationToken = default) =>
        (await AskAsync(scene, (grain, token) => grain.GetRoutingAsync(token), cancellationToken)).Current;

    /// <inheritdoc/>
    public Task<SceneRouting> SetPolicyAsync(string scene, ScenePolicy policy, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return AskAsync(scene, (grain, token) => grain.SetPolicyAsync(policy, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<CameraHealth>> GetCamerasAsync(string scene, CancellationToken cancellationToken = default) =>
        (await GetSnapshotAsync(scene, new SnapshotSpan(0, 0, 0), cancellationToken)).Cameras;

    /// <inheritdoc/>
    public Task<SceneStatistics> GetStatisticsAsync(string scene, CancellationToken cancellationToken = default) =>
        AskAsync(scene, (grain, token) => grain.GetStatisticsAsync(token), cancellationToken);

    /// <inheritdoc/>
    public Task<SpanStatistics> GetStatisticsAsync(
        string scene, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(scene);
        return AskLogAsync(token => Log.GetStatisticsAsync(scene, from, to, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SceneMinute>> GetMinutesAsync(MinuteQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentException.ThrowIfNullOrEmpty(query.Scene);
        return await AskLogAsync(token => Log.GetMinutesAsync(query, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Decision?> GetDecisionAsync(string scene, long id, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(scene);
        var query = new DecisionQuery { Scene = scene, FromId = id, ToId = id, Limit = 1 };
        return (await AskLogAsync(token => Log.QueryAsync(query, token), cancellationToken)).Decisions.FirstOrDefault();
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Decision> QueryAsync(DecisionQuery query, CancellationToken cancellationToken = default) =>
        DecisionPages.ReadAsync(query, (page, token) => AskLogAsync(asked => Log.QueryAsync(page, asked), token), cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<Decision> FollowAsync(
        string scene, DecisionPosition? after = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // Fails where there is no such scene; and tells where to go on from if something is lost before the first decision.
        var newest = await GetRecentAsync(scene, 1, cancellationToken);
        var buffer = new DecisionBuffer();
        var stream = cluster.GetStreamProvider(JtfaNames.Streams).GetStream<Decision>(JtfaNames.DecisionStream(scene));
        var subscription = await _calls.AskAsync(
            _ => stream.SubscribeAsync((decision, _) => TakeNews(decision), buffer.TakeLoss), cancellationToken);
        try
        {
            var last = after ?? (newest is [var one] ? DecisionPosition.FromDecision(one) : DecisionPosition.At(0));
            var follower = new ClusterFollower(
                buffer, (position, token) => AskLogAsync(t => Log.GetAfterAsync(scene, position, t), token), _clock);
            if (after is not null) await buffer.TakeLoss();
            var seen = new RecentKeys(Remembered);
            if (after is not null) seen.Add(after.Key);
            await foreach (var decision in follower.FollowAsync(last, cancellationToken))
                if (seen.Add(decision.Key)) yield return decision;
        }
        finally
        {
            await EndAsync(subscription);
        }

        // A stream also gives a new subscriber what was published in the second before. That is left out: it is older than this call, or
        // is read from the log.
        Task TakeNews(Decision decision) =>
            newest is [var known] && !decision.IsPublishedAfter(known) ? Task.CompletedTask : buffer.Take(decision);
    }

    /// <summary>
    /// The last decisions of a scene, oldest first; at most 1,000. From the scene, not from the log: the log may not have them yet.
    /// </summary>
    /// <exception cref="JtfaNotFoundException">There is no such scene.</exception>
    public Task<Decision[]> GetRecentAsync(string scene, int count, CancellationToken cancellationToken = default) =>
        AskAsync(scene, (grain, token) => grain.GetRecentAsync(count, token), cancellationToken);

    /// <summary>Starts a camera view that was stopped, on the silo that has it configured.</summary>
    /// <exception cref="ArgumentException">Its silo has no configuration for it.</exception>
    /// <exception cref="CameraUnavailableException">No silo of the cluster has it configured.</exception>
    public Task StartCameraAsync(string scene, string camera, CancellationToken cancellationToken = default) =>
        Camera(scene, camera).StartAsync(cancellationToken);

    /// <summary>Stops a camera view.</summary>
    /// <exception cref="CameraUnavailableException">No silo of the cluster has it configured.</exception>
    public Task StopCameraAsync(string scene, string camera, CancellationToken cancellationToken = default) =>
        Camera(scene, camera).StopAsync(cancellationToken);

    /// <summary>How a camera view is doing, as its silo sees it.</summary>
    /// <exception cref="CameraUnavailableException">No silo of the cluster has it configured.</exception>
    public Task<CameraStatus> GetCameraAsync(string scene, string camera, CancellationToken cancellationToken = default) =>
        Camera(scene, camera).GetStatusAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ModelStatus>> GetModelsAsync(CancellationToken cancellationToken = default)
    {
        var names = await _calls.AskAsync(
            token => cluster.GetGrain<IModelCatalogGrain>(JtfaNames.Sole).GetNamesAsync(token), cancellationToken);
        var known = await Task.WhenAll(names.Select(name => FindModelAsync(name, cancellationToken)));
        return [.. known.OfType<ModelStatus>()];
    }

    /// <inheritdoc/>
    public Task<ModelStatus> GetModelAsync(string model, CancellationToken cancellationToken = default) =>
        AskModelAsync(model, (grain, token) => grain.GetStatusAsync(token), cancellationToken);

    /// <inheritdoc/>
    public async Task<ModelStatus> LoadModelAsync(string model, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                var status = await AskModelAsync(model, (grain, token) => grain.LoadAsync(token), cancellationToken);
                return status is { State: ModelState.Failed, Fault: { } fault }
                    ? throw new JtfaUnavailableException(ClusterCalls.Address, $"the cluster cannot load {model} ({fault})")
                    : status;
            }
            catch (JtfaUnavailableException fault) when (fault.InnerException is TimeoutException)
            {
                // A large file takes longer than a call may.
                if ((await GetModelAsync(model, cancellationToken)).State != ModelState.Loading) throw;
            }
        }
    }

    /// <inheritdoc/>
    public Task<ModelStatus> UnloadModelAsync(string model, CancellationToken cancellationToken = default) =>
        AskModelAsync(model, (grain, token) => grain.UnloadAsync(token), cancellationToken);

    /// <inheritdoc/>
    public IChatClient GetChatClient(string model)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        return new ClusterChatClient(this, cluster, _calls, _clock, model);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ChatResponseUpdate> ContinueAsync(
        string model, string prompt, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        return new ClusterChatClient(this, cluster, _calls, _clock, model).ContinueAsync(prompt, options, cancellationToken);
    }

    /// <inheritdoc/>
    public IEmbeddingGenerator<string, Embedding<float>> GetEmbeddingGenerator(string model)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        return new ClusterEmbeddingGenerator(this, cluster, _calls, model);
    }

    private static async Task EndAsync(StreamSubscriptionHandle<Decision> subscription)
    {
        try
        {
            await subscription.UnsubscribeAsync();
        }
        catch (Exception fault) when (fault is OrleansException or TimeoutException)
        {
            // The cluster is away, or this client has left it: either way, the stream delivers nothing to it any more.
        }
    }

    private Task<T> AskAsync<T>(string scene, Func<ISceneGrain, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(scene);
        var grain = cluster.GetGrain<ISceneGrain>(scene);
        return _calls.AskAsync(token => call(grain, token), cancellationToken);
    }

    private IModelGrain Model(string model) => cluster.GetGrain<IModelGrain>(model);

    // One silo that does not answer must not hide the others' models; one that stopped meanwhile has none.
    private async Task<ModelStatus?> FindModelAsync(string model, CancellationToken cancellationToken)
    {
        try
        {
            return await GetModelAsync(model, cancellationToken);
        }
        catch (JtfaNotFoundException)
        {
            return null;
        }
        catch (JtfaUnavailableException fault)
        {
            return new ModelStatus { Name = model, State = ModelState.Failed, Fault = fault.Message };
        }
    }

    // A call that timed out is not repeated, because the model may still be loading.
    private async Task<ModelStatus> AskModelAsync(
        string model, Func<IModelGrain, CancellationToken, Task<ModelStatus?>> call, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        return await _calls.AskAsync(
                token => call(Model(model), token), cancellationToken, fault => fault is not TimeoutException)
            ?? throw new JtfaNotFoundException(ClusterCalls.Address, $"There is no model '{model}'.");
    }

    private ICameraViewGrain Camera(string scene, string camera) => cluster.GetGrain<ICameraViewGrain>($"{scene}/{camera}");

    // A call that reads the log and timed out is not repeated, because the silo may still be reading.
    private Task<T> AskLogAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken) =>
        _calls.AskAsync(call, cancellationToken, fault => fault is not TimeoutException);
}
