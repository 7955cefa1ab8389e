using Jtfa.Language.Kernels;

namespace Jtfa.Language.Tests.Kernels;

/// <summary>Threads that share out a job's items.</summary>
public sealed class WorkersTests
{
    [Theory, InlineData(1), InlineData(2), InlineData(5)]
    public void Every_item_is_worked_on_once(int threads)
    {
        using var workers = new Workers(threads);
        for (var items = 0; items < 300; items = (items * 5 / 4) + 1)
        {
            foreach (var grain in (int[])[1, 3, 16])
            {
                var job = new CountingJob(items);
                workers.Run(job, items, grain);
                Assert.All(job.Times, times => Assert.Equal(1, times));
            }
        }
    }

    [Fact]
    public void A_fault_is_told_to_who_asked_and_the_next_job_runs()
    {
        using var workers = new Workers(3);
        Assert.ThrowsAny<Exception>(() => workers.Run(new FaultyJob(), 100));
        var job = new CountingJob(50);
        workers.Run(job, 50);
        Assert.All(job.Times, times => Assert.Equal(1, times));
    }

    private sealed class CountingJob(int items) : RangeJob
    {
        public int[] Times { get; } = new int[items];

        public override void Run(int from, int to, int worker)
        {
            for (var item = from; item < to; item++) Interlocked.Increment(ref Times[item]);
        }
    }

    private sealed class FaultyJob : RangeJob
    {
        public override void Run(int from, int to, int worker) => throw new InvalidOperationException("item 0 cannot be done");
    }
}
