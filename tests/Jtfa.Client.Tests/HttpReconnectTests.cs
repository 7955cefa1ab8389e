using Jtfa.Client.Tests.Stage;
using Jtfa.Interfaces;

namespace Jtfa.Client.Tests;

/// <summary>Connections to a real silo that are cut, a silo that is started again, and one that wants a token.</summary>
[Collection(RealSilo.Name)]
public sealed class HttpReconnectTests(RealSilo stage)
{
    private static readonly HttpJtfaOptions s_impatient =
        new() { FirstDelay = TimeSpan.FromMilliseconds(5), MaxDelay = TimeSpan.FromMilliseconds(100) };

    private static long s_next = 10_000_000;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Cut_anywhere_it_misses_nothing_and_repeats_nothing()
    {
        // In the head of the answer, at its end, within an event, at one's end, within a chunk's length.
        int[] cuts = [40, 200, 333, 700, 777, 1_001, 1_300, 2_222, 4_096, 5_000, 8_191, 20_000, 60_000];
        var past = NewIds(1);
        await stage.DecideAsync(past);
        await using var proxy = new CuttingProxy(stage.Silo.HttpPort, cuts);
        using var client = new HttpJtfaClient(proxy.Address, s_impatient);
        var after = new DecisionPosition(past[0], 0);
        var (sent, heard) = (new List<long>(), new List<long>());
        await using var following = client.FollowAsync(LiveSilo.Scene, after, Stop).GetAsyncEnumerator(Stop);
        for (var i = 0; i < 20; i++)
        {
            var ids = NewIds(20);
            await stage.DecideAsync(ids);
            sent.AddRange(ids);
            while (heard.Count < sent.Count && await following.MoveNextAsync()) heard.Add(following.Current.Id);
            if (i % 3 == 0) proxy.Cut();
        }

        Assert.Equal(stage.Logged(past[0], sent[^1])[1..], heard);
        Assert.InRange(proxy.Connections, cuts.Length + 1, int.MaxValue);
    }

    [Fact(Timeout = 60_000)]
    public async Task Requests_outlive_cut_connections()
    {
        var ids = NewIds(60);
        await stage.DecideAsync(ids);
        await using var proxy = new CuttingProxy(stage.Silo.HttpPort, 0, 10, 300, 1_000, 5_000);
        using var client = new HttpJtfaClient(proxy.Address, s_impatient with { Retries = 6 });
        var query = new DecisionQuery { Scene = LiveSilo.Scene, FromId = ids[0], ToId = ids[^1], OldestFirst = true, Limit = 20 };
        Assert.Equal(ids, (await client.QueryAsync(query, Stop).ToListAsync(Stop)).Select(decision => decision.Id).Order());
        Assert.InRange(proxy.Connections, 5, int.MaxValue);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_silo_started_again_is_followed_on()
    {
        using var workspace = new Workspace();
        var port = FreePorts.Next();
        var silo = await LiveSilo.StartAsync(workspace, port);
        using var client = new HttpJtfaClient(silo.Http, s_impatient);
        var (sent, heard) = (new List<long>(), new List<long>());
        await using var following = client.FollowAsync(LiveSilo.Scene, new DecisionPosition(long.MinValue, 0), Stop)
            .GetAsyncEnumerator(Stop);
        for (var life = 0; life < 3; life++)
        {
            var ids = NewIds(50);
            silo.Decide(ids[..25]);
            for (var i = 0; i < 25 && await following.MoveNextAsync(); i++) heard.Add(following.Current.Id);

            // The second half while nobody reads; it is in the log when the silo has stopped.
            silo.Decide(ids[25..]);
            sent.AddRange(ids);
            await Condition.HoldsAsync(
                () => client.GetStatisticsAsync(LiveSilo.Scene, Stop), statistics => statistics.Decisions >= 50, "50 decisions");
            var next = following.MoveNextAsync();
            await silo.DisposeAsync();
            silo = await LiveSilo.StartAsync(workspace, port);
            Assert.True(await next);
            heard.Add(following.Current.Id);
            while (heard.Count < sent.Count && await following.MoveNextAsync()) heard.Add(following.Current.Id);
        }

        await silo.DisposeAsync();
        Assert.Equal(sent, heard.Order());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_silo_beyond_loopback_wants_its_token()
    {
        using var workspace = new Workspace();
        await using var silo = await LiveSilo.StartAsync(workspace, address: "0.0.0.0");
        var token = (await File.ReadAllTextAsync(workspace["http.token"], Stop)).Trim();
        using var right = new HttpJtfaClient(silo.Http, token);
        Assert.Equal(2, (await right.GetScenesAsync(Stop)).Count);
        Assert.Equal(2, (await right.GetPolicyAsync(LiveSilo.Scene, Stop)).K);
        foreach (var wrong in new[] { null, token[1..], "" })
        {
            using var client = new HttpJtfaClient(silo.Http, wrong);
            await Assert.ThrowsAsync<JtfaUnauthorizedException>(() => client.GetScenesAsync(Stop));
            await Assert.ThrowsAsync<JtfaUnauthorizedException>(() => client.SetPolicyAsync(LiveSilo.Scene, Sample.Policy, Stop));
            await Assert.ThrowsAsync<JtfaUnauthorizedException>(
                () => client.FollowAsync(LiveSilo.Scene, cancellationToken: Stop).FirstAsync(Stop).AsTask());
        }
    }

    private static long[] NewIds(int count)
    {
        var next = Interlocked.Add(ref s_next, count);
        return [.. Enumerable.Range(0, count).Select(i => next - count + i)];
    }
}
