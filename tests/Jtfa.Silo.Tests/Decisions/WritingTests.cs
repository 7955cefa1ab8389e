using Jtfa.Silo.Decisions;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>What the log says of being written to; <see cref="FullDiskTests"/> has the disks that are full.</summary>
public class WritingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Under_Sync_a_log_whose_append_would_fail_refuses_decisions_until_the_database_is_back()
    {
        await using var folder = new LogFolder();
        (folder.Options.Durability, folder.Options.SpoolMaxBytes, folder.Options.QueueLimit) = (Durability.Sync, 0, 2);
        var log = await folder.StartAsync(new ManualClock());
        folder.RefuseInserts();
        var first = log.AppendAsync(LogFolder.Decision(0));
        await log.FlushAsync(Cancel);
        var writing = log.TryWriting();
        Assert.False(writing.RefusesDecisions);
        Assert.Equal(2, writing.Faults.Count);
        Assert.StartsWith("decisions wait in the spool, since the database: ", writing.Faults[0], StringComparison.Ordinal);
        Assert.Equal("the spool has reached its limit of 0 bytes", writing.Faults[1]);

        var second = log.AppendAsync(LogFolder.Decision(1));
        Assert.True(log.TryWriting().RefusesDecisions);
        await Assert.ThrowsAsync<DecisionLogException>(() => log.AppendAsync(LogFolder.Decision(2)).AsTask());

        folder.AcceptInserts();
        await log.FlushAsync(Cancel);
        await first;
        await second;
        Assert.Empty(log.TryWriting().Faults);
        Assert.False(log.TryWriting().RefusesDecisions);
    }

    [Fact]
    public async Task A_full_spool_is_told_while_decisions_are_lost_and_no_longer()
    {
        await using var folder = new LogFolder();
        (folder.Options.SpoolMaxBytes, folder.Options.QueueLimit) = (1_000, 10);
        var log = await folder.StartAsync(new ManualClock());
        folder.RefuseInserts();
        for (var id = 0; id < 100; id++) await log.AppendAsync(LogFolder.Decision(id));
        await log.FlushAsync(Cancel);
        Assert.NotEqual(0, log.Lost);
        var writing = log.TryWriting();
        Assert.Contains("the spool has reached its limit of 1000 bytes", writing.Faults);
        Assert.False(writing.RefusesDecisions); // Group: scenes go on without the log

        folder.AcceptInserts();
        await log.FlushAsync(Cancel);
        Assert.Empty(log.TryWriting().Faults);
    }

    [Fact]
    public async Task A_log_that_has_ended_refuses_decisions()
    {
        await using var folder = new LogFolder();
        var log = await folder.StartAsync();
        await log.StopAsync(Cancel);
        Assert.True(log.TryWriting().RefusesDecisions);
    }
}
