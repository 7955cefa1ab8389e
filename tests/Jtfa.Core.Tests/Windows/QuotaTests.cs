using FsCheck;
using FsCheck.Fluent;

namespace Jtfa.Core.Tests.Windows;

public class QuotaTests
{
    private static Gen<int> Seeds { get; } = Gen.Choose(0, int.MaxValue - 1);

    [Fact]
    public void What_is_counted_keeps_within_the_limit_of_its_own_and_that_of_all() => Property.Holds(Seeds, seed =>
    {
        var random = new Random(seed);
        var (all, limits) = (random.Next(0, 30), new[] { random.Next(0, 20), random.Next(0, 20) });
        var shared = new Quota(all);
        Quota[] quotas = [.. limits.Select(limit => new Quota(limit, shared))];
        var counts = new int[2];
        for (var step = 0; step < 60; step++)
        {
            var (which, count) = (random.Next(2), random.Next(0, 6));
            if (random.Next(3) == 0)
            {
                var removed = Math.Min(count, counts[which]);
                quotas[which].Remove(removed);
                counts[which] -= removed;
            }
            else
            {
                var fits = counts[which] + count <= limits[which] && counts.Sum() + count <= all;
                Assert.Equal(fits, quotas[which].TryAdd(count));
                if (fits) counts[which] += count;
            }

            // One that was refused has changed nothing, neither here nor there.
            Assert.Equal(((long)counts[0], (long)counts[1], (long)counts.Sum()), (quotas[0].Count, quotas[1].Count, shared.Count));
        }
    });

    [Fact]
    public async Task Many_threads_at_once_get_no_more_than_the_limits_and_lose_nothing()
    {
        const int limit = 40, all = 100, threads = 8, rounds = 20_000;
        var shared = new Quota(all);
        Quota[] scenes = [.. Enumerable.Range(0, 4).Select(_ => new Quota(limit, shared))];
        var (held, most, granted) = (new long[scenes.Length], new long[scenes.Length], 0L);
        var (heldInAll, mostInAll) = (0L, 0L);

        await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Factory.StartNew(() =>
        {
            var random = new Random(thread);
            for (var round = 0; round < rounds; round++)
            {
                var (scene, count) = (random.Next(scenes.Length), random.Next(1, 20));
                if (!scenes[scene].TryAdd(count)) continue;

                // Counted as held only while it is: what this sees can be too little, never too much.
                Raise(ref most[scene], Interlocked.Add(ref held[scene], count));
                Raise(ref mostInAll, Interlocked.Add(ref heldInAll, count));
                Interlocked.Increment(ref granted);
                Interlocked.Add(ref held[scene], -count);
                Interlocked.Add(ref heldInAll, -count);
                scenes[scene].Remove(count);
            }
        }, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        Assert.All(most, seen => Assert.InRange(seen, 1, limit));
        Assert.InRange(mostInAll, 1, all);
        Assert.InRange(granted, 1, threads * rounds);
        Assert.Equal(0, shared.Count);
        Assert.All(scenes, scene => Assert.Equal(0, scene.Count));

        // All of it is there to be had again.
        Assert.Equal([true, true, false, false], scenes.Select(scene => scene.TryAdd(limit)));
        Assert.Equal([false, false, true, false], scenes.Select(scene => scene.TryAdd(all - (2 * limit))));
    }

    private static void Raise(ref long most, long seen)
    {
        for (var before = Volatile.Read(ref most); seen > before; before = Volatile.Read(ref most))
            Interlocked.CompareExchange(ref most, seen, before);
    }
}
