using System.Collections.Concurrent;

namespace Jtfa.Silo.Http;

/// <summary>The feeds of the scenes that somebody has followed since this silo started.</summary>
internal sealed class DecisionFeeds(IClusterClient cluster, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, Lazy<Task<DecisionFeed>>> _feeds = new();

    /// <summary>A scene's feed, which listens.</summary>
    public async Task<DecisionFeed> OfAsync(string scene)
    {
        var feed = _feeds.GetOrAdd(scene, name => new Lazy<Task<DecisionFeed>>(() => ListenAsync(name)));
        try
        {
            return await feed.Value;
        }
        catch
        {
            // The next who asks tries again.
            _feeds.TryRemove(new(scene, feed));
            throw;
        }
    }

    private async Task<DecisionFeed> ListenAsync(string scene)
    {
        var feed = new DecisionFeed(scene, clock);
        await feed.ListenAsync(cluster);
        return feed;
    }
}
