using Orleans.Storage;

namespace Orleans.Embedded.Tests;

/// <summary>State that outlives activations; the same whatever the storage.</summary>
public abstract class StorageTests
{
    private readonly Lazy<IClusterClient> _client;
    private readonly Acts _acts;

    /// <param name="client">The silo's client, once it runs.</param>
    /// <param name="acts">What its actors play.</param>
    private protected StorageTests(Func<IClusterClient> client, Acts acts) => (_client, _acts) = (new(client), acts);

    [Fact]
    public async Task State_begins_as_the_default()
    {
        var keeper = NewKeeper();
        var kept = await keeper.PlayAsync(Asks(k => $"{k.State.RecordExists} {k.State.Etag is null} {k.State.State.Number}")).Soon();

        Assert.Equal("False True 7", kept);
    }

    [Fact]
    public async Task What_was_written_survives_the_activation_and_what_was_not_does_not()
    {
        var keeper = NewKeeper();
        await keeper.PlayAsync(Act(async k =>
        {
            (k.State.State.Number, k.State.State.Text, k.State.State.Numbers) = (1, "Übersicht 東京", [0.1, double.MaxValue, -0.0]);
            await k.State.WriteStateAsync();
            k.State.State.Number = 2;
            k.State.State.Numbers.Add(4);
            k.DeactivateOnIdle();
        })).Soon();
        var kept = await keeper.PlayAsync(Asks(k => $"{k.State.RecordExists} {k.State.State.Number} {k.State.State.Text} {k.State.State.Numbers.Count} {k.State.State.Numbers[0]}")).Soon();

        Assert.Equal("True 1 Übersicht 東京 3 0.1", kept);
    }

    [Fact]
    public async Task State_is_read_before_OnActivateAsync()
    {
        var key = Guid.NewGuid().ToString("N");
        var numbers = new List<int>();
        _acts.Set(key, Moment.Activating, (actor, _) =>
        {
            numbers.Add(((Keeper)actor).State.State.Number);
            return Task.CompletedTask;
        });
        var keeper = NewKeeper(key);
        await keeper.PlayAsync(Act(async k =>
        {
            k.State.State.Number = 1;
            await k.State.WriteStateAsync();
            k.DeactivateOnIdle();
        })).Soon();
        await keeper.PlayAsync(Act(_ => Task.CompletedTask)).Soon();

        Assert.Equal([7, 1], numbers);
    }

    [Fact]
    public async Task Each_write_gives_a_new_version_and_reading_again_takes_back_what_was_not_written()
    {
        await NewKeeper().PlayAsync(Act(async k =>
        {
            await k.State.WriteStateAsync();
            var first = k.State.Etag;
            await k.State.WriteStateAsync();
            Assert.NotNull(first);
            Assert.NotEqual(first, k.State.Etag);

            k.State.State.Number = 1;
            await k.State.ReadStateAsync();
            Assert.Equal(7, k.State.State.Number);
            Assert.True(k.State.RecordExists);
        })).Soon();
    }

    [Fact]
    public async Task Clearing_takes_the_record_away_and_gives_the_default_back()
    {
        var keeper = NewKeeper();
        await keeper.PlayAsync(Act(async k =>
        {
            k.State.State.Number = 1;
            await k.State.WriteStateAsync();
            await k.State.ClearStateAsync();
            Assert.False(k.State.RecordExists);
            Assert.Equal(7, k.State.State.Number);
            k.DeactivateOnIdle();
        })).Soon();
        var kept = await keeper.PlayAsync(Asks(k => $"{k.State.RecordExists} {k.State.State.Number}")).Soon();

        Assert.Equal("False 7", kept);
    }

    [Fact]
    public async Task What_was_cleared_can_be_written_again()
    {
        var keeper = NewKeeper();
        await keeper.PlayAsync(Act(async k =>
        {
            await k.State.ClearStateAsync();
            await k.State.WriteStateAsync();
            await k.State.ClearStateAsync();
            k.State.State.Number = 2;
            await k.State.WriteStateAsync();
            k.DeactivateOnIdle();
        })).Soon();

        Assert.Equal("2", await keeper.PlayAsync(Asks(k => $"{k.State.State.Number}")).Soon());
    }

    [Fact]
    public async Task A_write_of_a_stale_version_fails()
    {
        await NewKeeper().PlayAsync(Act(async k =>
        {
            k.State.State.Number = 1;
            await k.State.WriteStateAsync();
            await Assert.ThrowsAnyAsync<InconsistentStateException>(() => k.Same.WriteStateAsync());
            await k.Same.ReadStateAsync();
            Assert.Equal(1, k.Same.State.Number);

            await k.State.WriteStateAsync();
            await Assert.ThrowsAnyAsync<InconsistentStateException>(() => k.Same.WriteStateAsync());
            await Assert.ThrowsAnyAsync<InconsistentStateException>(() => k.Same.ClearStateAsync());
            await k.Same.ReadStateAsync();
            await k.Same.ClearStateAsync();
            await Assert.ThrowsAnyAsync<InconsistentStateException>(() => k.State.WriteStateAsync());
        })).Soon();
    }

    [Fact]
    public async Task A_conflict_that_escapes_the_grain_gives_the_next_call_a_fresh_activation()
    {
        var keeper = NewKeeper();
        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => keeper.PlayAsync(Act(async k =>
        {
            k.State.State.Number = 1;
            await k.State.WriteStateAsync();
            await k.Same.WriteStateAsync();
        })).Soon());
        await keeper.PlayAsync(Act(async k =>
        {
            Assert.Equal(1, k.Same.State.Number);
            await k.Same.WriteStateAsync();
        })).Soon();
    }

    [Fact]
    public async Task A_conflict_does_not_end_the_grain_that_called()
    {
        var (caller, keeper) = (NewKeeper(), NewKeeper());
        var conflict = Act(async k =>
        {
            await k.State.WriteStateAsync();
            await k.Same.WriteStateAsync();
        });
        var before = await caller.PlayAsync(Asks(k => $"{k.Activation}")).Soon();
        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => caller.DirectAsync(keeper, conflict).Soon());

        Assert.Equal(before, await caller.PlayAsync(Asks(k => $"{k.Activation}")).Soon());
    }

    [Fact]
    public async Task Interleaving_writes_do_not_conflict()
    {
        var keeper = _client.Value.GetGrain<IReentrantKeeper>(Guid.NewGuid().ToString("N"));
        var write = Act(async k =>
        {
            k.State.State.Number++;
            await k.State.WriteStateAsync();
        });
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => keeper.PlayAsync(write))).Soon();
        await keeper.PlayAsync(Act(async k =>
        {
            await k.State.ReadStateAsync();
            Assert.Equal(27, k.State.State.Number);
        })).Soon();
    }

    [Fact]
    public async Task State_is_touched_on_the_grains_turns_only()
    {
        await NewKeeper().PlayAsync(Act(k => Task.Run(() => Assert.ThrowsAny<InvalidOperationException>(() => k.State.State)))).Soon();
    }

    private protected string Act(Func<Keeper, Task> act) => _acts.Add(async (actor, _) =>
    {
        await act((Keeper)actor);
        return "";
    });

    private protected string Asks(Func<Keeper, string> act) => _acts.Add((actor, _) => Task.FromResult(act((Keeper)actor)));

    private protected IKeeper NewKeeper(string? key = null) => _client.Value.GetGrain<IKeeper>(key ?? Guid.NewGuid().ToString("N"));
}

/// <summary>State in the silo's memory.</summary>
public sealed class MemoryStorageTests(EngineFixture engine) : StorageTests(() => engine.Client, engine.Acts);
