using Microsoft.AspNetCore.Http;
using System.Net;
using System.Net.Sockets;
using Jtfa.Client.Tests.Stage;

namespace Jtfa.Client.Tests;

/// <summary>When a request is made again, when, and when no more.</summary>
public sealed class HttpRetryTests
{
    private readonly TimedClock _clock = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    // Without a timeout of requests, all waits are those before retries.
    private HttpJtfaOptions Options => new() { Clock = _clock, RequestTimeout = Timeout.InfiniteTimeSpan };

    [Theory(Timeout = 30_000)]
    [InlineData(429)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task What_may_pass_is_asked_again_later_and_later(int status)
    {
        await using var server = await ScriptedServer.StartAsync(
            Answer.Status(status), Answer.Status(status), Answer.Status(status), Answer.Json(Sample.Policy));
        using var client = new HttpJtfaClient(server.Address, Options);
        var asking = client.GetPolicyAsync("yard", Stop);
        foreach (var full in new[] { 200, 400, 800 }) Assert.InRange((await _clock.PassAsync()).TotalMilliseconds, full / 2, full);

        Assert.Equal(Sample.Policy, await asking);
        Assert.Equal(4, server.Requests.Count);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_policy_is_put_again_too()
    {
        var routing = new Interfaces.SceneRouting(16, Sample.Policy, 7, Sample.Policy, 3);
        await using var server = await ScriptedServer.StartAsync(Answer.Abort, Answer.Json(routing));
        using var client = new HttpJtfaClient(server.Address, Options);
        var putting = client.SetPolicyAsync("yard", Sample.Policy, Stop);
        await _clock.PassAsync();

        Assert.Equal(routing, await putting);
        var (first, second) = (await server.Requests.ReadAsync(Stop), await server.Requests.ReadAsync(Stop));
        Assert.Equal(first, second);
        Assert.Equal(("PUT", "/v1/scenes/yard/policy"), (first.Method, first.Path));
        Assert.Equal(
            """{"k":2,"n":5,"t":80.5,"w":100,"linger":250,"keying":"Arrival","beta":null,"lanes":4""" +
            ""","timeout":"Fixed","tMin":2,"tMax":250,"quantile":0.95,"margin":2,"kMin":null}""", first.Body);
    }

    [Fact(Timeout = 30_000)]
    public async Task The_server_says_how_long_to_wait()
    {
        var date = _clock.GetUtcNow().AddSeconds(9).ToString("R", global::System.Globalization.CultureInfo.InvariantCulture);
        await using var server = await ScriptedServer.StartAsync(
            Answer.Status(503, "7"), Answer.Status(429, date), Answer.Json(Sample.Policy));
        using var client = new HttpJtfaClient(server.Address, Options);
        var asking = client.GetPolicyAsync("yard", Stop);

        Assert.Equal(TimeSpan.FromSeconds(7), await _clock.PassAsync());
        Assert.Equal(TimeSpan.FromSeconds(2), await _clock.PassAsync());
        Assert.Equal(Sample.Policy, await asking);
    }

    [Fact(Timeout = 30_000)]
    public async Task Nobody_is_waited_for_longer_than_is_allowed()
    {
        await using var server = await ScriptedServer.StartAsync(Answer.Status(503, "3600"));
        using var client = new HttpJtfaClient(server.Address, Options);
        await Assert.ThrowsAsync<JtfaUnavailableException>(() => client.GetPolicyAsync("yard", Stop));
        Assert.Equal(1, server.Requests.Count);
    }

    [Fact(Timeout = 30_000)]
    public async Task At_some_time_it_is_given_up_and_said_what_the_server_said()
    {
        await using var server = await ScriptedServer.StartAsync(Answer.Problem(503, """{"title":"Service Unavailable","status":503,"detail":"jtfa.db is locked"}"""));
        using var client = new HttpJtfaClient(server.Address, Options with { Retries = 2 });
        var asking = client.GetScenesAsync(Stop);
        await _clock.PassAsync();
        await _clock.PassAsync();

        var fault = await Assert.ThrowsAsync<JtfaUnavailableException>(() => asking);
        Assert.Equal(3, server.Requests.Count);
        Assert.Contains("jtfa.db is locked", fault.Message);
        Assert.Contains(server.Address.ToString().TrimEnd('/'), fault.Message);
        Assert.False(fault.NobodyAnswers);
    }

    [Fact(Timeout = 30_000)]
    public async Task That_nobody_answers_is_told_with_the_address()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}";
        free.Stop();
        using var client = new HttpJtfaClient(new Uri(address), Options with { Retries = 1 });
        var asking = client.GetScenesAsync(Stop);
        await _clock.PassAsync();

        var fault = await Assert.ThrowsAsync<JtfaUnavailableException>(() => asking);
        Assert.True(fault.NobodyAnswers);
        Assert.Equal(address, fault.Address);
        Assert.StartsWith($"no silo answers at {address} (", fault.Message);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_try_that_takes_too_long_is_given_up_and_made_again()
    {
        await using var server = await ScriptedServer.StartAsync(Answer.Nothing, Answer.Json(Sample.Policy));
        using var client = new HttpJtfaClient(server.Address, Options with { RequestTimeout = TimeSpan.FromSeconds(3) });
        var asking = client.GetPolicyAsync("yard", Stop);
        await server.Requests.ReadAsync(Stop);

        Assert.Equal(TimeSpan.FromSeconds(3), await _clock.PassAsync());
        Assert.InRange((await _clock.PassAsync()).TotalMilliseconds, 100, 200);
        Assert.Equal(Sample.Policy, await asking);
    }

    [Fact(Timeout = 30_000)]
    public async Task An_answer_that_breaks_off_is_asked_for_again()
    {
        await using var server = await ScriptedServer.StartAsync(
            async context =>
            {
                (context.Response.ContentType, context.Response.ContentLength) = ("application/json", 1000);
                await context.Response.WriteAsync("""{"k":2,""", Stop);
                await context.Response.Body.FlushAsync(Stop);
                context.Abort();
            },
            Answer.Json(Sample.Policy));
        using var client = new HttpJtfaClient(server.Address, Options);
        var asking = client.GetPolicyAsync("yard", Stop);
        await _clock.PassAsync();
        Assert.Equal(Sample.Policy, await asking);
    }
}
