using System.Globalization;
using Deque.AxeCore.Playwright;
using Jtfa.Interfaces;
using Jtfa.Page.Tests.Stage;
using Microsoft.Playwright;

namespace Jtfa.Page.Tests;

/// <summary>What is decided, and from what: the first screen, a decision's details, what happened, a camera's switch.</summary>
public sealed class NowTests
{
    private readonly Chromium _chromium;

    public NowTests(Chromium chromium) => _chromium = chromium;

    [Theory(Timeout = 60_000)]
    [InlineData(1400, 1000, false)]
    [InlineData(390, 844, true)]
    public async Task The_first_screen_names_the_last_decision_and_shows_what_every_camera_sees(int width, int height, bool isDark)
    {
        await using var silo = await ScriptedSilo.StartAsync();
        silo.Scenes[0].GivesPictures = true;
        await using var page = await _chromium.OpenAsync(silo.Url, width: width, height: height, isDark: isDark);

        await page.Expect("#now-name").ToHaveTextAsync(ThingRegex());
        await page.Expect("#now-how").ToContainTextAsync("% sure");
        for (var view = 0; view < 4; view++)
        {
            var tile = page[$"#now-cameras [data-view='{view}']"];
            await Assertions.Expect(tile.GetByRole(AriaRole.Img, new() { Name = $"What {ScriptedScene.NameOf(view)} sees" }))
                .ToHaveJSPropertyAsync("naturalWidth", 28);
            await Assertions.Expect(tile).ToContainTextAsync(ScriptedScene.NameOf(view));
            await Assertions.Expect(tile.Locator(".share")).ToHaveTextAsync(view == 0 ? "50 %" : "17 %");
            Assert.True(await IsOnScreenAsync(tile.Locator("img"), width, height), $"{ScriptedScene.NameOf(view)}'s picture");
        }

        Assert.True(await IsOnScreenAsync(page["#now-name"], width, height), "the name");
        Assert.Equal(width, await page.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        await page.PictureAsync($"now-{width}", isWhole: false);
        var found = (await page.Page.RunAxe()).Violations.Where(rule => rule.Impact is "serious" or "critical");
        Assert.Empty(found.Select(rule => $"{rule.Id}: {string.Join(", ", rule.Nodes.Select(node => node.Html))}"));
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_camera_whose_token_was_not_fused_has_no_share_and_one_without_pictures_says_so()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        silo.Scenes[0].Late = [3];
        await using var page = await _chromium.OpenAsync(silo.Url);

        await page.Expect("#now-cameras [data-view='3'] .share").ToHaveTextAsync("not in it");
        await page.Expect("#now-cameras [data-view='1'] .share").ToHaveTextAsync("25 %");
        await page.Expect("#now-cameras [data-view='1'] .view").ToContainTextAsync("no picture");
        await page.Expect("#now-cameras img").ToHaveCountAsync(4);
        Assert.Empty(silo.Pictures);
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_row_opens_what_was_fused_and_stays_while_it_is_read()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        await using var page = await _chromium.OpenAsync(silo.Url);
        await page.Expect("#decisions tbody tr >> nth=15").ToBeVisibleAsync();

        // By keyboard: the row's button.
        var opener = page["#decisions tbody tr >> nth=3"].GetByRole(AriaRole.Button);
        await opener.FocusAsync();
        await page.Page.Keyboard.PressAsync("Enter");
        var detail = page["#decisions .detail"];
        await Assertions.Expect(detail.Locator("tbody tr")).ToHaveCountAsync(4);
        await Assertions.Expect(detail).ToContainTextAsync("door50 %");
        await Assertions.Expect(detail).ToContainTextAsync("β 1.00");
        var id = await page["#decisions tr:has([aria-expanded=true])"].GetAttributeAsync("data-decision");
        var decision = silo.Scenes[0].DecisionOf(long.Parse(id!, CultureInfo.InvariantCulture));
        await Assertions.Expect(detail).ToContainTextAsync($"Decision {id} fired at");
        await Assertions.Expect(detail).ToContainTextAsync(decision.Gt < 0 ? "–" : $"thing {decision.Gt}");
        await page.Expect("#decisions-hold").ToHaveAttributeAsync("aria-pressed", "true");

        // Ten decisions later it is still the same.
        var newest = await page["#now-how"].InnerTextAsync();
        await page.Expect("#now-how").Not.ToHaveTextAsync(newest);
        await Assertions.Expect(detail).ToContainTextAsync($"Decision {id} fired at");
        await page.PictureAsync("detail");
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Go on" }).ClickAsync();
        await Assertions.Expect(detail).ToHaveCountAsync(0);
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task What_happened_is_kept_newest_first()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        var scene = silo.Scenes[0];
        scene.Events = [new(1, 1, 1_780_000_000, SceneEventKind.Policy, "K 3 → 2")];
        await using var page = await _chromium.OpenAsync(silo.Url);
        await page.Expect("#events li").ToHaveCountAsync(1);
        await page.Expect("#events li").ToContainTextAsync("policy: K 3 → 2");

        scene.Events = [.. scene.Events, new(2, 1, 1_780_000_003, SceneEventKind.Missing, "door is missing", 0)];

        await page.Expect("#events li").ToHaveCountAsync(2);
        await page.Expect("#events li >> nth=0").ToContainTextAsync(
            $"door is missing since {await page.Page.EvaluateAsync<string>("new Date(1780000003000).toTimeString().slice(0, 8)")}");
        await page.Expect("#event-last").ToContainTextAsync("door is missing since");
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_camera_is_switched_off_and_on_and_a_refusal_is_told()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        var scene = silo.Scenes[0];
        await using var page = await _chromium.OpenAsync(silo.Url);

        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Switch off door" }).ClickAsync();
        await Assertions.Expect(page.Page.GetByRole(AriaRole.Button, new() { Name = "Switch on door" })).ToBeVisibleAsync();
        Assert.Equal([0], scene.SwitchedOff);
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Switch on door" }).ClickAsync();
        await Assertions.Expect(page.Page.GetByRole(AriaRole.Button, new() { Name = "Switch off door" })).ToBeVisibleAsync();
        Assert.Empty(scene.SwitchedOff);

        silo.Faults = ["Not here."];
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Switch off door" }).ClickAsync();
        await page.Expect("#now-fault").ToHaveTextAsync("Not here.");
        page.AssertClean();
    }

    private static async Task<bool> IsOnScreenAsync(ILocator part, int width, int height) =>
        await part.BoundingBoxAsync() is { Width: > 20, Height: > 20, X: >= 0, Y: >= 0 } box
            && box.X + box.Width <= width && box.Y + box.Height <= height;

    private static System.Text.RegularExpressions.Regex ThingRegex() => new("^thing [0-9]$");
}
