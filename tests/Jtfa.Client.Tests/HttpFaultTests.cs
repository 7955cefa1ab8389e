using System.Net;
using System.Net.Sockets;
using Jtfa.Client.Tests.Stage;
using Jtfa.Interfaces;
using Microsoft.AspNetCore.Http;

namespace Jtfa.Client.Tests;

/// <summary>What is made of answers that are none, of a token that is wrong, and of being cancelled.</summary>
public sealed class HttpFaultTests
{
    private static readonly HttpJtfaOptions s_once = new() { Retries = 0, MaxAnswerBytes = 100_000 };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, int> InvalidAnswer { get; } = new()
    {
        { "<html>Please log in</html>", "text/html", 200 },
        { "{}", "application/json", 200 },
        { "null", "application/json", 200 },
        { "{\"k\":2,\"n\":", "application/json", 200 },
        { "{\"k\":\"two\",\"n\":4,\"t\":1,\"w\":1}", "application/json", 200 },
        { "[]", "application/json", 200 },
        { "", "application/json", 200 },
        { "Not Found", "text/plain", 404 },
        { "{{{", "application/problem+json", 404 },
        { "", "text/plain", 302 },
        { new string('[', 200_000), "application/json", 200 },
    };

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(InvalidAnswer))]
    public async Task What_is_no_answer_is_told_and_not_asked_for_again(string content, string type, int status)
    {
        await using var server = await ScriptedServer.StartAsync(Answer.Text(content, type, status));
        using var client = new HttpJtfaClient(server.Address, s_once with { Retries = 4 });
        foreach (var ask in new Func<Task>[] { () => client.GetPolicyAsync("yard", Stop), () => FirstAsync(client) })
        {
            var fault = await Assert.ThrowsAsync<JtfaUnavailableException>(ask);
            Assert.StartsWith($"what answers at {server.Address.GetLeftPart(UriPartial.Authority)} is no JTFA silo (", fault.Message);
            Assert.DoesNotContain('\n', fault.Message);
        }

        Assert.Equal(2, server.Requests.Count);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("event: decision\ndata: {}\n\n")]
    [InlineData("event: decision\ndata: <html>\n\n")]
    [InlineData("event: decision\ndata: 7\n\n")]
    [InlineData("event: decision\ndata: \u0000\n\n")]
    public async Task Events_that_are_no_decisions_are_told(string events)
    {
        await using var server = await ScriptedServer.StartAsync(Answer.Text(events, "text/event-stream"));
        using var client = new HttpJtfaClient(server.Address, s_once);
        await Assert.ThrowsAsync<JtfaUnavailableException>(() => FirstAsync(client));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("x")]
    [InlineData("data: x\n")]
    [InlineData("data: x\r\n")]
    public async Task An_event_without_end_is_not_taken(string again)
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            while (!context.RequestAborted.IsCancellationRequested) await context.Response.WriteAsync(again, context.RequestAborted);
        });
        using var client = new HttpJtfaClient(server.Address, s_once);
        var fault = await Assert.ThrowsAsync<JtfaUnavailableException>(() => FirstAsync(client));
        Assert.Contains("100000 bytes", fault.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task What_does_not_speak_http_is_told()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Task.Run(async () =>
        {
            while (true)
            {
                using var connection = await listener.AcceptTcpClientAsync(Stop);
                await connection.GetStream().WriteAsync("SSH-2.0-OpenSSH_9.9\r\n"u8.ToArray(), Stop);
                await connection.GetStream().ReadExactlyAsync(new byte[4], Stop);
            }
        }, Stop);
        using var client = new HttpJtfaClient(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"), s_once);
        await Assert.ThrowsAsync<JtfaUnavailableException>(() => client.GetScenesAsync(Stop));
        listener.Stop();
        await Assert.ThrowsAnyAsync<Exception>(() => serving);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_fault_of_the_server_is_told_at_once()
    {
        await using var server = await ScriptedServer.StartAsync(Answer.Problem(500, """{"detail":"The silo failed to answer"}"""));
        using var client = new HttpJtfaClient(server.Address, new HttpJtfaOptions());
        var fault = await Assert.ThrowsAsync<JtfaUnavailableException>(() => client.GetScenesAsync(Stop));
        Assert.Contains("The silo failed to answer", fault.Message);
        Assert.Equal(1, server.Requests.Count);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("""{"title":"Bad Request","detail":"K=9: allowed is 1 … N (4)"}""", "K=9: allowed is 1 … N (4)")]
    [InlineData("""{"title":"Bad Request","errors":{"k":["K=9: allowed is less"],"n":["N=0"]}}""", "Bad Request: K=9: allowed is less; N=0")]
    [InlineData("""{"detail":"K=9","errors":["K=9"]}""", "K=9")]
    public async Task What_is_wrong_with_a_request_is_told_as_the_server_says_it(string problem, string message)
    {
        await using var server = await ScriptedServer.StartAsync(Answer.Problem(400, problem));
        using var client = new HttpJtfaClient(server.Address);
        Func<Task>[] asks =
        [
            () => client.SetPolicyAsync("yard", Sample.Policy, Stop),
            () => client.QueryAsync(new DecisionQuery(), Stop).FirstAsync(Stop).AsTask(),
            () => FirstAsync(client),
        ];
        foreach (var ask in asks) Assert.Equal(message, (await Assert.ThrowsAsync<JtfaInvalidValueException>(ask)).Message);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(null, "wants a token")]
    [InlineData("swordfish", "does not take this token")]
    public async Task A_token_that_is_missing_or_wrong_is_told_and_never_shown(string? token, string says)
    {
        await using var server = await ScriptedServer.StartAsync(Answer.Status(401));
        using var client = new HttpJtfaClient(server.Address, token);
        foreach (var ask in new Func<Task>[] { () => client.GetScenesAsync(Stop), () => FirstAsync(client) })
        {
            var fault = await Assert.ThrowsAsync<JtfaUnauthorizedException>(ask);
            Assert.Contains(says, fault.Message);
            Assert.DoesNotContain("swordfish", $"{fault} {new HttpJtfaOptions { Token = token }}");
            Assert.Equal(token is null ? null : "Bearer swordfish", (await server.Requests.ReadAsync(Stop)).Authorization);
        }

        Assert.Equal(0, server.Requests.Count);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_can_be_cancelled_at_any_moment(bool follow)
    {
        foreach (var answer in follow ? Unfinished() : [.. Unfinished(), HalfAnAnswer])
        {
            await using var server = await ScriptedServer.StartAsync(answer);
            using var client = new HttpJtfaClient(
                server.Address, new HttpJtfaOptions { FirstDelay = TimeSpan.FromHours(1), MaxDelay = TimeSpan.FromHours(1) });
            using var cancel = new CancellationTokenSource();
            var asking = follow ? DrainAsync(client, cancel.Token) : client.GetPolicyAsync("yard", cancel.Token);
            await server.Requests.ReadAsync(Stop);
            await cancel.CancelAsync();
            Assert.Equal(cancel.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking)).CancellationToken);
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task Cancelled_before_it_asks_nothing()
    {
        await using var server = await ScriptedServer.StartAsync(Answer.Json(Sample.Policy));
        using var client = new HttpJtfaClient(server.Address);
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetPolicyAsync("yard", cancel.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => DrainAsync(client, cancel.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.QueryAsync(new DecisionQuery(), cancel.Token).FirstAsync(Stop).AsTask());
        Assert.Equal(0, server.Requests.Count);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("fusion.local:5080")]
    [InlineData("/v1")]
    public void An_address_that_is_none_is_refused(string address) =>
        Assert.Throws<ArgumentException>(() => new HttpJtfaClient(new Uri(address, UriKind.RelativeOrAbsolute)));

    [Theory]
    [InlineData("http://ann:swordfish@127.0.0.1")]
    [InlineData("ftp://ann:swordfish@127.0.0.1")]
    public void An_address_that_names_a_user_is_refused_without_its_password(string address) =>
        Assert.DoesNotContain("swordfish", Assert.Throws<ArgumentException>(() => new HttpJtfaClient(new Uri(address))).ToString());

    [Fact(Timeout = 30_000)]
    public async Task Names_of_scenes_are_one_step_of_the_path()
    {
        await using var server = await ScriptedServer.StartAsync(Answer.Json(Sample.Policy));
        using var client = new HttpJtfaClient(new Uri(server.Address, "below/"));
        await client.GetPolicyAsync("Hof 1/ä?#%", Stop);
        Assert.Equal("/below/v1/scenes/Hof%201%2F%C3%A4%3F%23%25/policy", (await server.Requests.ReadAsync(Stop)).Path);
        foreach (var name in new[] { "", ".", ".." }) await Assert.ThrowsAsync<ArgumentException>(() => client.GetPolicyAsync(name, Stop));
    }

    private static IEnumerable<Func<HttpContext, Task>> Unfinished() =>
    [
        Answer.Nothing,
        Answer.Status(503),
        Answer.Abort,
        Answer.Events([], Answer.Nothing),
        Answer.Events([1, 2], Answer.Nothing),
        Answer.Events([1, 2], Answer.Abort),
    ];

    private static async Task HalfAnAnswer(HttpContext context)
    {
        (context.Response.ContentType, context.Response.ContentLength) = ("application/json", 1000);
        await context.Response.WriteAsync("{", context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await Answer.Nothing(context);
    }

    private static Task<Decision> FirstAsync(HttpJtfaClient client) =>
        client.FollowAsync("yard", cancellationToken: Stop).FirstAsync(Stop).AsTask();

    private static async Task DrainAsync(HttpJtfaClient client, CancellationToken cancellationToken)
    {
        await foreach (var _ in client.FollowAsync("yard", cancellationToken: cancellationToken))
        {
        }
    }
}
