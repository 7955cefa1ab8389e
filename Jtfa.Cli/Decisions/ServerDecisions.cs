using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Jtfa.Client;
using Jtfa.Interfaces;

namespace Jtfa.Cli.Decisions;

/// <summary>Reads decisions from a running silo.</summary>
internal sealed class ServerDecisions(IJtfaClient client, DecisionSelection selection)
{
    private const int Ahead = 256;

    // The place before a log's first decision.
    private static readonly DecisionPosition s_beginning = new(long.MinValue, 0);

    /// <summary>The decisions selected, oldest first.</summary>
    public IAsyncEnumerable<Decision> ReadAsync(CancellationToken cancellationToken) =>
        selection.Follow ? FollowAsync(cancellationToken)
        : selection.Since is not null ? Merge(selection.Scenes, oldestFirst: true, cancellationToken)
        : LastAsync(selection.Scenes, _ => true, cancellationToken);

    private async IAsyncEnumerable<Decision> LastAsync(
        IReadOnlyList<string> scenes, Func<Decision, bool> holds, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (selection.Last == 0) yield break;
        var newest = await Merge(scenes, oldestFirst: false, cancellationToken).Where(holds).Take(selection.Last)
            .ToListAsync(cancellationToken);
        for (var i = newest.Count - 1; i >= 0; i--) yield return newest[i];
    }

    // The last decisions that the log has now, and then new ones.
    private async IAsyncEnumerable<Decision> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string[] scenes = selection.Scenes.Count > 0
            ? [.. selection.Scenes]
            : [.. (await client.GetScenesAsync(cancellationToken)).Select(scene => scene.Scene)];
        var newest = new Dictionary<string, DecisionPosition>();
        foreach (var scene in scenes)
        {
            var last = await client.QueryAsync(new DecisionQuery { Scene = scene, Limit = 1 }, cancellationToken)
                .FirstOrDefaultAsync(cancellationToken);
            newest[scene] = last is null ? s_beginning : DecisionPosition.FromDecision(last);
        }

        // Decisions that fired at the same time as the newest may come after it in the log: these come twice, and are printed once.
        var printed = new HashSet<(string, DecisionKey)>();
        await foreach (
            var decision in LastAsync(scenes, decision => IsUpTo(newest[decision.Scene], decision), cancellationToken))
        {
            printed.Add((decision.Scene, decision.Key));
            yield return decision;
        }

        await foreach (var decision in FollowAllAsync(newest, cancellationToken))
            if (selection.Holds(decision) && !printed.Remove((decision.Scene, decision.Key))) yield return decision;
    }

    // In the order in which they come: a scene waits for the printer, not for another scene.
    private async IAsyncEnumerable<Decision> FollowAllAsync(
        Dictionary<string, DecisionPosition> after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var channel = Channel.CreateBounded<Decision>(Ahead);
        var following = after.Select(scene => FollowOneAsync(scene.Key, scene.Value, channel.Writer, end.Token)).ToList();
        try
        {
            await foreach (var decision in channel.Reader.ReadAllAsync(cancellationToken)) yield return decision;
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(following);
        }
    }

    // A fault ends the channel, and so reaches the printer, which reports it.
    private async Task FollowOneAsync(
        string scene, DecisionPosition after, ChannelWriter<Decision> writer, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var decision in client.FollowAsync(scene, after, cancellationToken)) await writer.WriteAsync(
                decision, cancellationToken);
        }
        catch (Exception fault)
        {
            writer.TryComplete(fault);
        }
    }

    private static bool IsUpTo(DecisionPosition position, Decision decision) =>
        (decision.ClockEpoch, decision.Timestamp).CompareTo((position.Key.ClockEpoch, position.Timestamp)) <= 0;

    // Merges the scenes' decisions by clock epoch and fire time.
    private async IAsyncEnumerable<Decision> Merge(
        IReadOnlyList<string> scenes, bool oldestFirst, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var heads = new List<IAsyncEnumerator<Decision>>();
        try
        {
            foreach (var scene in scenes.Count > 0 ? scenes : [null!])
            {
                var rows = client.QueryAsync(Query(scene, oldestFirst), cancellationToken).GetAsyncEnumerator(cancellationToken);
                heads.Add(rows);
                if (!await rows.MoveNextAsync()) await RemoveAsync(rows);
            }

            while (heads.Count > 0)
            {
                var next = oldestFirst ? heads.MinBy(TimeOf)! : heads.MaxBy(TimeOf)!;
                yield return next.Current;
                if (!await next.MoveNextAsync()) await RemoveAsync(next);
            }
        }
        finally
        {
            foreach (var head in heads) await head.DisposeAsync();
        }

        static (int, double) TimeOf(IAsyncEnumerator<Decision> head) => (head.Current.ClockEpoch, head.Current.Timestamp);

        async Task RemoveAsync(IAsyncEnumerator<Decision> head)
        {
            heads.Remove(head);
            await head.DisposeAsync();
        }
    }

    private DecisionQuery Query(string? scene, bool oldestFirst) => new()
    {
        Scene = scene,
        From = selection.Since,
        Cause = selection.Cause,
        Pred = selection.Pred,
        Correct = selection.Correct,
        OldestFirst = oldestFirst,
        Limit = selection.Since is not null ? DecisionQuery.MaxLimit : Math.Clamp(selection.Last, 1, DecisionQuery.MaxLimit),
    };
}
