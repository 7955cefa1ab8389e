using System.Text.RegularExpressions;
using Jtfa.Interfaces;
using Jtfa.Page.Tests.Stage;
using Microsoft.Playwright;

namespace Jtfa.Page.Tests;

/// <summary>The policy's sliders.</summary>
public sealed class PolicyTests
{
    private readonly Chromium _chromium;

    public PolicyTests(Chromium chromium) => _chromium = chromium;

    [Fact(Timeout = 60_000)]
    public async Task A_slider_acts_at_once_by_keyboard_and_says_when_it_holds()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        await using var page = await _chromium.OpenAsync(silo.Url);
        await page.Expect("#policy-k-number").ToHaveValueAsync("3");

        await page["#policy-k"].FocusAsync();
        await page.Page.Keyboard.PressAsync("ArrowLeft");
        await page.Expect("#policy-phase").ToHaveTextAsync(new Regex("^takes hold in 0\\.[0-9] s$"));
        await page.Expect("#policy-phase").ToHaveTextAsync(new Regex("^holds"));
        Assert.Equal(silo.Scenes[0].Routing.Previous with { K = 2 }, Assert.Single(silo.Policies));
        await page.Expect("#policy-effect caption").ToContainTextAsync("What K 3 → 2 did");
        await page.Expect("#policy-k").ToHaveAttributeAsync("aria-valuetext", "2 of 4 cameras");

        await page["#policy-t"].FocusAsync();
        for (var press = 0; press < 30; press++) await page.Page.Keyboard.PressAsync("ArrowLeft");
        await Assertions.Expect(page["#policy-t-number"]).Not.ToHaveValueAsync("120");
        await page.Expect("#policy-effect caption").ToContainTextAsync("T 120 →");
        Assert.InRange(silo.Policies.Last().T.TotalMilliseconds, 40, 100);
        Assert.InRange(silo.Policies.Count, 2, 12);
        await page.PictureAsync("policy-changed");

        await page["button.back"].ClickAsync();
        await page.Expect("#policy-k-number").ToHaveValueAsync("3");
        await page.Expect("#policy-t-number").ToHaveValueAsync("120");
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_number_may_be_typed_and_what_the_silo_refuses_is_said_beside_it()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        silo.Faults = ["T=99999 ms: allowed is above 0 … 60000 ms"];
        await using var page = await _chromium.OpenAsync(silo.Url);
        await page.Expect("#policy-t-number").ToHaveValueAsync("120");

        await page["#policy-t-number"].FillAsync("99999");
        await page.Page.Keyboard.PressAsync("Enter");
        await page.Expect("#policy-fault").ToHaveTextAsync(silo.Faults[0]);
        await page.Page.Keyboard.PressAsync("Tab");
        await page.Expect("#policy-t-number").ToHaveValueAsync("120");

        silo.Faults = [];
        await page["#policy-t-number"].FillAsync("37.5");
        await page.Page.Keyboard.PressAsync("Enter");
        await page.Expect("#policy-fault").ToBeHiddenAsync();
        await page.Expect("#policy-phase").ToHaveTextAsync(new Regex("^holds"));
        Assert.Equal(37.5, silo.Policies.Last().T.TotalMilliseconds);
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task Beta_is_the_heads_own_or_the_users()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        await using var page = await _chromium.OpenAsync(silo.Url);
        await page.Expect("#beta-own").ToBeCheckedAsync();
        await page.Expect("#policy-beta").ToBeDisabledAsync();

        await page["#beta-own"].UncheckAsync();
        await page.Expect("#policy-beta").ToBeEnabledAsync();
        await page["#policy-beta"].FillAsync("4.5");
        await Assertions.Expect(page["#policy-effect caption"]).ToContainTextAsync("4.5");
        await page["#beta-own"].CheckAsync();
        await page.Expect("#policy-beta").ToBeDisabledAsync();
        await page.Expect("#policy-effect caption").ToContainTextAsync("→ own");
        Assert.Equal([4.5, null], silo.Policies.Select(policy => policy.Beta).Where(beta => beta != 1).Distinct());
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task An_adaptive_timeout_is_switched_on_and_shown_as_it_is_in_force_and_so_is_a_K_that_fell()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        await using var page = await _chromium.OpenAsync(silo.Url);
        await page.Expect("#policy-t").ToBeEnabledAsync();

        await page["#timeout-adaptive"].CheckAsync();
        await page.Expect("#policy-t").ToBeDisabledAsync();
        await page.Expect("#policy-phase").ToHaveTextAsync(new Regex("^holds"));
        var sent = Assert.Single(silo.Policies);
        Assert.Equal(silo.Scenes[0].Routing.Previous with { Timeout = WindowTimeout.Adaptive }, sent);
        silo.Scenes[0].Adapt(3, 5.34);
        await page.Expect("#policy-t-number").ToHaveValueAsync("5.3");
        await page.Expect("#policy-effect caption").ToContainTextAsync("timeout Fixed → Adaptive");

        silo.Scenes[0].Set(sent with { KMin = 2 });
        silo.Scenes[0].Adapt(2, 7);
        await page.Expect("#policy-k").ToHaveAttributeAsync("aria-valuetext", "3 of 4 cameras, now 2");
        await page.Expect("#policy-t-number").ToHaveValueAsync("7");
        await page["#timeout-adaptive"].UncheckAsync();
        await page.Expect("#policy-t").ToBeEnabledAsync();
        await page.Expect("#policy-t-number").ToHaveValueAsync("120");
        await page.Expect("#policy-effect caption").ToContainTextAsync("timeout Adaptive → Fixed");
        Assert.Equal((WindowTimeout.Fixed, 2), (silo.Policies.Last().Timeout, silo.Policies.Last().KMin));
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task Another_clients_policy_is_taken_over_but_not_from_under_the_hand()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        await using var page = await _chromium.OpenAsync(silo.Url);
        await page.Expect("#policy-w-number").ToHaveValueAsync("100");
        var policy = silo.Scenes[0].Routing.Current;
        silo.Scenes[0].Set(policy with { W = TimeSpan.FromMilliseconds(200) });
        await page.Expect("#policy-w-number").ToHaveValueAsync("200");

        // The hand is on T: it stays where it is held, whatever another client makes of T meanwhile; W is taken over all the same.
        var box = (await page["#policy-t"].BoundingBoxAsync())!;
        await page["#policy-t"].ScrollIntoViewIfNeededAsync();
        box = (await page["#policy-t"].BoundingBoxAsync())!;
        await page.Page.Mouse.MoveAsync(box.X + (box.Width * 0.5f), box.Y + (box.Height / 2));
        await page.Page.Mouse.DownAsync();
        await page.Expect("#policy-phase").ToHaveTextAsync(new Regex("^holds"));
        var held = await page["#policy-t"].InputValueAsync();
        silo.Scenes[0].Set(silo.Scenes[0].Routing.Current with { T = TimeSpan.FromMilliseconds(1500), W = TimeSpan.FromMilliseconds(400) });
        await page.Expect("#policy-w-number").ToHaveValueAsync("400");
        await page.Expect("#policy-t").ToHaveValueAsync(held);
        await page.Page.Mouse.UpAsync();
        await page.Expect("#policy-t-number").ToHaveValueAsync("1500");
        Assert.All(silo.Policies, sent => Assert.Equal(200, sent.W.TotalMilliseconds));
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task Dragging_sends_the_last_wish_and_few_on_the_way()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        await using var page = await _chromium.OpenAsync(silo.Url);
        await page.Expect("#policy-t-number").ToHaveValueAsync("120");
        await page["#policy-t"].ScrollIntoViewIfNeededAsync();
        var box = (await page["#policy-t"].BoundingBoxAsync())!;

        await page.Page.Mouse.MoveAsync(box.X + (box.Width * 0.6f), box.Y + (box.Height / 2));
        await page.Page.Mouse.DownAsync();
        await page.Page.Mouse.MoveAsync(box.X + (box.Width * 0.2f), box.Y + (box.Height / 2), new() { Steps = 60 });
        await page.Page.Mouse.UpAsync();

        await page.Expect("#policy-phase").ToHaveTextAsync(new Regex("^holds"));
        var shown = await page["#policy-t-number"].InputValueAsync();
        Assert.Equal(shown, $"{silo.Policies.Last().T.TotalMilliseconds}");
        Assert.InRange(silo.Policies.Last().T.TotalMilliseconds, 2, 12);
        Assert.InRange(silo.Policies.Count, 1, 10);
        page.AssertClean();
    }
}
