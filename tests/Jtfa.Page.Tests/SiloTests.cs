using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Jtfa.Interfaces;
using Jtfa.Page.Tests.Stage;
using Jtfa.Testing.Language;
using Microsoft.Playwright;

namespace Jtfa.Page.Tests;

/// <summary>The page as a silo serves it, in a process of its own.</summary>
public sealed class SiloTests : IDisposable
{
    private readonly Workspace _workspace = new();
    private readonly Chromium _chromium;

    public SiloTests(Chromium chromium) => _chromium = chromium;

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task What_it_shows_is_what_the_silo_says()
    {
        await using var silo = await RunningSilo.StartAsync(_workspace, RunningSilo.BySequence(timeoutMs: 500));
        var url = await UrlAsync(silo);
        await using var page = await _chromium.OpenAsync(url);
        await page.Expect("#connection").ToHaveTextAsync("live");
        for (var decision = 1; decision <= 40; decision++)
        {
            if (decision % 5 == 0) silo.Socket.Send(decision, 0, label: 3, truth: 4);
            else silo.Socket.SendViews(decision, 0, 1, 2);
        }

        using var client = new HttpClient { BaseAddress = url };
        await page.Expect("[data-figure=rate] .with").ToHaveTextAsync("40 in all");
        var snapshot = (
            await client.GetFromJsonAsync<SceneSnapshot>("v1/scenes/default", JtfaJson.Options, TestContext.Current.CancellationToken))!;
        var said = snapshot.Statistics;
        Assert.Equal((40, 32, 8), (said.Decisions, said.ByK, said.ByT));
        await page.Expect("[data-figure=causes] .with").ToHaveTextAsync($"{said.ByK} : {said.ByT} in all");
        await Assertions.Expect(page.Figure("accuracy")).ToContainTextAsync(FormattableString.Invariant($"{said.Accuracy * 100:F1} %"));
        await Assertions.Expect(page["#strip .camera"]).ToHaveCountAsync(snapshot.Cameras.Length);
        var newest = snapshot.Decisions[^1];
        await Assertions.Expect(page[$"tr[data-decision='{newest.Id}'] .cause"]).ToHaveTextAsync($"{newest.Cause}");
        page.AssertClean();
    }

    [Fact(Timeout = 120_000)]
    public async Task Its_sliders_change_the_policy_and_a_killed_camera_is_missing_within_two_seconds()
    {
        await using var silo = await RunningSilo.StartAsync(_workspace, "--k", "3", "--n", "3", "--timeout", "80");
        var url = await UrlAsync(silo);
        await using var left = StartCamera(silo.Port, view: 0);
        await using var middle = StartCamera(silo.Port, view: 1);
        await using var right = StartCamera(silo.Port, view: 2);
        await using var page = await _chromium.OpenAsync(url);
        await page.Expect("#verdict").ToHaveTextAsync("All 3 cameras are on time.", new() { Timeout = 30_000 });

        var killed = Stopwatch.StartNew();
        right.Kill();
        await Assertions.Expect(page.Camera("view 2")).ToHaveAttributeAsync("data-timing", "Missing");
        var seen = killed.Elapsed;
        await page.Expect("#verdict").ToContainTextAsync("view 2 is missing");
        Assert.True(seen < TimeSpan.FromSeconds(2), $"seen after {seen}");

        // Of the two that are left a window must not wait for a third.
        await page["#policy-k"].FocusAsync();
        await page.Page.Keyboard.PressAsync("ArrowLeft");
        await page.Expect("#policy-phase").ToHaveTextAsync(new Regex("^holds"));
        await page.Expect("#policy-effect caption").ToContainTextAsync("K 3 → 2");
        using var client = new HttpClient { BaseAddress = url };
        var policy = await client.GetFromJsonAsync<ScenePolicy>(
            "v1/scenes/default/policy", JtfaJson.Options, TestContext.Current.CancellationToken);
        Assert.Equal((2, 3, 80, null), (policy!.K, policy.N, policy.T.TotalMilliseconds, policy.Beta));
        await page.Expect("#policy-effect tr >> nth=2").ToContainTextAsync(new Regex("100 %.*\\b[0-9] %|by T"));
        await page.PictureAsync("silo");
        page.AssertClean();
    }

    [Fact(Timeout = 120_000)]
    public async Task Orleans_dashboard_opens_by_the_pages_token_and_works_under_its_policy()
    {
        _workspace.Write("appsettings.json", """{"Jtfa":{"Http":{"RequireToken":true}}}""");
        await using var silo = await RunningSilo.StartAsync(_workspace, RunningSilo.BySequence(timeoutMs: 500));
        var url = await UrlAsync(silo);
        await using var page = await _chromium.OpenAsync(url);
        var token = await File.ReadAllTextAsync(_workspace["jtfa-http.token"], TestContext.Current.CancellationToken);
        await page["#token-text"].FillAsync(token.Trim());
        await page.Page.RunAndWaitForResponseAsync(
            () => page.Page.Keyboard.PressAsync("Enter"), answer => answer.Url == $"{url}orleans/token" && answer.Status == 204);
        silo.Socket.SendViews(1, 0, 1, 2);

        // A part of it each, with what it draws only when its script, its data and its styles came.
        foreach (var (part, words) in new[]
        {
            ("", "CLUSTER PROFILING"), ("grains", "SceneGrain"), ("silos", "Active"), ("lifecycle", "RuntimeInitialize"),
            ("preferences", "Preferences"),
        })
        {
            await page.Page.GotoAsync($"{url}orleans/#/{part}");
            await page.Page.ReloadAsync();
            await Assertions.Expect(page["body"]).ToContainTextAsync(words, new() { IgnoreCase = true, Timeout = 30_000 });
            await page.PictureAsync($"orleans-{part}", isWhole: false);
        }

        Assert.Equal("", await page.Page.EvaluateAsync<string>("document.cookie"));
        page.AssertClean();
    }

    [Fact(Timeout = 120_000)]
    public async Task Its_chat_streams_what_the_silos_model_says_and_a_stop_frees_its_pages()
    {
        RandomModel.Write(_workspace["small.gguf"], "llama:mqa", context: 100_000);
        _workspace.Write(
            "appsettings.json",
            """
            {"Jtfa":{"Http":{"RequireToken":true},
             "Language":{"Threads":1,"Models":[{"Name":"small","File":"small.gguf","Pages":8192}]}}}
            """);
        await using var silo = await RunningSilo.StartAsync(_workspace, RunningSilo.BySequence(timeoutMs: 500));
        var url = await UrlAsync(silo);
        var token = (await File.ReadAllTextAsync(_workspace["jtfa-http.token"], TestContext.Current.CancellationToken)).Trim();
        await using var page = await _chromium.OpenAsync(url, "#model=small");
        await page["#token-text"].FillAsync(token);
        await page.Page.Keyboard.PressAsync("Enter");
        await page.Expect("#served-state").ToHaveTextAsync("It is loaded, and writes nothing now.");

        // Random weights would end a text whenever.
        await page.Page.RouteAsync("**/v1/chat/completions", route =>
        {
            var body = JsonNode.Parse(route.Request.PostData!)!;
            body["logit_bias"] = new JsonObject { ["2"] = -100 };
            return route.ContinueAsync(new() { PostData = Encoding.UTF8.GetBytes(body.ToJsonString()) });
        });
        await page["#chat-wishes summary"].ClickAsync();
        await page["#chat-most"].FillAsync("3");
        await page["#chat-text"].FillAsync("Once");
        await page.Page.Keyboard.PressAsync("Enter");
        await page.Expect(".turn .cost >> nth=1").ToHaveTextAsync(new Regex(@"^3 text tokens in .* s · prompt \d+"));

        await page["#chat-most"].FillAsync("");
        await page["#chat-text"].FillAsync("Upon a time");
        await page["#chat-send"].ClickAsync();
        await page.Expect("#served-state").ToHaveTextAsync("One text is written.");
        await page["#chat-stop"].ClickAsync();
        await page.Expect("#chat-note").ToHaveTextAsync("stopped");
        await page.Expect("#served-state").ToHaveTextAsync("It is loaded, and writes nothing now.");
        await Assertions.Expect(page.Figure("pages")).ToContainTextAsync(new Regex("^0"));
        await Assertions.Expect(page.Figure("first50")).ToContainTextAsync("in a minute");
        await page.PictureAsync("silo-model");
        page.AssertClean();
    }

    private static async Task<Uri> UrlAsync(RunningSilo silo) =>
        new((await silo.Program.Errors.MatchAsync(@"HTTP on (http://[^\s,]+)")).Groups[1].Value);

    private ProgramRun StartCamera(int port, int view) =>
        ProgramRun.Jtfa(_workspace, "camera", "--source", "random", "--view", $"{view}", "--seed", $"{view}", "--to", $"127.0.0.1:{port}");
}
