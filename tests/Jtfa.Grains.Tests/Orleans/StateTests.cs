using Orleans.Storage;

namespace Jtfa.Grains.Tests.Orleans;

/// <summary>State that outlives activations, and is written only over the version that was read.</summary>
public sealed class StateTests(OrleansSilo silo) : OrleansTests(silo)
{
    [Fact(Timeout = TestTimeout)]
    public async Task What_was_written_is_there_before_the_next_activation_begins_and_what_was_not_is_lost()
    {
        var key = NewKey();
        var begunWith = new List<int>();
        Silo.Acts.WhenActivating(key, probe =>
        {
            begunWith.Add(probe.State.State.Number);
            return Task.CompletedTask;
        });
        var probe = NewProbe(key);
        await probe.RunAsync(Act(async probe =>
        {
            probe.State.State.Number = 1;
            await probe.State.WriteStateAsync(Cancellation);
            probe.State.State.Number = 2;
            probe.DeactivateOnIdle();
        }));

        await probe.RunAsync(Which);
        Assert.Equal([0, 1], begunWith);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_write_over_a_version_that_was_not_read_fails_and_ends_the_activation()
    {
        var probe = NewProbe();
        var before = "";
        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => probe.RunAsync(Act(async probe =>
        {
            before = probe.Activation;
            probe.Other.State.Number = 1;
            await probe.Other.WriteStateAsync(Cancellation);
            probe.State.State.Number = 2;
            await probe.State.WriteStateAsync(Cancellation);
        })));

        await probe.RunAsync(Act(async probe =>
        {
            Assert.NotEqual(before, probe.Activation);
            Assert.Equal(1, probe.State.State.Number);
            probe.State.State.Number = 3;
            await probe.State.WriteStateAsync(Cancellation);
        }));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_conflict_ends_the_activation_that_wrote_and_not_its_caller()
    {
        var (caller, called) = (NewProbe(), NewProbe());
        var conflict = Act(async probe =>
        {
            await probe.Other.WriteStateAsync(Cancellation);
            await probe.State.WriteStateAsync(Cancellation);
        });
        var before = await caller.RunAsync(Which);

        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => caller.RunAsync(Act(_ => called.RunAsync(conflict))));

        Assert.Equal(before, await caller.RunAsync(Which));
    }
}
