using System.Threading.Channels;
using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

/// <summary>The gateways of a scene hear of a change of its routing before it takes hold.</summary>
public class SceneGatewaysTests
{
    private const int TestTimeout = 60_000;

    private static readonly ScenePolicy s_policy = TestSilo.SceneOf().ToPolicy();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task Every_gateway_that_has_called_is_told_before_the_change_takes_hold()
    {
        await using var silo = await TestSilo.StartAsync();
        Gateway[] gateways = [new(silo, "one"), new(silo, "two"), new(silo, "three")];
        foreach (var gateway in gateways) Assert.Equal(0, (await gateway.CallAsync()).Version);
        silo.Advance(5_000);

        var set = await silo.Scene.SetPolicyAsync(s_policy with { K = 1, Lanes = 9 }, Cancellation);

        foreach (var gateway in gateways)
        {
            var (scene, routing) = await gateway.Told.ReadAsync(Cancellation);
            Assert.Equal((TestSilo.SceneName, set), (scene, routing));
            Assert.True(routing.CurrentFrom > silo.Now, "no time has passed, and the change is ahead");
            Assert.Equal(set, await gateway.CallAsync());
            Assert.False(gateway.Told.TryRead(out _));
        }
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_gateway_that_does_not_answer_or_fails_keeps_nobody_from_the_change()
    {
        await using var silo = await TestSilo.StartAsync();
        var never = new TaskCompletionSource();
        var hangs = new Gateway(silo, "hangs") { Answer = never.Task };
        Gateway[] others = [new(silo, "fails") { Answer = Task.FromException(new IOException("It cannot.")) }, new(silo, "other")];
        foreach (var gateway in others.Prepend(hangs)) await gateway.CallAsync();
        for (var k = 1; k <= 3; k++)
        {
            var set = await silo.Scene.SetPolicyAsync(s_policy with { K = k }, Cancellation);
            foreach (var gateway in others) Assert.Equal(set, (await gateway.Told.ReadAsync(Cancellation)).Routing);
        }

        never.SetResult();
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_gateway_that_has_not_called_for_thirty_seconds_is_not_told_until_it_calls_again()
    {
        await using var silo = await TestSilo.StartAsync();
        var (gone, there) = (new Gateway(silo, "gone"), new Gateway(silo, "there"));
        await gone.CallAsync();
        for (var calls = 0; calls < 4; calls++)
        {
            await there.CallAsync();
            silo.Advance(10_000);
        }

        await silo.Scene.SetPolicyAsync(s_policy with { K = 1 }, Cancellation);
        Assert.Equal(1, (await there.Told.ReadAsync(Cancellation)).Routing.Version);
        Assert.Equal(1, (await gone.CallAsync()).Version); // which tells it

        var again = await silo.Scene.SetPolicyAsync(s_policy with { K = 2 }, Cancellation);
        Assert.Equal(again, (await gone.Told.ReadAsync(Cancellation)).Routing);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_gateway_is_not_told_of_a_change_that_could_not_be_remembered()
    {
        var storage = new KeptStorage();
        await using var silo = await TestSilo.StartAsync(storage: storage);
        var gateway = new Gateway(silo, "one");
        await gateway.CallAsync();
        storage.IsAway = true;
        await Assert.ThrowsAsync<OrleansException>(() => silo.Scene.SetPolicyAsync(s_policy with { K = 1 }, Cancellation));
        storage.IsAway = false;

        var set = await silo.Scene.SetPolicyAsync(s_policy with { K = 2 }, Cancellation);

        Assert.Equal(set, (await gateway.Told.ReadAsync(Cancellation)).Routing);
        Assert.False(gateway.Told.TryRead(out _));
    }

    private sealed class Gateway : IGatewayObserver
    {
        private readonly Channel<(string Scene, SceneRouting Routing)> _told = Channel.CreateUnbounded<(string, SceneRouting)>();
        private readonly TestSilo _silo;
        private readonly string _name;
        private readonly IGatewayObserver _self;

        public Gateway(TestSilo silo, string name) =>
            (_silo, _name, _self) = (silo, name, silo.Grains.CreateObjectReference<IGatewayObserver>(this));

        public ChannelReader<(string Scene, SceneRouting Routing)> Told => _told.Reader;

        public Task Answer { get; init; } = Task.CompletedTask;

        public Task<SceneRouting> CallAsync() => _silo.Scene.ReportTrafficAsync(_name, _self, []);

        public async Task RouteAsync(string scene, SceneRouting routing)
        {
            await _told.Writer.WriteAsync((scene, routing));
            await Answer;
        }
    }
}
