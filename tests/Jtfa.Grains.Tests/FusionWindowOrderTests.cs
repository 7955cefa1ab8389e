using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

/// <summary>Many windows at once, batches of every size in every order, time passing between them: each fires once.</summary>
public class FusionWindowOrderTests
{
    private const int TestTimeout = 60_000;
    private const int Windows = 25;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = TestTimeout)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task A_window_fires_once_whatever_comes_when(int seed)
    {
        var random = new Random(seed);
        var n = random.Next(1, 6);
        var scene = TestSilo.SceneOf(k: random.Next(1, n + 1), n: n);
        var policy = scene.ToPolicy();
        await using var silo = await TestSilo.StartAsync(scene);
        var published = await silo.FollowAsync();

        var sent = 0;
        for (var round = 0; round < 6; round++)
        {
            // Batches of one round race each other, for one window too.
            var batches = Enumerable.Range(0, 40).Select(_ => AnyBatch(silo, random, n, policy, ref sent)).ToList();
            await Task.WhenAll(batches.Select(batch => silo.Lane(policy, batch.Decision).AddAsync(batch.Batch)));

            // At most 300 ms in all: less than T + linger, so that no window goes.
            silo.Advance(random.Next(60));
        }

        var fired = await silo.StatisticsInTimeAsync(seen => seen.Decisions == Windows, Cancellation);
        var closed = await silo.StatisticsInTimeAsync(
            seen => seen.Tokens + seen.Late + seen.Duplicates + seen.Surplus == sent, Cancellation);

        Assert.Equal((Windows, 0, 0), (closed.Decisions, closed.Repeated, closed.Malformed));
        Assert.Equal(fired.Tokens, closed.Tokens);
        foreach (var row in silo.Log.Rows)
        {
            Assert.Equal(row.Views.Distinct().Order(), row.Views);
            Assert.InRange(row.M, row.Cause == FireCause.K ? policy.K : 1, n);
        }

        await DecisionOrder.ExpectOneOrderAsync(silo, published, Windows);
    }

    // Of one window, or of several of a lane.
    private static (long Decision, TokenBatch Batch) AnyBatch(TestSilo silo, Random random, int n, ScenePolicy policy, ref int sent)
    {
        long[] decisions = [random.Next(Windows), random.Next(Windows), random.Next(Windows)];
        decisions = [.. decisions.Where(decision => policy.LaneOf(decision) == policy.LaneOf(decisions[0]))];
        var tokens = new (long, SampleToken)[random.Next(1, 5)];
        foreach (ref var token in tokens.AsSpan())
        {
            var decision = decisions[random.Next(decisions.Length)];
            token = (decision, new SampleToken(random.Next(n + 2), silo.Now, Class: random.Next(SampleHead.Dimension)));
        }

        sent += tokens.Length;
        return (decisions[0], SampleTokens.Batch(policy, tokens));
    }
}
