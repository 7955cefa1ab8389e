using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

/// <summary>Those who follow a scene from within the cluster: each has all of it in order, and a slow one keeps nobody waiting.</summary>
public class SceneFollowersTests
{
    private const int TestTimeout = 60_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task Who_follows_hears_of_what_is_published_from_then_on_and_how_far_the_scene_was()
    {
        await using var silo = await TestSilo.StartAsync();
        var follower = new FollowedDecisions();
        var before = await silo.FollowAsync(new FollowedDecisions());
        await DecideAsync(silo, 0, 5);

        var then = await silo.FollowAsync(follower);
        await DecideAsync(silo, 5, 5);

        Assert.Equal((0, 5), (before.Number, then.Number));
        Assert.Equal(before.Activation, then.Activation);
        await ExpectAsync(follower, 5, 5);
        while (await silo.FollowAsync(follower) != then with { Number = 10 }) Cancellation.ThrowIfCancellationRequested();
    }

    [Fact(Timeout = TestTimeout)]
    public async Task What_is_on_its_way_to_a_follower_is_not_told_to_it_as_published()
    {
        await using var silo = await TestSilo.StartAsync();
        var follower = new FollowedDecisions();
        await DecideAsync(silo, 0, 3);
        var then = await silo.FollowAsync(follower);
        var ready = new TaskCompletionSource();
        follower.Ready = ready.Task;
        for (var id = 3; id < 20; id++)
        {
            await DecideAsync(silo, id, 1);
            Assert.Equal(then, await silo.FollowAsync(follower));
        }

        ready.SetResult();
        while (await silo.FollowAsync(follower) != then with { Number = 20 }) Cancellation.ThrowIfCancellationRequested();
        await ExpectAsync(follower, 3, 17);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_slow_follower_keeps_nobody_waiting_and_is_handed_what_came_meanwhile_at_once()
    {
        await using var silo = await TestSilo.StartAsync();
        var (slow, quick) = (new FollowedDecisions(), new FollowedDecisions());
        var ready = new TaskCompletionSource();
        slow.Ready = ready.Task;
        await silo.FollowAsync(slow);
        await silo.FollowAsync(quick);

        for (var id = 0; id < 300; id++) await DecideAsync(silo, id, 1);
        await ExpectAsync(quick, 0, 300);

        Assert.Equal((1, 1), (slow.Calls, slow.Decisions.Count));
        ready.SetResult();
        await ExpectAsync(slow, 0, 300);
        Assert.Equal(2, slow.Calls);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_follower_that_falls_too_far_behind_is_handed_no_more_until_it_follows_again()
    {
        const int Many = 20_000;
        await using var silo = await TestSilo.StartAsync();
        var (lost, other) = (new FollowedDecisions(), new FollowedDecisions());
        var ready = new TaskCompletionSource();
        lost.Ready = ready.Task;
        await silo.FollowAsync(lost);
        await silo.FollowAsync(other);
        for (var from = 0; from < Many; from += 1000) await DecideAsync(silo, from, 1000);
        await DecideAsync(silo, Many, 1);
        await ExpectAsync(other, 0, Many + 1);

        // It says that it is there while what it waits for is still under way; and only then it goes on.
        await DecideAsync(silo, Many + 1, 1);
        var published = await silo.FollowAsync(lost);
        await DecideAsync(silo, Many + 2, 10);
        ready.SetResult();

        // Had it been handed what it was too slow for after all, that would come between these.
        var heard = new List<Decision>();
        for (var id = Many + 12; id < Many + 32; id++)
        {
            await DecideAsync(silo, id, 1);
            while (heard.Count == 0 || heard[^1].Id != id) heard.Add(await lost.Decisions.ReadAsync(Cancellation));
        }

        Assert.Equal(Many + 2, published.Number);
        Assert.Equal(heard.Select(decision => decision.Number).Order(), heard.Select(decision => decision.Number));
        Assert.Equal(heard.Count, heard.Select(decision => decision.Id).Distinct().Count());
        Assert.Equal(Enumerable.Range(Many + 2, 30).Select(id => (long)id), heard.TakeLast(30).Select(decision => decision.Id));
        Assert.InRange(heard.Count, 31, Many - 1); // it knows by the numbers that some are missing
        await ExpectAsync(other, Many + 1, 31);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_follower_that_has_not_said_for_thirty_seconds_that_it_is_there_is_forgotten()
    {
        await using var silo = await TestSilo.StartAsync();
        var (gone, there) = (new FollowedDecisions(), new FollowedDecisions());
        await silo.FollowAsync(gone);
        await silo.FollowAsync(there);
        for (var id = 0; id < 3; id++)
        {
            silo.Advance(10_000);
            await silo.FollowAsync(there);
            await DecideAsync(silo, id, 1);
        }

        await ExpectAsync(gone, 0, 3); // what is still on its way to it when it is forgotten goes with it
        silo.Advance(1);
        await DecideAsync(silo, 3, 2);

        await ExpectAsync(there, 0, 5);
        Assert.Equal(0, gone.Decisions.Count);
        await silo.FollowAsync(gone);
        await DecideAsync(silo, 5, 1);
        await ExpectAsync(gone, 5, 1);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_follower_that_fails_is_forgotten_and_the_others_go_on()
    {
        await using var silo = await TestSilo.StartAsync();
        var (failing, other) = (
            new FollowedDecisions { Ready = Task.FromException(new IOException("It cannot.")) }, new FollowedDecisions());
        await silo.FollowAsync(failing);
        await silo.FollowAsync(other);
        await DecideAsync(silo, 0, 1);
        await ExpectAsync(failing, 0, 1);
        failing.Ready = Task.CompletedTask;

        // Until the scene has noticed, it knows the follower, which has taken nothing; then it is a new one.
        while ((await silo.FollowAsync(failing)).Number == 0) Cancellation.ThrowIfCancellationRequested();
        await DecideAsync(silo, 1, 10);

        await ExpectAsync(other, 0, 11);
        await ExpectAsync(failing, 1, 10);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Who_does_not_follow_any_more_hears_no_more()
    {
        await using var silo = await TestSilo.StartAsync();
        var (one, other) = (new FollowedDecisions(), new FollowedDecisions());
        await silo.FollowAsync(one);
        await silo.FollowAsync(other);
        await DecideAsync(silo, 0, 1);
        await ExpectAsync(one, 0, 1);

        await silo.UnfollowAsync(one);
        await silo.UnfollowAsync(one);
        await DecideAsync(silo, 1, 5);

        await ExpectAsync(other, 0, 6);
        Assert.Equal(0, one.Decisions.Count);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_scene_that_has_come_up_again_does_not_know_its_followers_and_says_that_it_is_another()
    {
        await using var silo = await TestSilo.StartAsync();
        var follower = new FollowedDecisions();
        var before = await silo.FollowAsync(follower);
        await DecideAsync(silo, 0, 1);
        await ExpectAsync(follower, 0, 1);
        silo.Advance(1);
        await silo.EndSceneAsync();
        await DecideAsync(silo, 1, 2);

        var after = await silo.FollowAsync(follower);
        await DecideAsync(silo, 3, 1);

        Assert.True(after.Activation > before.Activation, "another activation");
        Assert.Equal(2, after.Number);
        await ExpectAsync(follower, 3, 1);
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task With_a_log_that_is_slow_and_refuses_some_every_follower_has_each_decision_once_in_the_order_of_the_log(int seed)
    {
        const int Windows = 60;
        var random = new Random(seed);
        var policy = TestSilo.SceneOf().ToPolicy();
        await using var silo = await TestSilo.StartAsync();
        var (quick, slow) = (await silo.FollowAsync(), new FollowedDecisions());
        await silo.FollowAsync(slow);
        silo.Log.Holds = true;
        silo.Log.IsAway = _ => random.Next(8) == 0; // asked under the log's lock
        var adding = new List<Task>();
        for (var id = 0; id < Windows; id++)
        {
            adding.Add(
                silo.AddAsync(id, policy, [.. Enumerable.Range(0, 3).Select(view => new SampleToken(view, silo.Now, Label: id % 4))]));
            if (random.Next(4) == 0) await SettleAsync(silo, random);
        }

        await Task.WhenAll(adding);
        while ((await silo.Scene.GetStatisticsAsync(Cancellation)).Decisions < Windows)
        {
            var ready = new TaskCompletionSource();
            if (random.Next(3) == 0) slow.Ready = ready.Task;
            await SettleAsync(silo, random);
            silo.Advance(50);
            slow.Ready = Task.CompletedTask;
            ready.SetResult();
        }

        (silo.Log.Holds, silo.Log.IsAway) = (false, _ => false);
        silo.Log.SettleAll(taken: false);
        var statistics = await silo.Scene.GetStatisticsAsync(Cancellation);
        Assert.Equal((Windows * 3L, 0.25), (statistics.Tokens, statistics.Accuracy));
        await DecisionOrder.ExpectOneOrderAsync(silo, quick, Windows);
        await ExpectAsync(slow, silo.Log.Rows);
    }

    // Some of the appends that wait end, well or not.
    private static async Task SettleAsync(TestSilo silo, Random random)
    {
        await silo.Scene.GetStatisticsAsync(Cancellation);
        for (var i = random.Next(20); i > 0 && silo.Log.Held > 0; i--) silo.Log.Settle(taken: random.Next(5) > 0);
    }

    private static Task DecideAsync(TestSilo silo, long from, int count) =>
        silo.Scene.ReportAsync([.. Enumerable.Range(0, count).Select(i => SampleDecision.Create(silo, from + i, gt: 1))]);

    private static async Task ExpectAsync(FollowedDecisions follower, long from, int count)
    {
        for (var id = from; id < from + count; id++) Assert.Equal(id, (await follower.Decisions.ReadAsync(Cancellation)).Id);
    }

    private static async Task ExpectAsync(FollowedDecisions follower, IReadOnlyList<Decision> rows)
    {
        foreach (var row in rows)
        {
            var heard = await follower.Decisions.ReadAsync(Cancellation);
            Assert.Equal((row.Id, row.Number), (heard.Id, heard.Number));
        }
    }
}
