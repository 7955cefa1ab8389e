using System.Diagnostics.CodeAnalysis;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Grains;

/// <summary>
/// Who follows a scene from within the cluster. Each has one hand-over under way at a time: what is published meanwhile goes with the
/// next, so that a slow follower keeps nobody waiting.
/// </summary>
internal sealed partial class SceneFollowers(string scene, TimeProvider clock, ILogger logger)
{
    // Beyond this a follower has lost touch: it finds in the log what it was not handed.
    private const int MostWaiting = 16_384;

    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(30);

    private readonly Dictionary<IDecisionFollower, Follower> _followers = [];

    /// <summary>Adds a follower, or takes note that it is still there.</summary>
    /// <param name="follower">The follower.</param>
    /// <param name="published">What was published last.</param>
    /// <returns>What it has taken of that: for one that was not known, all. What is on its way to it is not missing.</returns>
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

    // What waits goes too: it would come out of order to one that follows again meanwhile.
    private void Forget(Follower follower)
    {
        follower.Waiting.Clear();
        if (_followers.GetValueOrDefault(follower.Reference) == follower) _followers.Remove(follower.Reference);
    }

    [SuppressMessage(
        "Design", "CA1031", Justification = "A follower that cannot be reached says again that it is there, or is none any more.")]
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
