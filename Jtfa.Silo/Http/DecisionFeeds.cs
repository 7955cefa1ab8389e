using System.Diagnostics.CodeAnalysis;
using Jtfa.Interfaces;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace Jtfa.Silo.Http;

/// <summary>The feeds of the scenes that somebody follows, and for a while after the last has gone: who reconnects finds them.</summary>
internal sealed partial class DecisionFeeds(IClusterClient cluster, TimeProvider clock, ILogger<DecisionFeeds> logger) : BackgroundService
{
    private static readonly TimeSpan s_kept = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Followed> _followed = [];

    /// <summary>Lets a reader follow a scene by its feed, which listens.</summary>
    public async Task FollowAsync(string scene, Func<DecisionFeed, Task> follow)
    {
        Followed followed;
        lock (_gate)
        {
            if (!_followed.TryGetValue(scene, out followed!)) _followed[scene] = followed = new Followed(new DecisionFeed(scene, clock));
            followed.Readers++;
            followed.Listening ??= followed.Feed.ListenAsync(cluster);
        }

        try
        {
            await ListeningAsync(followed);
            await follow(followed.Feed);
        }
        finally
        {
            lock (_gate)
            {
                followed.Readers--;
                followed.LeftAt = clock.GetTimestamp();
            }
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_look, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var followed in TakeForgotten()) await EndAsync(followed);
        }
    }

    // The next who asks tries again.
    private async Task ListeningAsync(Followed followed)
    {
        var listening = followed.Listening!;
        try
        {
            await listening;
        }
        catch
        {
            lock (_gate)
            {
                if (followed.Listening == listening) followed.Listening = null;
            }

            throw;
        }
    }

    private List<Followed> TakeForgotten()
    {
        lock (_gate)
        {
            var forgotten = _followed.Values.Where(followed => followed.Readers == 0 && clock.GetElapsedTime(followed.LeftAt) > s_kept).ToList();
            forgotten.ForEach(followed => _followed.Remove(followed.Feed.Scene));
            return forgotten;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Nobody follows by it any more, whatever becomes of it.")]
    private async Task EndAsync(Followed followed)
    {
        try
        {
            if (followed.Listening is { } listening) await (await listening).UnsubscribeAsync();
        }
        catch (Exception exception)
        {
            LogUnsubscribed(followed.Feed.Scene, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The feed of scene {Scene} could not unsubscribe: {Reason}")]
    private partial void LogUnsubscribed(string scene, string reason);

    private sealed class Followed(DecisionFeed feed)
    {
        public DecisionFeed Feed => feed;

        public Task<StreamSubscriptionHandle<Decision>>? Listening { get; set; }

        public int Readers { get; set; }

        public long LeftAt { get; set; }
    }
}
