using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Jtfa.Silo.Http;
using Jtfa.Silo.Tests.Ingress;

namespace Jtfa.Silo.Tests.Http;

/// <summary>Beyond loopback callers show a token.</summary>
[Collection(WholeSilo.Name)]
public class TokenTests
{
    private static readonly string[] s_guarded =
        ["/v1/scenes", "/v1/live", "/v1/scenes/yard/policy", "/v1/nothing", "/openapi/v1.json", "/V1/scenes", "/metrics", "/orleans",
            "/orleans/DashboardCounters", "/Orleans/index.html", "/anything", "/healthz/", "/%761/scenes"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Without_it_nothing_but_the_page_and_the_probes_is_told()
    {
        await using var silo = await HttpSilo.StartAsync(("Jtfa:Http:Address", "0.0.0.0"));
        foreach (var url in s_guarded)
        {
            var answer = await silo.Client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, Cancel);
            Assert.Equal((401, "Bearer realm=\"jtfa\""), ((int)answer.StatusCode, answer.Headers.WwwAuthenticate.ToString()));
            Assert.Contains("jtfa doctor", await answer.Content.ReadAsStringAsync(Cancel));
        }

        foreach (var url in new[] { "/", "/healthz", "/readyz" })
            Assert.True((await silo.Client.GetAsync(url, Cancel)).IsSuccessStatusCode, url);
        Assert.Equal(0, silo.Readers.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Clients_of_OpenAI_are_told_in_their_shape()
    {
        await using var silo = await HttpSilo.StartAsync(("Jtfa:Http:Address", "0.0.0.0"));
        foreach (var url in new[] { "/v1/models", "/V1/models/small", "/v1/chat/completions", "/v1/generations/x", "/tokenize" })
        {
            using var answer = await silo.Client.GetAsync(url, Cancel);
            var error = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!["error"]!;
            Assert.Equal((401, "Bearer realm=\"jtfa\""), ((int)answer.StatusCode, answer.Headers.WwwAuthenticate.ToString()));
            Assert.Equal(("invalid_request_error", "invalid_api_key"), ((string)error["type"]!, (string)error["code"]!));
            Assert.Contains("jtfa doctor", (string)error["message"]!, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task With_it_all_is()
    {
        await using var silo = await HttpSilo.StartAsync(("Jtfa:Http:Address", "0.0.0.0"));
        var token = SecretFile.Read(silo.TokenFile)!;
        foreach (var (header, value, status) in new[]
        {
            ("Authorization", $"Bearer {token}", 200), ("Authorization", $"bearer  {token}", 200), ("Cookie", $"jtfa_token={token}", 401),
            ("Authorization", $"Bearer {token}x", 401), ("Authorization", "Bearer ", 401), ("Authorization", $"Basic {token}", 401),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/scenes");
            request.Headers.TryAddWithoutValidation(header, value);
            Assert.Equal(status, (int)(await silo.Client.SendAsync(request, Cancel)).StatusCode);
        }

    }

    [Theory(Timeout = 60_000)]
    [InlineData("Authorization", "Bearer {0}", 200)]
    [InlineData("Cookie", "jtfa_token={0}", 200)] // all that its own requests have
    [InlineData("Cookie", "jtfa_token={0}x", 401)]
    [InlineData("Cookie", "token={0}", 401)]
    [InlineData("X-None", "", 401)]
    public async Task Orleans_dashboard_is_told_to_those_who_show_it(string header, string value, int status)
    {
        await using var silo = await HttpSilo.StartAsync(("Jtfa:Http:Address", "0.0.0.0"));
        foreach (var path in new[] { "/", "/DashboardCounters" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, HttpServer.DashboardPath + path);
            var shown = string.Format(CultureInfo.InvariantCulture, value, SecretFile.Read(silo.TokenFile));
            request.Headers.TryAddWithoutValidation(header, shown);
            using var answer = await silo.Client.SendAsync(request, Cancel);
            Assert.Equal((path, status), (path, (int)answer.StatusCode));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Its_cookie_is_for_the_dashboard_and_for_no_script_and_goes_with_a_wrong_one()
    {
        await using var silo = await HttpSilo.StartAsync(("Jtfa:Http:Address", "0.0.0.0"));
        var token = SecretFile.Read(silo.TokenFile)!;
        foreach (var (shown, status, cookie) in new[]
        {
            (token, 204, $"jtfa_token={Uri.EscapeDataString(token)}; max-age=31536000; samesite=strict; httponly"),
            ($"{token}x", 401, "jtfa_token=; expires=Thu, 01 Jan 1970 00:00:00 GMT; samesite=strict; httponly"),
            (null, 401, null),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/orleans/token");
            if (shown is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", shown);
            using var answer = await silo.Client.SendAsync(request, Cancel);
            Assert.Equal(status, (int)answer.StatusCode);
            Assert.Equal(cookie, answer.Headers.TryGetValues("Set-Cookie", out var cookies) ? Assert.Single(cookies) : null);
        }

        using var foreign = new HttpRequestMessage(HttpMethod.Post, "/orleans/token");
        foreign.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreign.Headers.Add("Sec-Fetch-Site", "cross-site");
        Assert.Equal(403, (int)(await silo.Client.SendAsync(foreign, Cancel)).StatusCode);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("/", "default-src 'self';")]
    [InlineData("/orleans/", "default-src 'none'; script-src 'self';")]
    [InlineData("/orleans/DashboardCounters", "default-src 'none'; script-src 'self';")]
    public async Task Pages_load_the_silos_own_scripts_only_and_are_in_no_frame(string path, string policy)
    {
        await using var silo = await HttpSilo.StartAsync();
        using var answer = await silo.Client.GetAsync(path, Cancel);
        Assert.SkipWhen(path == "/" && answer.Content.Headers.ContentType?.MediaType != "text/html", "The live page was not built.");
        var told = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith(policy, told, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", told, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-eval", told, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
    }

    [Fact(Timeout = 60_000)]
    public async Task On_loopback_it_is_wanted_where_that_is_configured()
    {
        await using var silo = await HttpSilo.StartAsync(("Jtfa:Http:RequireToken", "true"));
        Assert.Equal(401, (int)(await silo.Client.GetAsync("/v1/scenes", Cancel)).StatusCode);
        silo.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", SecretFile.Read(silo.TokenFile)!);
        Assert.Equal(200, (int)(await silo.Client.GetAsync("/v1/scenes", Cancel)).StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task It_is_made_once_for_its_owner_only_and_never_logged()
    {
        var silo = await HttpSilo.StartAsync(("Jtfa:Http:Address", "0.0.0.0"));
        var token = SecretFile.Read(silo.TokenFile)!;
        silo.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        await silo.Client.GetAsync("/v1/scenes", Cancel);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(silo.TokenFile));
        Assert.InRange(token.Length, 40, 60);
        await silo.StopAsync();

        await using var again = await HttpSilo.StartAsync(silo.Folder, port: 0, ("Jtfa:Http:Address", "0.0.0.0"));
        Assert.Equal(token, SecretFile.Read(again.TokenFile));
        Assert.DoesNotContain(silo.Log.Lines.Concat(again.Log.Lines), line => line.Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void A_file_that_others_may_read_or_that_is_empty_is_refused()
    {
        var folder = Directory.CreateTempSubdirectory("jtfa-token-");
        var file = Path.Combine(folder.FullName, "token");
        File.WriteAllText(file, "");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Contains("holds nothing", Assert.Throws<InvalidDataException>(() => AccessToken.Open(file)).Message);
        File.WriteAllText(file, "secret");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        var fault = Assert.Throws<InvalidDataException>(() => AccessToken.Open(file)).Message;
        Assert.Contains("chmod 600", fault);
        Assert.DoesNotContain("secret", fault);
        folder.Delete(recursive: true);
    }

    [Fact]
    public void Of_several_silos_that_start_at_once_all_have_the_same()
    {
        var folder = Directory.CreateTempSubdirectory("jtfa-token-");
        var file = Path.Combine(folder.FullName, "state", "token");
        var tokens = new AccessToken[8];
        Parallel.For(0, tokens.Length, i => tokens[i] = AccessToken.Open(file));
        var value = SecretFile.Read(file)!;
        Assert.All(tokens, token => Assert.True(token.Is(value)));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(file)!));
        folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.1.2.3", false)]
    [InlineData("::1", false)]
    [InlineData("0.0.0.0", true)]
    [InlineData("::", true)]
    [InlineData("192.168.1.5", true)]
    public void It_is_wanted_beyond_loopback(string address, bool wanted) =>
        Assert.Equal(wanted, new HttpOptions { Address = address }.WantsToken);
}
