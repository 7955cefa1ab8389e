using System.Diagnostics.CodeAnalysis;
using Jtfa.Interfaces;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Http;

/// <summary>
/// The feeds of the scenes that somebody follows. A feed stays for a while after its last reader has gone, so that one who reconnects finds
/// it. Each scene is told of its feed every second, because a scene that was activated on another silo does not know it.
/// </summary>
internal sealed partial class DecisionFeeds(IGrainFactory grains, TimeProvider clock, ILogger<DecisionFeeds> logger) : BackgroundService
{
    private static readonly TimeSpan s_kept = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Followed> _followed = [];

    /// <summary>Lets a reader follow a scene by its feed, to which the scene hands its decisions.</summary>
    public async Task FollowAsync(string scene, Func<DecisionFeed, Task> follow)
    {
        Followed followed;
        lock (_gate)
        {
            if (!_followed.TryGetValue(scene, out followed!))
                _followed[scene] = followed = new Followed(new DecisionFeed(scene, clock), grains);
            followed.Readers++;
        }

        try
        {
            await followed.CallAsync();
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
        using var timer = new PeriodicTimer(s_period, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            List<Followed> all;
            lock (_gate) all = [.. _followed.Values];
            await Task.WhenAll(all.Select(followed => IsForgotten(followed) ? EndAsync(followed) : CallAgainAsync(followed)));
        }
    }

    private bool IsForgotten(Followed followed)
    {
        lock (_gate)
            return followed.Readers == 0 && clock.GetElapsedTime(followed.LeftAt) > s_kept && _followed.Remove(followed.Feed.Scene);
    }

    [SuppressMessage(
        "Design", "CA1031", Justification = "A scene that does not answer is called again; its readers read the log meanwhile.")]
    private async Task CallAgainAsync(Followed followed)
    {
        try
        {
            await followed.CallAsync();
        }
        catch (Exception exception)
        {
            LogNoAnswer(followed.Feed.Scene, exception.Message);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "The feed has no readers any more: a failure to end it harms nobody.")]
    private async Task EndAsync(Followed followed)
    {
        try
        {
            await followed.EndAsync();
        }
        catch (Exception exception)
        {
            LogNoAnswer(followed.Feed.Scene, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Scene {Scene} does not answer its feed: {Reason}")]
    private partial void LogNoAnswer(string scene, string reason);

    private sealed class Followed(DecisionFeed feed, IGrainFactory grains)
    {
        private readonly ISceneGrain _scene = grains.GetGrain<ISceneGrain>(feed.Scene);
        private readonly IDecisionFollower _reference = grains.CreateObjectReference<IDecisionFollower>(feed);

        public DecisionFeed Feed => feed;

        public int Readers { get; set; }

        public long LeftAt { get; set; }

        public async Task CallAsync() => feed.Compare(await _scene.FollowAsync(_reference));

        public async Task EndAsync()
        {
            await _scene.UnfollowAsync(_reference);
            grains.DeleteObjectReference<IDecisionFollower>(_reference);
        }
    }
}
