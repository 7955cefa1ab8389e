using Jtfa.Client.Tests.Stage;
using Jtfa.Interfaces;
using Microsoft.AspNetCore.Http;

namespace Jtfa.Client.Tests;

/// <summary>How a follower goes on when its connection does not.</summary>
public sealed class HttpFollowTests
{
    private readonly TimedClock _clock = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private HttpJtfaOptions Options => new() { Clock = _clock, RequestTimeout = Timeout.InfiniteTimeSpan };

    [Fact(Timeout = 30_000)]
    public async Task It_goes_on_behind_the_last_it_had()
    {
        await using var server = await ScriptedServer.StartAsync(
            Answer.Events([1, 2], Answer.End), Answer.Events([3], Answer.End), Answer.Status(503, "2"), Answer.Events([4], Answer.Nothing));
        using var client = new HttpJtfaClient(server.Address, Options);
        await using var following = client.FollowAsync("yard", cancellationToken: Stop).GetAsyncEnumerator(Stop);
        Assert.Equal(1, await NextAsync(following));
        Assert.Equal(2, await NextAsync(following));
        var third = NextAsync(following);
        Assert.InRange((await _clock.PassAsync()).TotalMilliseconds, 100, 200);
        Assert.Equal(3, await third);
        var fourth = NextAsync(following);
        Assert.InRange((await _clock.PassAsync()).TotalMilliseconds, 100, 200);
        Assert.Equal(TimeSpan.FromSeconds(2), await _clock.PassAsync());
        Assert.Equal(4, await fourth);

        Assert.Equal([null, "2@1000.2", "3@1000.3", "3@1000.3"], LastEventIds(server));
    }

    [Fact(Timeout = 30_000)]
    public async Task That_its_connection_is_gone_is_told_once_and_that_it_is_back()
    {
        await using var server = await ScriptedServer.StartAsync(
            Answer.Status(503), Answer.Events([1], Answer.End), Answer.Abort, Answer.Status(503), Answer.Events([2], Answer.Nothing));
        var told = new List<(string Scene, bool IsConnected)>();
        using var client = new HttpJtfaClient(
            server.Address, Options with { FollowerConnected = (scene, isConnected) => told.Add((scene, isConnected)) });
        await using var following = client.FollowAsync("yard", cancellationToken: Stop).GetAsyncEnumerator(Stop);
        var next = NextAsync(following);
        await _clock.PassAsync();
        Assert.Equal(1, await next);
        Assert.Equal([("yard", false), ("yard", true)], told);

        next = NextAsync(following);
        for (var wait = 0; wait < 3; wait++) await _clock.PassAsync();
        Assert.Equal(2, await next);
        Assert.Equal([("yard", false), ("yard", true), ("yard", false), ("yard", true)], told);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_connection_that_is_gone_is_closed_before_the_wait_for_the_next()
    {
        var answers = new ClosedAnswers();
        using var http = new HttpClient(answers);
        using var client = new HttpJtfaClient(new Uri("http://127.0.0.1"), Options with { Http = http });
        using var cancel = new CancellationTokenSource();
        await using var following = client.FollowAsync("yard", cancellationToken: cancel.Token).GetAsyncEnumerator(Stop);
        var first = NextAsync(following);
        // Moments of waiting for what is read at once are no back-off.
        while (await _clock.Waits.ReadAsync(Stop) > TimeSpan.FromSeconds(1))
        {
        }

        var isClosed = answers.IsClosed;
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.True(isClosed);
    }

    [Fact(Timeout = 30_000)]
    public async Task It_goes_on_behind_what_its_caller_had()
    {
        await using var server = await ScriptedServer.StartAsync(Answer.Events([7, 8], Answer.Nothing));
        using var client = new HttpJtfaClient(server.Address, Options);
        await using var following = client.FollowAsync("yard", new DecisionPosition(7, 1234.5), Stop).GetAsyncEnumerator(Stop);
        Assert.Equal(8, await NextAsync(following));
        Assert.Equal("7@1234.5", (await server.Requests.ReadAsync(Stop)).LastEventId);
    }

    [Fact(Timeout = 30_000)]
    public async Task Cut_off_before_the_first_it_goes_on_from_where_it_began()
    {
        var cut = new TaskCompletionSource();
        await using var server = await ScriptedServer.StartAsync(
            context =>
            {
                context.Response.Headers.Date = "Sun, 01 Mar 2026 12:00:00 GMT";
                return Answer.Events([], async connection =>
                {
                    await cut.Task;
                    connection.Abort();
                })(context);
            },
            Answer.Events([1], Answer.Nothing));
        using var client = new HttpJtfaClient(server.Address, Options);
        await using var following = client.FollowAsync("yard", cancellationToken: Stop).GetAsyncEnumerator(Stop);
        var first = NextAsync(following);
        await ArmedAsync(); // it waits for events
        cut.SetResult();
        await _clock.PassAsync();
        Assert.Equal(1, await first);
        Assert.Equal([null, $"{long.MinValue}@1772366400"], LastEventIds(server));
    }

    [Fact(Timeout = 30_000)]
    public async Task Half_an_event_is_none_and_what_comes_again_is_left_out()
    {
        var whole = Sample.Event(2);
        await using var server = await ScriptedServer.StartAsync(
            async context =>
            {
                await Answer.Events([1], Answer.End)(context);
                await context.Response.WriteAsync(whole[..^1], Stop); // all but the empty line that ends it
            },
            Answer.Events([1, 2, 2, 1, 3], Answer.Nothing));
        using var client = new HttpJtfaClient(server.Address, Options);
        await using var following = client.FollowAsync("yard", cancellationToken: Stop).GetAsyncEnumerator(Stop);
        Assert.Equal(1, await NextAsync(following));
        var second = NextAsync(following);
        await _clock.PassAsync();
        Assert.Equal(2, await second);
        Assert.Equal(3, await NextAsync(following));
        Assert.Equal([null, "1@1000.1"], LastEventIds(server));
    }

    [Fact(Timeout = 30_000)]
    public async Task Silence_is_taken_for_a_dead_connection_and_a_keep_alive_is_none()
    {
        var beat = new TaskCompletionSource();
        await using var server = await ScriptedServer.StartAsync(
            Answer.Events([1], async context =>
            {
                await beat.Task;
                await context.Response.WriteAsync(": still here\n\n", Stop);
                await context.Response.Body.FlushAsync(Stop);
                await Answer.Nothing(context);
            }),
            Answer.Events([2], Answer.Nothing));
        using var client = new HttpJtfaClient(server.Address, Options);
        await using var following = client.FollowAsync("yard", cancellationToken: Stop).GetAsyncEnumerator(Stop);
        Assert.Equal(1, await NextAsync(following));
        Assert.Equal(0, _clock.Armed); // a reader that does not read is not the server's silence
        var second = NextAsync(following);
        await ArmedAsync();
        _clock.Advance(TimeSpan.FromSeconds(29));
        beat.SetResult();
        // The wait begins anew when the keep-alive has come; until then its time would be over with the next second.
        while (!second.IsCompleted && _clock.Waits.Count == 0)
        {
            await ArmedAsync();
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            await Task.Yield();
        }

        await _clock.PassAsync();
        Assert.Equal(2, await second);
        Assert.Equal([null, "1@1000.1"], LastEventIds(server));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(400)]
    [InlineData(404)]
    public async Task It_ends_where_the_server_knows_no_such_scene(int status)
    {
        await using var server = await ScriptedServer.StartAsync(Answer.Events([1], Answer.End), Answer.Problem(status, """{"detail":"Scene 'yard' is not configured"}"""));
        using var client = new HttpJtfaClient(server.Address, Options);
        await using var following = client.FollowAsync("yard", cancellationToken: Stop).GetAsyncEnumerator(Stop);
        Assert.Equal(1, await NextAsync(following));
        var second = NextAsync(following);
        await _clock.PassAsync();
        Assert.Equal("Scene 'yard' is not configured", (await Assert.ThrowsAnyAsync<JtfaException>(() => second)).Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task Events_of_other_kinds_are_passed_over()
    {
        await using var server = await ScriptedServer.StartAsync(
            Answer.Text($"event: weather\ndata: rain\n\ndata: x\n\nretry: 5\n\n: hello\n\n{Sample.Event(1)}", "text/event-stream"));
        using var client = new HttpJtfaClient(server.Address, Options);
        Assert.Equal(1, (await client.FollowAsync("yard", cancellationToken: Stop).FirstAsync(Stop)).Id);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_slow_reader_slows_the_server_and_misses_nothing()
    {
        const int all = 100_000;
        var written = 0L;
        await using var server = await ScriptedServer.StartAsync(Answer.Events([], async context =>
        {
            while (Interlocked.Increment(ref written) <= all)
                await context.Response.WriteAsync(Sample.Event(written), context.RequestAborted);
            await Answer.Nothing(context);
        }));
        using var client = new HttpJtfaClient(server.Address);
        await using var following = client.FollowAsync("yard", cancellationToken: Stop).GetAsyncEnumerator(Stop);
        Assert.Equal(1, await NextAsync(following));

        // Nothing tells that a server waits, but that it writes no more.
        var stands = await Condition.StandsAsync(() => Interlocked.Read(ref written));
        Assert.InRange(stands, 1, all - 1);
        for (var id = 2; id <= all; id++) Assert.Equal(id, await NextAsync(following));
    }

    private static async Task<long> NextAsync(IAsyncEnumerator<Decision> following)
    {
        Assert.True(await following.MoveNextAsync());
        return following.Current.Id;
    }

    private static List<string?> LastEventIds(ScriptedServer server)
    {
        var ids = new List<string?>();
        while (server.Requests.TryRead(out var asked)) ids.Add(asked.LastEventId);
        return ids;
    }

    /// <summary>Answers with streams that have no event, and tells whether they were closed.</summary>
    private sealed class ClosedAnswers : HttpMessageHandler
    {
        private int _open;

        public bool IsClosed => Volatile.Read(ref _open) == 0;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _open);
            var response = new HttpResponseMessage { Content = new Ended(() => Interlocked.Decrement(ref _open)) };
            response.Content.Headers.ContentType = new("text/event-stream");
            return Task.FromResult(response);
        }

        private sealed class Ended(Action closed) : ByteArrayContent([])
        {
            protected override void Dispose(bool disposing)
            {
                closed();
                base.Dispose(disposing);
            }
        }
    }

    private async Task ArmedAsync()
    {
        while (_clock.Armed == 0 && _clock.Waits.Count == 0)
        {
            Stop.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
