using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Page.Tests.Stage;
using Microsoft.Playwright;

namespace Jtfa.Page.Tests;

/// <summary>Charts that go back further than a scene remembers: the log's minutes.</summary>
public sealed class HistoryTests
{
    private readonly Chromium _chromium;

    public HistoryTests(Chromium chromium) => _chromium = chromium;

    [Fact(Timeout = 60_000)]
    public async Task An_hour_and_a_day_come_from_the_log()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        silo.Minutes = Minutes(1440);
        await using var page = await _chromium.OpenAsync(silo.Url);
        await page.Expect("#verdict").ToHaveTextAsync("All 4 cameras are on time.");
        await page.Expect("#past-note").ToHaveTextAsync("");
        Assert.Empty(silo.MinuteQueries);

        var begun = DateTimeOffset.UtcNow;
        await ChooseAsync(page, "3600");
        await page.Expect("#past-note").ToHaveTextAsync("From the log: a value a minute, up to the last full one.");
        // The newest minute's, and no second of the scene's.
        await page.Expect("#tail-key .value").ToHaveTextAsync("1.75");
        await page.Expect("#accuracy-key .value >> nth=0").ToHaveTextAsync("60 %");
        await page.PictureAsync("history-1h");
        await ChooseAsync(page, "86400");
        await page.Expect("#past-note").ToHaveTextAsync("From the log: a value a minute, up to the last full one.");
        await page.PictureAsync("history-24h");
        var asked = silo.MinuteQueries.ToArray();
        Assert.Equal(2, asked.Length);
        Assert.InRange(begun - asked[0], TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(61));
        Assert.InRange(begun - asked[1], TimeSpan.FromHours(23.9), TimeSpan.FromHours(24.1));

        await ChooseAsync(page, "120");
        await page.Expect("#past-note").ToHaveTextAsync("");
        await page.Expect("#tail-key .value").Not.ToHaveTextAsync("1.75");
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_log_that_cannot_be_read_is_told_and_asked_again()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        (silo.Minutes, silo.IsLogAway) = (Minutes(30), true);
        await using var page = await _chromium.OpenAsync(silo.Url);
        await page.Expect("#verdict").ToHaveTextAsync("All 4 cameras are on time.");
        await ChooseAsync(page, "3600");
        await page.Expect("#past-note").ToHaveTextAsync("The log could not be read: The log is locked.");

        silo.IsLogAway = false;

        await Assertions.Expect(page["#past-note"]).ToHaveTextAsync(
            "From the log: a value a minute, up to the last full one.", new() { Timeout = 15_000 });
        Assert.True(silo.MinuteQueries.Count >= 2);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_scene_without_a_full_minute_says_so()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        await using var page = await _chromium.OpenAsync(silo.Url);
        await page.Expect("#verdict").ToHaveTextAsync("All 4 cameras are on time.");
        await ChooseAsync(page, "86400");
        await page.Expect("#past-note").ToHaveTextAsync("The log has no full minute of this scene yet.");
        page.AssertClean();
    }

    // By keyboard alone: a radio that has the focus goes to its neighbours by the arrow keys.
    private static async Task ChooseAsync(OpenPage page, string seconds)
    {
        var radios = page[$"#span input[value='{seconds}']"];
        await page["#span input:checked"].FocusAsync();
        for (var presses = 0; presses < 5 && !await radios.IsCheckedAsync(); presses++) await page.Page.Keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(radios).ToBeCheckedAsync();
    }

    // Latencies and accuracy rise and fall; an hour in the night without anything.
    private static SceneMinute[] Minutes(int count)
    {
        var newest = Math.Floor(TimeProvider.System.UnixSeconds() / 60) - 1;
        return [.. Enumerable.Range(0, count).Select(back => count - 1 - back).Where(back => back is < 600 or > 660).Select(back =>
        {
            var p50 = 0.02 + (0.01 * Math.Sin(back / 90.0));
            return new SceneMinute
            {
                Scene = "lobby",
                From = (newest - back) * 60,
                To = (newest - back + 1) * 60,
                Decisions = 600,
                ByK = 540 - (back % 7 * 10),
                Tokens = 1800,
                FillRatio = 0.75,
                P50 = p50,
                P90 = p50 * 1.25,
                P99 = p50 * 1.75,
                Bytes = 200_000,
                Late = 3,
                Lost = 1,
                Labelled = 500,
                Correct = back == 0 ? 300 : 430 + (back % 40),
                K = 3,
                T = TimeSpan.FromMilliseconds(120),
            };
        })];
    }
}
