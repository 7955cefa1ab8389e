using Jtfa.Language.Kernels;

namespace Jtfa.Language.Tests.Kernels;

/// <summary>Threads that share work out.</summary>
public sealed class WorkersTests
{
    /// <summary>Many jobs, with pauses in which the threads fall asleep: each item once, and none after its job has ended.</summary>
    [Theory, InlineData(1), InlineData(2), InlineData(5)]
    public async Task Every_item_is_worked_on_once(int threads)
    {
        using var workers = new Workers(threads);
        var random = new Random(1);
        for (var round = 0; round < 3_000; round++)
        {
            if (round % 1_000 == 500) await Task.Delay(20, TestContext.Current.CancellationToken); // they sleep by then
            var job = new CountingJob(random.Next(1, 200), threads);
            workers.Run(job, job.Times.Length, random.Next(1, 4));
            Assert.All(job.Times, times => Assert.Equal(1, times));
            job.IsOver = true;
        }
    }

    [Fact]
    public void What_fails_on_any_thread_is_told_and_the_next_job_runs()
    {
        using var workers = new Workers(3);
        for (var round = 0; round < 200; round++)
        {
            var fault = Record.Exception(() => workers.Run(new FailingJob(round % 24), 24));
            Assert.Contains("item", (fault as AggregateException)?.InnerException?.Message ?? fault!.Message);
            var job = new CountingJob(50, 3);
            workers.Run(job, 50);
            Assert.All(job.Times, times => Assert.Equal(1, times));
        }
    }

    /// <summary>What each computes by itself counts, too: alone, and beside the threads of its jobs.</summary>
    [Theory, InlineData(1), InlineData(3)]
    public async Task Those_who_take_turns_never_compute_on_more_threads_than_there_are(int threads)
    {
        using var workers = new Workers(threads);
        var (computing, most) = (0, 0);
        void Count(int by)
        {
            var now = Interlocked.Add(ref computing, by);
            for (var seen = Volatile.Read(ref most); now > seen; seen = Volatile.Read(ref most))
                if (Interlocked.CompareExchange(ref most, now, seen) == seen) break;
        }

        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Factory.StartNew(
            () =>
            {
                for (var step = 0; step < 300; step++)
                {
                    using var turn = workers.TakeTurn();
                    Count(1);
                    for (var job = 0; job < 5; job++) workers.Run(new WatchedJob(Count), 40);
                    Count(-1);
                }
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.InRange(most, 1, threads);
    }

    [Fact]
    public async Task Turns_come_in_the_order_of_asking()
    {
        using var workers = new Workers(1);
        var turns = new List<int>();
        var first = workers.TakeTurn();
        var asking = new List<Task>();
        for (var i = 0; i < 8; i++)
        {
            var mine = i;
            asking.Add(Task.Factory.StartNew(
                () =>
                {
                    using var turn = workers.TakeTurn();
                    turns.Add(mine);
                },
                TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default));
            await Condition.HoldsAsync(() => workers.WaitingForTurn, waiting => waiting == mine + 1, "it waits");
        }

        Assert.Empty(turns);
        first.Dispose();
        await Task.WhenAll(asking);
        Assert.Equal(Enumerable.Range(0, 8), turns);
        Assert.Equal(0, workers.WaitingForTurn);
    }

    private sealed class WatchedJob(Action<int> count) : RangeJob
    {
        public override void Run(int from, int to, int worker)
        {
            if (worker > 0) count(1); // the caller is counted already
            Thread.SpinWait(20 * (to - from));
            if (worker > 0) count(-1);
        }
    }

    private sealed class CountingJob(int items, int threads) : RangeJob
    {
        public int[] Times { get; } = new int[items];

        public volatile bool IsOver;

        public override void Run(int from, int to, int worker)
        {
            if (IsOver || worker < 0 || worker >= threads) throw new InvalidOperationException($"worker {worker}");
            for (var item = from; item < to; item++) Interlocked.Increment(ref Times[item]);
        }
    }

    private sealed class FailingJob(int bad) : RangeJob
    {
        public override void Run(int from, int to, int worker)
        {
            if (from <= bad && bad < to) throw new InvalidOperationException($"item {bad} fails");
        }
    }
}
