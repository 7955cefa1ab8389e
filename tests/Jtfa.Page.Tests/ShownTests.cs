using System.Text.RegularExpressions;
using Jtfa.Page.Tests.Stage;
using Microsoft.Playwright;

namespace Jtfa.Page.Tests;

/// <summary>What the page shows of what a silo says.</summary>
public sealed partial class ShownTests
{
    private readonly Chromium _chromium;

    public ShownTests(Chromium chromium) => _chromium = chromium;

    [Fact(Timeout = 60_000)]
    public async Task It_says_at_a_glance_who_is_late_and_who_is_missing()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        await using var page = await _chromium.OpenAsync(silo.Url);
        await page.Expect("#verdict").ToHaveTextAsync("All 4 cameras are on time.");

        silo.Scenes[0].Late = [3];
        silo.Scenes[0].Missing = [1];

        await page.Expect("#verdict").ToHaveTextAsync(Both());
        await Assertions.Expect(page.Camera("ceiling")).ToHaveAttributeAsync("data-timing", "Late");
        await Assertions.Expect(page.Camera("window")).ToHaveAttributeAsync("data-timing", "Missing");
        await Assertions.Expect(page.Camera("door")).ToHaveAttributeAsync("data-timing", "OnTime");
        await page.PictureAsync("late-and-missing");
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task Figures_are_the_silos()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        await using var page = await _chromium.OpenAsync(silo.Url);

        await Assertions.Expect(page.Figure("accuracy")).ToContainTextAsync("85.7 %");
        await Assertions.Expect(page.Figure("rate")).ToContainTextAsync("10.0");
        await Assertions.Expect(page.Figure("p50")).ToContainTextAsync("6.20");
        await Assertions.Expect(page.Figure("p90")).ToContainTextAsync("8.50");
        await Assertions.Expect(page.Figure("causes")).ToContainTextAsync("90 : 10");
        await Assertions.Expect(page.Figure("causes")).ToContainTextAsync("900 : 100 in all");
        await Assertions.Expect(page.Figure("kbps")).ToContainTextAsync("42.0");
        await Assertions.Expect(page.Page).ToHaveTitleAsync("lobby – JTFA");
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task Decisions_stream_newest_first_and_can_be_held_and_read_back_in_the_log()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        await using var page = await _chromium.OpenAsync(silo.Url);
        await page.Expect("#decisions tbody tr >> nth=15").ToBeVisibleAsync();

        var ids = await IdsAsync(page);
        Assert.Equal(ids.OrderDescending(), ids);
        var row = silo.Scenes[0].DecisionOf(ids[0]);
        var text = await page[$"tr[data-decision='{ids[5]}']"].InnerTextAsync();
        Assert.Contains($"thing {silo.Scenes[0].DecisionOf(ids[5]).Pred}", text);
        Assert.True(row.M > 0);
        await Condition(async () => (await IdsAsync(page))[0] > ids[0], "a newer decision");

        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Hold" }).ClickAsync();
        var held = await IdsAsync(page);
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Older" }).ClickAsync();
        await page.Expect("#decisions-note").ToContainTextAsync("From the log");
        Assert.True((await IdsAsync(page))[0] < held[^1]);
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Go on" }).ClickAsync();
        await Condition(async () => (await IdsAsync(page))[0] > held[0], "the stream again");

        await page.Page.GetByText("by T", new() { Exact = true }).Last.ClickAsync();
        await Condition(async () => (await IdsAsync(page)).All(id => id % 9 == 0), "decisions by T only");
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task The_strip_is_read_with_the_arrow_keys()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        silo.Scenes[0].Late = [3];
        await using var page = await _chromium.OpenAsync(silo.Url);
        await Assertions.Expect(page.Camera("ceiling")).ToBeVisibleAsync();

        await page["#strip canvas"].FocusAsync();
        await page.Page.Keyboard.PressAsync("Home");
        await page.Expect("#strip .readout").ToContainTextAsync("late: ceiling");
        // The first window leaves the strip within a tenth of a second; who reads it goes on reading.
        var first = await page["#strip .readout"].InnerTextAsync();
        var newest = (await IdsAsync(page))[0];
        await Condition(async () => (await IdsAsync(page))[0] > newest + 5, "five newer decisions");
        Assert.Equal(first, await page["#strip .readout"].InnerTextAsync());
        await page.Page.Keyboard.PressAsync("ArrowRight");
        await page.Expect("#strip .readout").ToContainTextAsync("in time: door, window, shelf");
        await page.Page.Keyboard.PressAsync("Escape");
        await page.Expect("#strip .readout").ToContainTextAsync("Point at a window");
        page.AssertClean();
    }

    [Theory(Timeout = 60_000)]
    [InlineData(360, false)]
    [InlineData(390, true)]
    [InlineData(800, false)]
    [InlineData(1110, false)]
    [InlineData(1440, true)]
    public async Task Nothing_is_wider_than_the_screen(int width, bool isDark)
    {
        await using var silo = await ScriptedSilo.StartAsync(
            scenes:
            [
                .. Enumerable.Range(0, 3).Select(index => new ScriptedScene($"a-scene-with-a-long-name-{index}", 8) { IsOpen = true }),
            ]);
        await using var page = await _chromium.OpenAsync(silo.Url, width: width, height: 844, isDark: isDark, scale: width < 500 ? 2 : 1);
        await Assertions.Expect(page.Camera("yard")).ToBeVisibleAsync();

        Assert.Equal(width, await page.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        Assert.InRange(await page.Page.EvaluateAsync<double>("document.querySelector('#decisions .c-prediction').clientWidth"), 60, width);
        await page.PictureAsync($"width-{width}-{(isDark ? "dark" : "light")}");
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_scene_that_takes_tokens_of_anybody_says_so_at_its_head()
    {
        await using var silo = await ScriptedSilo.StartAsync(
            scenes: [new ScriptedScene("lobby"), new ScriptedScene("yard") { IsOpen = true }]);
        await using var page = await _chromium.OpenAsync(silo.Url);
        await Assertions.Expect(page.Camera("door")).ToBeVisibleAsync();
        await page.Expect("#open").ToBeHiddenAsync();

        // By keyboard, and as a screen reader reads it.
        await page["#scenes-list a >> nth=1"].FocusAsync();
        await page.Page.Keyboard.PressAsync("Enter");
        await page.Expect("#scene-name").ToHaveTextAsync("yard");
        await page.Expect("header").ToMatchAriaSnapshotAsync(
            """
            - heading "yard"
            - paragraph: "open: anybody on the network may send tokens"
            - status: live
            """);
        await page.Expect("#open").ToHaveAttributeAsync("title", new Regex("keys.*Authentication"));
        await page.PictureAsync("open");

        silo.Scenes[1].IsOpen = false;
        await page.Expect("#open").ToBeHiddenAsync();
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task Colours_follow_the_system_until_the_user_chooses()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        await using var page = await _chromium.OpenAsync(silo.Url, isDark: true);
        await page.Expect("html").ToHaveAttributeAsync("data-theme", "dark");
        await page.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        await page.Expect("html").ToHaveAttributeAsync("data-theme", "light");

        await page["#theme"].ClickAsync();
        await page["#theme"].ClickAsync();
        await page.Expect("html").ToHaveAttributeAsync("data-theme", "dark");
        await page.Page.ReloadAsync();
        await page.Expect("html").ToHaveAttributeAsync("data-theme", "dark");
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task All_can_be_reached_by_keyboard_and_is_seen_to_be()
    {
        await using var silo = await ScriptedSilo.StartAsync(scenes: [new ScriptedScene("lobby"), new ScriptedScene("yard")]);
        await using var page = await _chromium.OpenAsync(silo.Url);
        await Assertions.Expect(page.Camera("ceiling")).ToBeVisibleAsync();

        var reached = new List<string>();
        for (var tabs = 0; tabs < 40; tabs++)
        {
            await page.Page.Keyboard.PressAsync("Tab");
            reached.Add(await page.Page.EvaluateAsync<string>("""
                () => { const at = document.activeElement; const seen = at.matches('.segments input') ? at.nextElementSibling : at;
                        const unseen = getComputedStyle(seen).outlineStyle === 'none' ? ' unseen' : '';
                        return (at.id || at.name || at.className || at.tagName) + unseen; }
                """));
        }

        Assert.Contains("A", string.Join(' ', reached));
        Assert.All(
            ["span", "theme", "scenes-filter", "policy-k", "policy-k-number", "policy-t", "policy-w", "beta-own", "which",
                "decisions-hold"],
            control => Assert.Contains(control, reached));
        Assert.DoesNotContain(
            reached, control =>
                control.EndsWith(" unseen", StringComparison.Ordinal) && !control.StartsWith("BODY", StringComparison.Ordinal));
        page.AssertClean();
    }

    private static async Task<long[]> IdsAsync(OpenPage page) =>
        await page.Page.EvaluateAsync<long[]>(
            "[...document.querySelectorAll('#decisions tbody tr:not([hidden])')].map(row => Number(row.dataset.decision))");

    private static async Task Condition(Func<Task<bool>> holds, string expected)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!await holds())
        {
            Assert.False(deadline.IsCancellationRequested, $"{expected}: not within 10 s");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    [GeneratedRegex(@"^2 of 4 cameras are on time\. ceiling is late: .* window is missing: nothing came from it for \d+ s\.$")]
    private static partial Regex Both();
}
