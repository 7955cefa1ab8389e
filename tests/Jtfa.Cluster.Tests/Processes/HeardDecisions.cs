using System.Collections.Concurrent;
using System.Diagnostics;
using Jtfa.Client;

namespace Jtfa.Cluster.Tests.Processes;

/// <summary>What those who follow scenes have heard of, and when.</summary>
internal sealed class HeardDecisions : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ConcurrentDictionary<string, List<HeardDecision>> _heard = new();
    private readonly List<Task> _following = [];

    /// <summary>Seconds since this began.</summary>
    public double Now => _clock.Elapsed.TotalSeconds;

    /// <summary>Follows scenes from now on, as a client does.</summary>
    public void Follow(IJtfaClient client, IEnumerable<string> scenes) =>
        _following.AddRange(scenes.Select(scene => FollowAsync(client, scene)));

    /// <summary>What was heard of a scene so far, in order; where several follow it, once by each.</summary>
    public IReadOnlyList<HeardDecision> Of(string scene)
    {
        var heard = _heard.GetOrAdd(scene, _ => []);
        lock (heard) return [.. heard];
    }

    /// <summary>Waits until every scene has decided something after a moment; the last of them tells when.</summary>
    public async Task<double> AllDecideAfterAsync(IReadOnlyList<string> scenes, double after, TimeSpan deadline)
    {
        var end = Now + deadline.TotalSeconds;
        while (Now < end)
        {
            // One who follows goes on until the test ends, whatever happens.
            foreach (var ended in _following.Where(following => following.IsCompleted)) await ended;
            var first = scenes.Select(
                scene => Of(scene).Where(heard => heard.At > after).Select(heard => (double?)heard.At).FirstOrDefault()).ToList();
            if (first.All(at => at is not null)) return first.Max()!.Value;
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException(
            $"Not every scene decided within {deadline}: " +
            $"{string.Join(", ", scenes.Select(scene => $"{scene} {Of(scene).Count(heard => heard.At > after)}"))}");
    }

    /// <summary>The longest time between two decisions of one scene, as they were heard, seconds.</summary>
    public double LongestGap(IEnumerable<string> scenes, double from, double to) =>
        scenes.Max(scene => Gaps.Longest(Of(scene).Select(heard => heard.At), from, to));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_following).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task FollowAsync(IJtfaClient client, string scene)
    {
        var heard = _heard.GetOrAdd(scene, _ => []);
        await foreach (var decision in client.FollowAsync(scene, cancellationToken: _stop.Token))
            lock (heard) heard.Add(new HeardDecision(decision.Id, Now));
    }
}

/// <summary>A decision that was heard of.</summary>
/// <param name="Decision">Its id.</param>
/// <param name="At">When, seconds.</param>
internal sealed record HeardDecision(long Decision, double At);
