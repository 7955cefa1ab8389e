using System.Diagnostics.CodeAnalysis;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Grains;

/// <summary>
/// The followers of a scene within the cluster. Each has one hand-over under way at a time; what is published meanwhile goes with the
/// next one, so that a slow follower delays nobody.
/// </summary>
internal sealed partial class SceneFollowers(string scene, TimeProvider clock, ILogger logger)
{
    // A follower for which more decisions wait is dropped; it reads from the log what it was not handed.
    private const int MostWaiting = 16_384;

    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(30);

    private readonly Dictionary<IDecisionFollower, Follower> _followers = [];

    /// <summary>Adds a follower, or takes note that it is still there.</summary>
    /// <param name="follower">The follower.</param>
    /// <param name="published">What was published last.</param>
    /// <returns>How far it has taken that; for a new follower, all of it. What is on its way to it does not count as missed.</returns>
    public PublishedMark Add(IDecisionFollower follower, PublishedMark published)
    {
        if (!_followers.TryGetValue(follower, out var known)) _followers[follower] = known = new Follower(follower) { Taken = published };
        known.SeenAt = clock.GetTimestamp();
        return known.Taken;
    }

    /// <summary>Forgets a follower.</summary>
    public void Remove(IDecisionFollower follower)
    {
        if (_followers.TryGetValue(follower, out var known)) Forget(known);
    }

    /// <summary>Hands decisions over, at once where no hand-over is under way.</summary>
    public void Give(IReadOnlyList<Decision> decisions)
    {
        if (_followers.Count == 0) return;
        foreach (var follower in _followers.Values.ToList())
        {
            if (clock.GetElapsedTime(follower.SeenAt) > s_lease || follower.Waiting.Count > MostWaiting)
            {
                Forget(follower);
                continue;
            }

            follower.Waiting.AddRange(decisions);
            if (follower.HandingOver.IsCompleted) follower.HandingOver = HandOverAsync(follower);
        }
    }

    // What waits is dropped too: a follower that has registered again meanwhile would get it out of order.
    private void Forget(Follower follower)
    {
        follower.Waiting.Clear();
        if (_followers.GetValueOrDefault(follower.Reference) == follower) _followers.Remove(follower.Reference);
    }

    [SuppressMessage(
        "Design", "CA1031", Justification = "A follower that cannot be reached is dropped; if it still exists, it registers again.")]
    private async Task HandOverAsync(Follower follower)
    {
        try
        {
            while (follower.Waiting.Count > 0)
            {
                var batch = new DecisionBatch([.. follower.Waiting]);
                follower.Waiting.Clear();
                await follower.Reference.TakeAsync(batch);
                follower.Taken = new PublishedMark(batch.Decisions[^1].Activation, batch.Decisions[^1].Number);
            }
        }
        catch (Exception exception)
        {
            Forget(follower);
            LogLost(scene, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A follower of scene {Scene} does not take decisions: {Reason}")]
    private partial void LogLost(string scene, string reason);

    private sealed class Follower(IDecisionFollower reference)
    {
        public IDecisionFollower Reference => reference;

        public List<Decision> Waiting { get; } = [];

        public Task HandingOver { get; set; } = Task.CompletedTask;

        public PublishedMark Taken { get; set; }

        public long SeenAt { get; set; }
    }
}
