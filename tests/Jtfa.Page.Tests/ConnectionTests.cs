using System.Text.RegularExpressions;
using Jtfa.Page.Tests.Stage;
using Microsoft.Playwright;

namespace Jtfa.Page.Tests;

/// <summary>What the page does when the silo goes, refuses, or asks who is there.</summary>
public sealed class ConnectionTests
{
    private readonly Chromium _chromium;

    public ConnectionTests(Chromium chromium) => _chromium = chromium;

    [Fact(Timeout = 60_000)]
    public async Task A_silo_that_stops_makes_all_stale_and_one_that_comes_back_makes_it_live()
    {
        var silo = await ScriptedSilo.StartAsync();
        await using var page = await _chromium.OpenAsync(silo.Url);
        await page.Expect("#connection").ToHaveTextAsync("live");
        var port = silo.Url.Port;
        await Assertions.Expect(page.Camera("ceiling")).ToBeVisibleAsync();

        await silo.DisposeAsync();
        await page.Expect("#connection").ToHaveTextAsync(new Regex(@"^reconnecting, stale for \d+ s$"));
        await page.Expect("#page").ToHaveAttributeAsync("data-stale", "");
        await page.Expect("#notice").ToContainTextAsync("All below is as it was at");
        await page.PictureAsync("stale");

        await using var again = await ScriptedSilo.StartAsync(port);
        await page.Expect("#connection").ToHaveTextAsync("live");
        await page.Expect("#notice").ToBeHiddenAsync();
        await Assertions.Expect(page["#page"]).Not.ToHaveAttributeAsync("data-stale", "");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_silo_that_wants_its_token_is_shown_it()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        silo.Token = "open, sesame; 100 %";
        await using var page = await _chromium.OpenAsync(silo.Url);

        await page.Expect("#token-text").ToBeFocusedAsync();
        await page.Expect("#page").ToBeHiddenAsync();
        await page.PictureAsync("token");
        await page["#token-text"].FillAsync("wrong");
        await page.Page.Keyboard.PressAsync("Enter");
        await page.Expect("#token-fault").ToHaveTextAsync("The silo does not know this token.");
        await page["#token-text"].FillAsync("open, sesame; 100 %");
        await page.Page.Keyboard.PressAsync("Enter");

        await Assertions.Expect(page.Camera("door")).ToBeVisibleAsync();
        await page.Expect("#token").ToBeHiddenAsync();
        while ((await page.Page.Context.CookiesAsync()).Count == 0) TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        var cookie = Assert.Single(await page.Page.Context.CookiesAsync());
        Assert.Equal(("jtfa_token", "/orleans", SameSiteAttribute.Strict), (cookie.Name, cookie.Path, cookie.SameSite));
        Assert.True(cookie.HttpOnly);
        Assert.Equal(Uri.EscapeDataString("open, sesame; 100 %"), cookie.Value);
        await page.Page.ReloadAsync();
        await page.Expect("#connection").ToHaveTextAsync("live");

        // One that the silo does not take any more is kept nowhere.
        silo.Token = "another";
        await page.Page.ReloadAsync();
        await page.Expect("#token-fault").ToHaveTextAsync("The silo does not know this token.");
        Assert.Empty(await page.Page.Context.CookiesAsync());
        Assert.Null(await page.Page.EvaluateAsync<string?>("localStorage.getItem('jtfa-token')"));
        await page.Page.ReloadAsync();
        await page.Expect("#token-text").ToBeFocusedAsync();
        await page.Expect("#token-fault").ToHaveTextAsync("");
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_silo_with_too_many_readers_is_asked_again_when_it_said_so()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        silo.IsFull = true;
        await using var page = await _chromium.OpenAsync(silo.Url);
        await page.Expect("#connection").ToContainTextAsync("too many readers");
        await page.Expect("#notice").ToContainTextAsync("tries again by itself");

        silo.IsFull = false;
        await page.Expect("#connection").ToHaveTextAsync("live");
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task The_address_says_which_scene_and_one_that_is_not_there_offers_those_that_are()
    {
        await using var silo = await ScriptedSilo.StartAsync(scenes: [new ScriptedScene("lobby"), new ScriptedScene("hall & yard", 5)]);
        await using var page = await _chromium.OpenAsync(silo.Url, "#scene=cellar");
        await page.Expect("#notice").ToContainTextAsync("This silo has no scene 'cellar'");

        await page["#notice"].GetByRole(AriaRole.Link, new() { Name = "hall & yard" }).ClickAsync();
        await page.Expect("#scene-name").ToHaveTextAsync("hall & yard");
        await page.Expect("#connection").ToHaveTextAsync("live");
        await page.Expect("#notice").ToBeHiddenAsync();
        await Assertions.Expect(page.Camera("gate")).ToBeVisibleAsync();

        await page["#scenes-list"].GetByText("lobby").ClickAsync();
        await Assertions.Expect(page.Camera("gate")).ToHaveCountAsync(0);
        await Assertions.Expect(page.Page).ToHaveTitleAsync("lobby – JTFA");
        page.AssertClean();
    }
}
