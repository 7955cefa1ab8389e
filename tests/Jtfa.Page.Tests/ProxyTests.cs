using System.Net;
using System.Text.RegularExpressions;
using Jtfa.Page.Tests.Stage;
using Microsoft.Playwright;

namespace Jtfa.Page.Tests;

/// <summary>The page behind a reverse proxy that serves it under a path of its own.</summary>
public sealed class ProxyTests : IDisposable
{
    private readonly Workspace _workspace = new();
    private readonly Chromium _chromium;

    public ProxyTests(Chromium chromium) => _chromium = chromium;

    public void Dispose() => _workspace.Dispose();

    [Theory(Timeout = 120_000)]
    [InlineData("/jtfa", false)]
    [InlineData("/halls/north wing", false)]
    [InlineData("/jtfa", true)]
    public async Task All_of_it_works_under_the_proxys_path(string prefix, bool keepsPrefix)
    {
        var basePath = keepsPrefix ? prefix : "";
        _workspace.Write("appsettings.json", $$"""{ "Jtfa": { "Http": { "RequireToken": true, "BasePath": "{{basePath}}" } } }""");
        await using var silo = await RunningSilo.StartAsync(_workspace, RunningSilo.BySequence(timeoutMs: 500));
        await using var proxy = await PrefixProxy.StartAsync(new Uri(await silo.HttpAsync()), prefix, keepsPrefix);
        await using var page = await _chromium.OpenAsync(proxy.Url);
        var token = await File.ReadAllTextAsync(_workspace["jtfa-http.token"], TestContext.Current.CancellationToken);
        await page["#token-text"].FillAsync(token.Trim());
        await page.Page.RunAndWaitForResponseAsync(
            () => page.Page.Keyboard.PressAsync("Enter"),
            answer => answer.Url == $"{proxy.Url.AbsoluteUri}orleans/token" && answer.Status == 204);
        await page.Expect("#connection").ToHaveTextAsync("live");
        for (var decision = 1; decision <= 20; decision++) silo.Socket.SendViews(decision, 0, 1, 2);
        await page.Expect("[data-figure=rate] .with").ToHaveTextAsync("20 in all");

        // What changes something, and what is read from the log.
        await page["#policy-k"].FocusAsync();
        await page.Page.Keyboard.PressAsync("ArrowLeft");
        await page.Expect("#policy-phase").ToHaveTextAsync(new Regex("^holds"));
        var minutes = await page.Page.RunAndWaitForResponseAsync(
            () => page["#span input[value='3600']"].CheckAsync(new() { Force = true }), answer => answer.Url.Contains("/minutes?"));
        Assert.Equal(200, minutes.Status);
        await page.Page.ReloadAsync();
        await page.Expect("#connection").ToHaveTextAsync("live");

        // Orleans' dashboard, by the cookie.
        var cookie = Assert.Single(await page.Page.Context.CookiesAsync());
        Assert.Equal(("jtfa_token", $"{proxy.Url.AbsolutePath}orleans"), (cookie.Name, cookie.Path));
        await page.Page.GotoAsync($"{proxy.Url.AbsoluteUri}orleans/#/grains");
        await page.Page.ReloadAsync();
        await Assertions.Expect(page["body"]).ToContainTextAsync("SceneGrain", new() { IgnoreCase = true, Timeout = 30_000 });
        page.AssertClean();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_path_that_is_left_in_requests_leads_to_the_page_with_and_without_its_slash()
    {
        _workspace.Write("appsettings.json", """{"Jtfa":{"Http":{"BasePath":"/jtfa"}}}""");
        await using var silo = await RunningSilo.StartAsync(_workspace, RunningSilo.BySequence(timeoutMs: 500));
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        using var client = new HttpClient(handler) { BaseAddress = new Uri(await silo.HttpAsync()) };
        using var without = await client.GetAsync("/jtfa", TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.Redirect, "/jtfa/"), (without.StatusCode, $"{without.Headers.Location}"));
        foreach (var path in new[] { "/jtfa/", "/jtfa/v1/scenes", "/jtfa/healthz", "/v1/scenes", "/healthz" })
        {
            using var answer = await client.GetAsync(path, TestContext.Current.CancellationToken);
            Assert.Equal((path, HttpStatusCode.OK), (path, answer.StatusCode));
        }
    }
}
