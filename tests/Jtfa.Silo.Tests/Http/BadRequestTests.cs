using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Jtfa.Silo.Http;
using Jtfa.Silo.Tests.Ingress;

namespace Jtfa.Silo.Tests.Http;

/// <summary>What is wrong with a request is told in one line of problem details, and changes nothing.</summary>
[Collection(WholeSilo.Name)]
public class BadRequestTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Each_is_told_what_is_wrong_and_what_is_allowed()
    {
        await using var silo = await HttpSilo.StartAsync();
        (string Url, int Status, string Detail)[] cases =
        [
            ("/v1/scenes/nowhere", 404, "Scene 'nowhere' is not configured: known are yard, gate"),
            ("/v1/scenes/nowhere/decisions/live", 404, "known are yard, gate"),
            ("/v1/live?scene=nowhere", 404, "known are yard, gate"),
            ("/v1/scenes/yard/decisions/12345", 404, "no decision 12345 of scene 'yard'"),
            ("/v1/decisions?limit=0", 400, "limit=0: allowed is 1 … 1000"),
            ("/v1/decisions?limit=1001", 400, "limit=1001: allowed is 1 … 1000"),
            ("/v1/decisions?limit=many", 400, "limit=many: allowed is a whole number"),
            ("/v1/decisions?from=yesterday", 400, "from=yesterday: allowed is a time such as"),
            ("/v1/decisions?from=2026-11-22T00:00:00Z&to=2026-11-21T00:00:00Z", 400, "allowed is no later than to"),
            ("/v1/decisions?fromId=5&toId=4", 400, "fromId=5: allowed is no larger than toId (4)"),
            ("/v1/decisions?cause=X", 400, "cause=X: allowed is K, T"),
            ("/v1/decisions?correct=maybe", 400, "correct=maybe: allowed is true, false"),
            ("/v1/decisions?order=random", 400, "order=random: allowed is newest, oldest"),
            ("/v1/decisions?cursor=x", 400, "cursor='x': allowed is the next of the page before"),
            ("/v1/scenes/yard/statistics?from=2026-11-22T00:00:00Z&to=2026-11-21T00:00:00Z", 400, "allowed is no later than to"),
            ("/v1/scenes/yard?seconds=-1&windows=-2", 400, "seconds=-1: allowed is 0 or more; windows=-2: allowed is 0 or more"),
            ("/v1/scenes/yard/decisions/live?last=1001", 400, "last=1001: allowed is 0 … 1000"),
        ];
        foreach (var (url, status, detail) in cases)
        {
            var answer = await silo.Client.GetAsync(url, Cancel);
            await IsProblemAsync(answer, status, detail, url);
        }

        using var resume = new HttpRequestMessage(HttpMethod.Get, "/v1/scenes/yard/decisions/live");
        resume.Headers.Add("Last-Event-ID", "nonsense");
        await IsProblemAsync(
            await silo.Client.SendAsync(resume, Cancel), 400, "Last-Event-ID=nonsense: allowed is the id of an event of this stream",
            "resume");
        Assert.Equal(0, silo.Readers.Count);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("""{"k":9,"n":4,"t":120,"w":100}""", 400, "K=9: allowed is 1 … N (4)")]
    [InlineData("""{"k":0,"n":4,"t":0,"w":100}""", 400, "K=0: allowed is 1 … N (4); T=0 ms: allowed is above 0 … 60000 ms")]
    [InlineData("""{"k":2,"n":4,"t":1e300,"w":100}""", 400, "ms: allowed is above 0 … 60000 ms")]
    [InlineData("""{"k":2,"n":4,"t":120,"w":100,"keying":"Dice"}""", 400, "keying is not of the kind that stands there")]
    [InlineData("""{"k":2,"n":4,"t":"slow","w":100}""", 400, "t is not of the kind that stands there")]
    [InlineData("""{"k":2.5,"n":4,"t":120,"w":100}""", 400, "k is not of the kind that stands there")]
    [InlineData("""{"k":2,"n":4,"t":120,"w":100,"tolerance":5}""", 400, "'tolerance' is not known")]
    [InlineData("""{"k":2}""", 400, "'n', 't', 'w' is missing")]
    [InlineData("null", 400, "The policy is null")]
    [InlineData("""{"k":""", 400, "not")]
    [InlineData("", 400, "The body is not JSON")]
    public async Task A_policy_that_is_none_is_refused_and_the_old_one_holds(string body, int status, string detail)
    {
        await using var silo = await HttpSilo.StartAsync();
        var before = await silo.Grain().GetRoutingAsync(Cancel);
        var answer = await silo.Client.PutAsync(
            "/v1/scenes/yard/policy", new StringContent(body, Encoding.UTF8, "application/json"), Cancel);
        await IsProblemAsync(answer, status, detail, body);
        Assert.Equal(before, await silo.Grain().GetRoutingAsync(Cancel));
    }

    [Fact(Timeout = 60_000)]
    public async Task Bodies_that_are_too_large_or_of_another_kind_and_other_methods_are_refused()
    {
        await using var silo = await HttpSilo.StartAsync();
        var large = new ByteArrayContent(new byte[70_000]) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        await IsProblemAsync(await silo.Client.PutAsync("/v1/scenes/yard/policy", large, Cancel), 413, "too large", "oversize");
        await IsProblemAsync(await silo.Client.PutAsync("/v1/scenes/yard/policy", new StringContent("k=2"), Cancel), 415, null, "form");
        var policy = System.Text.Encoding.UTF8.GetBytes("""{"k":1,"n":4,"t":50,"w":50}""");
        await IsProblemAsync(
            await silo.Client.PutAsync("/v1/scenes/yard/policy", new ByteArrayContent(policy), Cancel), 415, "application/json", "no type");
        await IsProblemAsync(await silo.Client.DeleteAsync("/v1/scenes/yard/policy", Cancel), 405, null, "delete");
        await IsProblemAsync(await silo.Client.GetAsync("/v1/nothing", Cancel), 404, null, "nothing");
        Assert.DoesNotContain(silo.Log.Lines, line => line.Contains("Exception", StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_page_elsewhere_does_not_reach_a_silo_on_loopback_by_a_name_that_resolves_to_it()
    {
        await using var silo = await HttpSilo.StartAsync();
        foreach (var path in new[] { "/v1/scenes", HttpServer.DashboardPath, $"{HttpServer.DashboardPath}/DashboardCounters" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Host = "rebound.example" } };
            await IsProblemAsync(await silo.Client.SendAsync(request, Cancel), 400, "only this machine is answered", path);
        }

        Assert.False((await silo.Client.GetAsync("/v1/scenes", Cancel)).Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_page_of_another_site_changes_nothing()
    {
        await using var silo = await HttpSilo.StartAsync();
        var before = await silo.Grain().GetRoutingAsync(Cancel);
        foreach (var (header, value) in new[]
        {
            ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site"), ("Origin", "http://elsewhere.example"), ("Origin", "null"),
        })
        {
            await IsProblemAsync(await PutAsync(header, value), 403, "another site", value);
            Assert.Equal(before, await silo.Grain().GetRoutingAsync(Cancel));
        }

        var own = silo.Address.GetLeftPart(UriPartial.Authority);
        foreach (var (header, value) in new[] { ("Sec-Fetch-Site", "same-origin"), ("Origin", own) })
            Assert.True((await PutAsync(header, value)).IsSuccessStatusCode);

        // Behind a proxy that asks by another Host only the live page's own header tells. A page elsewhere may not send it: its browser
        // asks first whether it may, and is not told so.
        Assert.True((await PutAsync("Origin", "http://proxy.example", ("X-Jtfa-Page", "1"))).IsSuccessStatusCode);
        await IsProblemAsync(await PutAsync("Sec-Fetch-Site", "cross-site", ("X-Jtfa-Page", "1")), 403, "another site", "with both");
        var forwarded = await PutAsync("Origin", "http://a.example", ("X-Forwarded-Host", "a.example"));
        await IsProblemAsync(forwarded, 403, "another site", "forwarded");
        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/v1/scenes/yard/policy")
        {
            Headers =
            {
                { "Origin", "http://elsewhere.example" }, { "Access-Control-Request-Method", "PUT" },
                { "Access-Control-Request-Headers", "x-jtfa-page" },
            },
        };
        using var allowed = await silo.Client.SendAsync(preflight, Cancel);
        Assert.DoesNotContain(allowed.Headers, one => one.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));

        async Task<HttpResponseMessage> PutAsync(string header, string value, (string Name, string Value)? other = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, "/v1/scenes/yard/policy")
            {
                Content = new StringContent("""{"k":1,"n":4,"t":50,"w":50}""", Encoding.UTF8, "application/json"),
                Headers = { { header, value } },
            };
            if (other is { } more) request.Headers.Add(more.Name, more.Value);
            return await silo.Client.SendAsync(request, Cancel);
        }
    }

    private static async Task IsProblemAsync(HttpResponseMessage answer, int status, string? detail, string what)
    {
        var body = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(
            (int)answer.StatusCode == status && answer.Content.Headers.ContentType?.MediaType == "application/problem+json",
            $"{what}: {(int)answer.StatusCode} {body}");
        var problem = JsonNode.Parse(body)!;
        Assert.Equal(status, (int)problem["status"]!);
        Assert.NotNull((string?)problem["title"]);
        if (detail is not null) Assert.Contains(detail, (string?)problem["detail"], StringComparison.Ordinal);
        Assert.DoesNotContain("\n", (string?)problem["detail"] ?? "", StringComparison.Ordinal);
    }
}
