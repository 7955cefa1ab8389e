using System.Threading.Channels;
using Jtfa.Client.Tests.Stage;
using Jtfa.Interfaces;

namespace Jtfa.Client.Tests;

/// <summary>How a follower within the cluster makes good what its stream lost, on a log that is a little behind.</summary>
public sealed class ClusterFollowerTests
{
    private readonly DecisionBuffer _buffer = new();
    private readonly TimedClock _clock = new();
    private readonly Channel<(DecisionPosition After, TaskCompletionSource<Decision[]> Page)> _log = Channel.CreateUnbounded<(
        DecisionPosition, TaskCompletionSource<Decision[]>)>();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task Without_loss_the_log_is_not_read()
    {
        await using var following = Follow(after: 0);
        for (var id = 1; id <= 10; id++) await _buffer.Take(Sample.Decision(id));
        Assert.Equal(Ids(1, 10), await TakeAsync(following, 10));
        Assert.Equal(0, _log.Reader.Count);
    }

    [Fact(Timeout = 30_000)]
    public async Task What_did_not_fit_comes_from_the_log_between_what_did_and_what_came_later()
    {
        await using var following = Follow(after: 0);
        const int more = DecisionBuffer.Size + 2000;
        for (var id = 1; id <= more; id++) await _buffer.Take(Sample.Decision(id));
        Assert.Equal(Ids(1, DecisionBuffer.Size), await TakeAsync(following, DecisionBuffer.Size));

        var next = TakeAsync(following, 2000 + 3);
        var asked = await AskedAsync();
        Assert.Equal(DecisionBuffer.Size, asked.After.Id);
        for (var id = more + 1; id <= more + 3; id++) await _buffer.Take(Sample.Decision(id));
        asked.Page.SetResult([.. Ids(DecisionBuffer.Size + 1, DecisionBuffer.Size + 1000).Select(Sample.Decision)]);
        asked = await AskedAsync();
        Assert.Equal(DecisionBuffer.Size + 1000, asked.After.Id);
        asked.Page.SetResult([.. Ids(DecisionBuffer.Size + 1001, more + 1).Select(Sample.Decision)]);

        Assert.Equal(Ids(DecisionBuffer.Size + 1, more + 3), await next);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_log_that_is_behind_is_looked_into_again_until_it_has_come_to_the_stream()
    {
        await using var following = Follow(after: 5);
        await _buffer.TakeLoss(new TimeoutException());
        var next = TakeAsync(following, 4);
        foreach (var page in new long[][] { [6], [], [7, 8] })
        {
            var asked = await AskedAsync();
            await _buffer.Take(Sample.Decision(9)); // as a stream delivers again
            asked.Page.SetResult([.. page.Select(Sample.Decision)]);
            await _clock.PassAsync();
        }

        (await AskedAsync()).Page.SetResult([Sample.Decision(9), Sample.Decision(10)]);
        await _buffer.Take(Sample.Decision(10));
        await _buffer.Take(Sample.Decision(11));
        Assert.Equal([6, 7, 8, 9], await next);
        Assert.Equal([10, 11], await TakeAsync(following, 2));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_decision_that_never_comes_to_the_log_is_not_waited_for_long()
    {
        await using var following = Follow(after: 5);
        await _buffer.TakeLoss();
        var next = TakeAsync(following, 1);
        var first = await AskedAsync();
        await _buffer.Take(Sample.Decision(9));
        first.Page.SetResult([]);
        var waited = TimeSpan.Zero;
        while (waited < TimeSpan.FromSeconds(10))
        {
            Assert.False(next.IsCompleted);
            waited += await _clock.PassAsync();
            (await AskedAsync()).Page.SetResult([]);
        }

        Assert.Equal([9], await next);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_log_that_has_gone_past_a_decision_does_not_have_it()
    {
        await using var following = Follow(after: 5);
        await _buffer.TakeLoss();
        var next = TakeAsync(following, 3);
        var asked = await AskedAsync();
        await _buffer.Take(Sample.Decision(9));
        asked.Page.SetResult([Sample.Decision(6), Sample.Decision(30)]); // 2.1 s later
        Assert.Equal([6, 30, 9], await next);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_log_that_is_away_is_waited_for()
    {
        await using var following = Follow(after: 5);
        await _buffer.TakeLoss();
        var next = TakeAsync(following, 2);
        for (var i = 0; i < 100; i++)
        {
            (await AskedAsync()).Page.SetException(new JtfaUnavailableException("the cluster", "away") { MayPass = true });
            await _clock.PassAsync();
        }

        await _buffer.Take(Sample.Decision(7));
        (await AskedAsync()).Page.SetResult([Sample.Decision(6), Sample.Decision(7)]);
        Assert.Equal([6, 7], await next);
    }

    [Fact(Timeout = 30_000)]
    public async Task What_comes_while_nothing_is_known_to_come_ends_the_wait()
    {
        await using var following = Follow(after: 5);
        await _buffer.TakeLoss();
        var next = TakeAsync(following, 1);
        (await AskedAsync()).Page.SetResult([]);
        await _clock.Waits.ReadAsync(Stop);
        await _buffer.TakeLoss(); // and that more is lost changes nothing
        (await AskedAsync()).Page.SetResult([]);
        await _clock.Waits.ReadAsync(Stop);
        await _buffer.Take(Sample.Decision(6)); // time stands still
        (await AskedAsync()).Page.SetResult([Sample.Decision(6)]);
        Assert.Equal([6], await next);
    }

    private static List<long> Ids(long from, long to) => [.. Enumerable.Range((int)from, (int)(to - from + 1)).Select(id => (long)id)];

    private static async Task<List<long>> TakeAsync(IAsyncEnumerator<Decision> following, int count)
    {
        var ids = new List<long>();
        while (ids.Count < count)
        {
            Assert.True(await following.MoveNextAsync());
            ids.Add(following.Current.Id);
        }

        return ids;
    }

    // Each once, as the client has it.
    private IAsyncEnumerator<Decision> Follow(long after)
    {
        var seen = new RecentKeys(100_000);
        var position = new DecisionPosition(after, 1000 + (after / 10.0));
        return new ClusterFollower(_buffer, ReadAsync, _clock).FollowAsync(position, Stop).Where(decision => seen.Add(decision.Key))
            .GetAsyncEnumerator(Stop);
    }

    private Task<Decision[]> ReadAsync(DecisionPosition after, CancellationToken cancellationToken)
    {
        var page = new TaskCompletionSource<Decision[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        _log.Writer.TryWrite((after, page));
        return page.Task.WaitAsync(cancellationToken);
    }

    private Task<(DecisionPosition After, TaskCompletionSource<Decision[]> Page)> AskedAsync() => _log.Reader.ReadAsync(Stop).AsTask();
}
