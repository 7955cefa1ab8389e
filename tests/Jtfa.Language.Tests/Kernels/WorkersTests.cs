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
