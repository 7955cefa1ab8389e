using System.Diagnostics;
using Jtfa.Client.Tests.Stage;
using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Client.Tests;

/// <summary>What every client does, on a real silo. Tests run one after another; each has decisions of its own.</summary>
[Collection(RealSilo.Name)]
public abstract class ClientTests(RealSilo stage)
{
    private static long s_next = 1_000;

    private protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    private protected LiveSilo Silo => stage.Silo;

    private protected abstract IJtfaClient Client { get; }

    [Fact(Timeout = 60_000)]
    public async Task Scenes_are_listed()
    {
        var scenes = await Client.GetScenesAsync(Stop);
        Assert.Equal([LiveSilo.Scene, LiveSilo.Other], scenes.Select(scene => scene.Scene));
        Assert.All(scenes, scene => Assert.Equal((Workspace.Dimension, Workspace.Classes), (scene.Dimension, scene.Classes)));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_query_pages_on_by_itself_in_either_order()
    {
        var ids = await DecideAsync(25);
        var query = new DecisionQuery { Scene = LiveSilo.Scene, FromId = ids[0], ToId = ids[^1], Limit = 7 };
        var oldest = await Client.QueryAsync(query with { OldestFirst = true }, Stop).ToListAsync(Stop);
        var newest = await Client.QueryAsync(query, Stop).ToListAsync(Stop);

        Assert.Equal(ids, oldest.Select(decision => decision.Id).Order());
        Assert.Equal(oldest.Select(decision => decision.Id).Reverse(), newest.Select(decision => decision.Id));
        Assert.All(oldest, decision => Assert.Equal((LiveSilo.Scene, 2, FireCause.K), (decision.Scene, decision.M, decision.Cause)));
        Assert.Equal(oldest.Select(decision => decision.Timestamp).Order(), oldest.Select(decision => decision.Timestamp));
        Assert.Equal(5, (await Client.QueryAsync(query, Stop).Take(5).ToListAsync(Stop)).Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_query_picks_out()
    {
        var ids = await DecideAsync(20);
        var query = new DecisionQuery { FromId = ids[0], ToId = ids[^1], OldestFirst = true };
        async Task<long[]> AskAsync(DecisionQuery asked) =>
            [.. (await Client.QueryAsync(asked, Stop).ToListAsync(Stop)).Select(decision => decision.Id).Order()];

        Assert.Equal(ids, await AskAsync(query)); // of all scenes
        Assert.Empty(await AskAsync(query with { Scene = LiveSilo.Other }));
        Assert.Empty(await AskAsync(query with { Cause = FireCause.T }));
        Assert.Equal(ids, await AskAsync(query with { Cause = FireCause.K }));
        Assert.Equal(ids.Where(id => id % 3 == 0), await AskAsync(query with { Correct = false }));
        Assert.Equal(ids.Where(id => id % 3 != 0 && id % 10 == 7), await AskAsync(query with { Correct = true, Pred = 7 }));

        var middle = (await Client.QueryAsync(query, Stop).ToListAsync(Stop))[10].Timestamp;
        var time = DateTimeOffset.UnixEpoch.AddTicks((long)Math.Round(middle * TimeSpan.TicksPerSecond));
        Assert.Equal(ids, (await AskAsync(query with { To = time })).Concat(await AskAsync(query with { From = time })).Order());
    }

    [Fact(Timeout = 60_000)]
    public async Task One_decision_is_found_or_is_not_there()
    {
        var id = (await DecideAsync(1))[0];
        Assert.Equal(id, (await Client.GetDecisionAsync(LiveSilo.Scene, id, Stop))!.Id);
        Assert.Null(await Client.GetDecisionAsync(LiveSilo.Other, id, Stop));
        Assert.Null(await Client.GetDecisionAsync(LiveSilo.Scene, long.MaxValue, Stop));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_policy_is_read_and_set()
    {
        var before = await Client.GetPolicyAsync(LiveSilo.Other, Stop);
        Assert.Equal((2, 3, WindowKeying.Sequence), (before.K, before.N, before.Keying));
        try
        {
            var changed = before with { K = 1, T = TimeSpan.FromMilliseconds(77.5), Beta = 0.5 };
            var routing = await Client.SetPolicyAsync(LiveSilo.Other, changed, Stop);
            Assert.Equal((changed, before), (routing.Current, routing.Previous));
            Assert.Equal(changed, await Client.GetPolicyAsync(LiveSilo.Other, Stop));
            Assert.Equal(routing, (await Client.GetSnapshotAsync(LiveSilo.Other, cancellationToken: Stop)).Routing);
        }
        finally
        {
            await Client.SetPolicyAsync(LiveSilo.Other, before, Stop);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Statistics_count_and_so_does_the_log()
    {
        var (from, before) = (DateTimeOffset.UtcNow, await Client.GetStatisticsAsync(LiveSilo.Scene, Stop));
        var ids = await DecideAsync(12);
        var after = await Client.GetStatisticsAsync(LiveSilo.Scene, Stop);
        Assert.Equal(12, after.Decisions - before.Decisions);
        Assert.Equal(24, after.Tokens - before.Tokens);

        var span = await Client.GetStatisticsAsync(LiveSilo.Scene, from, DateTimeOffset.UtcNow, Stop);
        Assert.Equal((12L, 12L, 0L, 24L, 12L), (span.Decisions, span.ByK, span.ByT, span.Tokens, span.Labelled));
        Assert.Equal(ids.Count(id => id % 3 != 0) / 12.0, span.Accuracy, 9);
        Assert.Equal(12, span.Latency.Count);
        var nothing = await Client.GetStatisticsAsync(LiveSilo.Scene, from.AddDays(-2), from.AddDays(-1), Stop);
        Assert.Equal((0L, true), (nothing.Decisions, double.IsNaN(nothing.Accuracy)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Cameras_and_the_snapshot_show_what_comes()
    {
        var first = (await DecideAsync(1))[0]; // of those that fire together any may be logged first
        var ids = await DecideAsync(5);
        var cameras = await Condition.HoldsAsync(
            () => Client.GetCamerasAsync(LiveSilo.Scene, Stop), seen => seen.Count == 2
                && seen.All(camera => camera.Tokens >= 5), "two cameras have sent");
        Assert.Equal([0, 1], cameras.Select(camera => camera.View));
        Assert.All(cameras, camera => Assert.InRange(camera.OnTime, 5, long.MaxValue));

        var snapshot = await Client.GetSnapshotAsync(LiveSilo.Scene, new SnapshotSpan(300, 3, 4), Stop);
        Assert.Equal(
            (LiveSilo.Scene, 3, 4, 2), (snapshot.Scene, snapshot.Windows.Length, snapshot.Decisions.Length, snapshot.Cameras.Length));
        Assert.Equal(stage.Logged(first, ids[^1])[^4..], snapshot.Decisions.Select(decision => decision.Id));
        var usual = await Client.GetSnapshotAsync(LiveSilo.Scene, cancellationToken: Stop);
        Assert.InRange(usual.Decisions.Length, 5, 20);
    }

    [Fact(Timeout = 60_000)]
    public Task Following_gives_each_decision_once_and_in_order() => HearsAllAsync(2_000);

    [Fact(Timeout = 60_000)]
    public async Task Following_goes_on_after_a_decision_of_the_past_into_the_present()
    {
        var past = await DecideAsync(2_500); // more than two pages of the log
        var known = (await Client.GetDecisionAsync(LiveSilo.Scene, past[99], Stop))!;
        await using var following = Client.FollowAsync(LiveSilo.Scene, DecisionPosition.FromDecision(known), Stop).GetAsyncEnumerator(Stop);
        var heard = new List<long>();
        while (heard.Count < 1_000 && await following.MoveNextAsync()) heard.Add(following.Current.Id);
        past.AddRange(await DecideAsync(1_500));
        var logged = stage.Logged(past[99], past[^1])[1..];
        while (heard.Count < logged.Count && await following.MoveNextAsync()) heard.Add(following.Current.Id);

        Assert.Equal(logged, heard);
    }

    [Fact(Timeout = 60_000)]
    public async Task Following_begins_behind_what_was_decided_a_moment_ago()
    {
        for (var i = 0; i < 3; i++)
        {
            var past = await DecideUnheardAsync(40);
            await using var following = Client.FollowAsync(LiveSilo.Scene, cancellationToken: Stop).GetAsyncEnumerator(Stop);
            var first = following.MoveNextAsync();
            while (!first.IsCompleted) await DecideAsync(1);
            await first;
            Assert.True(following.Current.Id > past[^1], $"{following.Current.Id} was decided before");
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Following_goes_on_after_a_decision_of_a_moment_ago_and_repeats_none_before_it()
    {
        for (var i = 0; i < 3; i++)
        {
            var first = (await DecideUnheardAsync(1))[0]; // of those that fire together any may be logged first
            var past = stage.Logged(first, (await DecideAsync(40))[^1]);
            var known = (await Client.GetDecisionAsync(LiveSilo.Scene, past[30], Stop))!;
            await using var following = Client.FollowAsync(LiveSilo.Scene, DecisionPosition.FromDecision(known), Stop)
                .GetAsyncEnumerator(Stop);
            var heard = new List<long>();
            while (heard.Count < 5 && await following.MoveNextAsync()) heard.Add(following.Current.Id);
            var logged = stage.Logged(past[30], (await DecideUnheardAsync(20))[^1])[1..];
            while (heard.Count < logged.Count && await following.MoveNextAsync()) heard.Add(following.Current.Id);

            Assert.Equal(logged, heard);
        }
    }

    [Fact(Timeout = 60_000)]
    // more than is kept for it
    public Task A_reader_that_falls_behind_misses_nothing() => HearsAllAsync(1_500, 1_500, 1_500, 1_500, 1_500, 1_500);

    [Fact(Timeout = 60_000)]
    public async Task A_follower_that_goes_leaves_no_trace()
    {
        var before = Warnings();
        for (var i = 0; i < 5; i++)
        {
            using var cancel = new CancellationTokenSource();
            await using var following = Client.FollowAsync(LiveSilo.Scene, cancellationToken: cancel.Token).GetAsyncEnumerator(Stop);
            var first = following.MoveNextAsync();
            while (!first.IsCompleted) await DecideAsync(1);
            await first;
            var next = following.MoveNextAsync();
            Silo.Decide(NewIds(20));
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                while (await next) next = following.MoveNextAsync();
            });
        }

        await DecideAsync(1);
        Assert.Equal(before, Warnings());

        // Orleans' other categories tell of a machine that is slow.
        IReadOnlyList<string> Warnings() => Silo.Log.From(LogLevel.Warning, "Jtfa", "Orleans.Streams");
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_wrong_is_told_by_its_kind_and_with_what_is_allowed()
    {
        var now = DateTimeOffset.UtcNow;
        var policy = await Client.GetPolicyAsync(LiveSilo.Other, Stop);
        (Func<Task> Ask, string Says)[] wrong =
        [
            (() => Client.GetSnapshotAsync("attic", cancellationToken: Stop), "Scene 'attic' is not configured: known are yard, hall"),
            (() => Client.GetPolicyAsync("attic", Stop), "Scene 'attic' is not configured: known are yard, hall"),
            (() => Client.SetPolicyAsync("attic", policy, Stop), "Scene 'attic' is not configured"),
            (() => Client.GetCamerasAsync("attic", Stop), "Scene 'attic' is not configured"),
            (() => Client.GetStatisticsAsync("attic", Stop), "Scene 'attic' is not configured"),
            (() => Client.GetStatisticsAsync("attic", now, now, Stop), "Scene 'attic' is not configured"),
            (() => Client.GetDecisionAsync("attic", 1, Stop), "Scene 'attic' is not configured"),
            (() => QueryAsync(new DecisionQuery { Scene = "attic" }), "Scene 'attic' is not configured"),
            (() => Client.FollowAsync("attic", cancellationToken: Stop).FirstAsync(Stop).AsTask(), "Scene 'attic' is not configured"),
            (() => Client.FollowAsync("attic", new DecisionPosition(1, 2), Stop).FirstAsync(Stop).AsTask(),
                "Scene 'attic' is not configured"),
            (() => Client.SetPolicyAsync(LiveSilo.Other, policy with { K = 4, T = TimeSpan.Zero }, Stop),
                "K=4: allowed is 1 … N (3); T=0 ms: allowed is above 0 … 60000 ms"),
            (() => QueryAsync(new DecisionQuery { Limit = 1001 }), "limit=1001: allowed is 1 … 1000"),
            (() => QueryAsync(new DecisionQuery { Limit = 0, FromId = 2, ToId = 1 }),
                "limit=0: allowed is 1 … 1000; fromId=2: allowed is no larger than toId (1)"),
            (() => QueryAsync(new DecisionQuery { Cursor = "elsewhere" }), "cursor='elsewhere': allowed is the next of the page before"),
            (() => Client.GetStatisticsAsync(LiveSilo.Other, now, now.AddHours(-1), Stop), "allowed is no later than to"),
            (() => Client.GetSnapshotAsync(LiveSilo.Other, new SnapshotSpan(-1, 0, 0), Stop), "-1"),
        ];
        foreach (var (ask, says) in wrong)
        {
            JtfaException fault = says.StartsWith("Scene '", StringComparison.Ordinal)
                ? await Assert.ThrowsAsync<JtfaNotFoundException>(ask)
                : await Assert.ThrowsAsync<JtfaInvalidValueException>(ask);
            Assert.Contains(says, fault.Message);
            Assert.DoesNotContain("(Parameter", fault.Message);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_cancelled_ends()
    {
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Client.GetScenesAsync(cancel.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Client.QueryAsync(new DecisionQuery(), cancel.Token).FirstAsync(Stop).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Client.FollowAsync(LiveSilo.Scene, cancellationToken: cancel.Token).FirstAsync(Stop).AsTask());
    }

    private protected static long[] NewIds(int count)
    {
        var next = Interlocked.Add(ref s_next, count);
        return [.. Enumerable.Range(0, count).Select(i => next - count + i)];
    }

    /// <summary>Has the scene decide, and waits until the log has it.</summary>
    private protected async Task<List<long>> DecideAsync(int count)
    {
        var ids = NewIds(count);
        foreach (var some in ids.Chunk(500)) await stage.DecideAsync(some);
        return [.. ids];
    }

    // A scene looks every second whether somebody subscribes to its stream, and keeps for him what was decided since it looked last.
    private async Task<List<long>> DecideUnheardAsync(int count)
    {
        for (var begin = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begin).TotalSeconds < 2.2;) await DecideAsync(1);
        return await DecideAsync(count);
    }

    private Task<List<Decision>> QueryAsync(DecisionQuery query) => Client.QueryAsync(query, Stop).ToListAsync(Stop).AsTask();

    // What is decided while nobody reads is read afterwards, each once and in the order of the log.
    private async Task HearsAllAsync(params int[] batches)
    {
        await using var following = Client.FollowAsync(LiveSilo.Scene, cancellationToken: Stop).GetAsyncEnumerator(Stop);
        var first = following.MoveNextAsync();
        // It follows from some moment on: the first that it gives tells.
        var sent = new List<long>();
        while (!first.IsCompleted) sent.AddRange(await DecideAsync(1));
        Assert.True(await first);
        var heard = new List<long> { following.Current.Id };
        foreach (var batch in batches) sent.AddRange(await DecideAsync(batch));
        var logged = stage.Logged(heard[0], sent[^1]);
        while (heard.Count < logged.Count)
        {
            Assert.True(await following.MoveNextAsync());
            heard.Add(following.Current.Id);
        }

        Assert.Equal(logged, heard);
    }
}

/// <summary>By HTTP.</summary>
public sealed class HttpClientTests(RealSilo stage) : ClientTests(stage), IDisposable
{
    private readonly HttpJtfaClient _client = new(stage.Silo.Http);

    private protected override IJtfaClient Client => _client;

    public void Dispose() => _client.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task A_silo_that_runs_is_ready()
    {
        var (ready, text) = await _client.GetReadinessAsync(Stop);
        Assert.Equal((true, "Healthy"), (ready, text));
    }
}

/// <summary>By grains.</summary>
public sealed class ClusterClientTests(RealSilo stage) : ClientTests(stage)
{
    private readonly ClusterJtfaClient _client = new(stage.Silo.Cluster);

    private protected override IJtfaClient Client => _client;
}
