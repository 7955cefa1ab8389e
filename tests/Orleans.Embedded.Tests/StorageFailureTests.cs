namespace Orleans.Embedded.Tests;

/// <summary>What a grain and its callers see of a storage that fails.</summary>
public sealed class StorageFailureTests(EngineFixture engine) : EngineTests(engine)
{
    [Fact]
    public async Task A_write_that_fails_says_why_and_leaves_the_activation()
    {
        var actor = Engine.Client.GetGrain<IForgetfulActor>(NewKey());
        var before = await actor.PlayAsync(WhichActivation()).Soon();
        var exception = await Assert.ThrowsAsync<OrleansException>(() => actor.PlayAsync(Act(a => ((Keeper)a).State.WriteStateAsync())).Soon());

        Assert.Equal("out of order", Assert.IsType<IOException>(exception.InnerException).Message);
        Assert.Equal(before, await actor.PlayAsync(WhichActivation()).Soon());
        await Assert.ThrowsAsync<OrleansException>(() => actor.PlayAsync(Act(a => ((Keeper)a).State.ClearStateAsync())).Soon());
    }

    [Fact]
    public async Task A_read_that_fails_fails_the_activation()
    {
        var actor = Engine.Client.GetGrain<IForgetfulActor>(NewKey() + "unreadable");
        var exception = await Assert.ThrowsAsync<OrleansException>(() => actor.PlayAsync(WhichActivation()).Soon());

        Assert.Contains("out of order", exception.ToString(), StringComparison.Ordinal);
    }
}
