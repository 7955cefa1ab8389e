using Orleans.Providers;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace Jtfa.Grains;

/// <summary>
/// Has this silo read the streams' queue while a scene of it has subscribers. Looking into an empty queue ten times a second is most of
/// what a silo at rest does.
/// </summary>
/// <param name="alwaysRead">
/// Whether the queues are read at all times, as in a cluster: a scene's queue may be another silo's to read.
/// </param>
public sealed class StreamAgents(bool alwaysRead) : IDisposable
{
    private readonly HashSet<string> _scenes = [];
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Starts the agents for the first scene that has subscribers, and stops them after the last.</summary>
    /// <param name="streams">The streams.</param>
    /// <param name="scene">The scene.</param>
    /// <param name="subscribed">Whether somebody subscribes to its stream.</param>
    internal async Task SetAsync(IStreamProvider streams, string scene, bool subscribed)
    {
        if (alwaysRead || streams is not IControllable agents) return;
        await _turn.WaitAsync();
        try
        {
            // Where a command fails the scene asks again.
            if (subscribed && _scenes.Count == 0) await agents.ExecuteCommand((int)PersistentStreamProviderCommand.StartAgents, null!);
            if (!subscribed && _scenes.Count == 1 && _scenes.Contains(scene))
                await agents.ExecuteCommand((int)PersistentStreamProviderCommand.StopAgents, null!);
            if (subscribed) _scenes.Add(scene);
            else _scenes.Remove(scene);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _turn.Dispose();
}
