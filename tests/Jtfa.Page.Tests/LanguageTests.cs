using System.Text.RegularExpressions;
using Deque.AxeCore.Playwright;
using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Page.Tests.Stage;
using Microsoft.Playwright;

namespace Jtfa.Page.Tests;

/// <summary>A language model on the page: how it is doing, and a conversation with it.</summary>
public sealed class LanguageTests
{
    private readonly Chromium _chromium;

    public LanguageTests(Chromium chromium) => _chromium = chromium;

    [Fact(Timeout = 60_000)]
    public async Task A_silo_without_models_shows_nothing_of_them()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        await using var page = await _chromium.OpenAsync(silo.Url);
        await Assertions.Expect(page.Camera("door")).ToBeVisibleAsync();

        await page.Expect("#lists").ToBeHiddenAsync();
        await page.Expect("#language").ToBeHiddenAsync();
        Assert.DoesNotContain("odel", await page["body"].InnerTextAsync(), StringComparison.Ordinal);
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task Figures_are_the_models_and_live()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        silo.Models = [new("glosses"), new("encoder")];
        silo.Models[1].Status = silo.Models[1].Status with { GivesEmbeddings = true, State = ModelState.Unloaded };
        await using var page = await _chromium.OpenAsync(silo.Url);
        await page.Expect("#models-summary").ToHaveTextAsync("2, 1 loaded");

        // By keyboard, from the scene to the model and back.
        await page["#models-list a >> nth=0"].FocusAsync();
        await page.Page.Keyboard.PressAsync("Enter");
        await page.Expect("#scene-name").ToHaveTextAsync("glosses");
        await page.Expect("#main").ToBeHiddenAsync();
        await page.Expect("#served-state").ToHaveTextAsync("2 texts are written, one waits.");
        await page.Expect("#served-size").ToHaveTextAsync(
            "24.3 MiB of weights and pages · 3 threads · texts of up to 2048 text tokens");
        await Assertions.Expect(page.Figure("first50")).ToContainTextAsync(new Regex(@"^\d\d\.\dms14 texts in a minute$"));
        await Assertions.Expect(page.Figure("decoded")).ToContainTextAsync("12 k in all");
        await Assertions.Expect(page.Figure("batch")).ToContainTextAsync("2.40");
        await Assertions.Expect(page.Figure("queue")).ToContainTextAsync("2 : 1");
        await Assertions.Expect(page.Figure("pages")).ToContainTextAsync("12 remembered, 975 free");
        await Assertions.Expect(page.Figure("acceptance")).ToBeHiddenAsync();
        await page.Expect("#each-key .value >> nth=0").ToHaveTextAsync("15.3 ms");

        silo.Models[0].Acceptance = 0.62;
        silo.Models[0].Status = silo.Models[0].Status with { Running = 1, Waiting = 0, Stalled = 1 };
        await page.Expect("#served-state").ToHaveTextAsync("One text is written, one stands still for its reader.");
        await Assertions.Expect(page.Figure("acceptance")).ToContainTextAsync("62 %");

        await page["#models-list a >> nth=1"].ClickAsync();
        await page.Expect("#served-state").ToHaveTextAsync("It is not loaded: the first message loads it.");
        silo.Models[1].Status = silo.Models[1].Status with { State = ModelState.Loaded };
        await page.Expect("#served-state").ToHaveTextAsync("It is loaded. It gives embeddings and writes no text.");
        await page.Expect("#chat").ToBeHiddenAsync();
        await page["#scenes-list a >> nth=0"].ClickAsync();
        await Assertions.Expect(page.Camera("door")).ToBeVisibleAsync();
        await page.Expect("#language").ToBeHiddenAsync();
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task The_ring_is_drawn_with_its_stages_and_a_silos_death_as_it_happens()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        var began = Math.Floor(TimeProvider.System.UnixSeconds());
        var whole = new RingStatus
        {
            Epoch = 7,
            IsAuto = true,
            Stages =
            [
                new("desk", 0, 6, 0.82, 31.4, 0, 9_540_000), new("pi-with-a-long-name.example", 6, 8, 0.61, 31.2, 2, 12_400_000),
                new("hall", 14, 1, double.NaN, double.NaN, 0, 0),
            ],
            Events = [new(began, RingEventKind.Whole, "6 … 13 on pi-with-a-long-name.example, 14 … 14 on hall")],
        };
        silo.Models = [new("glosses") { Ring = whole }];
        await using var page = await _chromium.OpenAsync(silo.Url, "#model=glosses", 360, 900, isDark: false, scale: 2);
        await page.Expect("#ring-words").ToHaveTextAsync("3 stages by the solver’s plan; texts go round through all of them.");
        await page.Expect("#ring-stages li").ToHaveCountAsync(3);
        await page.Expect("#ring-stages li >> nth=0").ToHaveTextAsync(
            new Regex(@"^deskstarter, blocks 0 – 5load 82 %31\.4 batches/s\d+ of 1024 pages, 9\.10 MiB$"));
        Assert.Equal(
            ["82%", "61%", "0%"], await page.Page.EvaluateAsync<string[]>(
                "[...document.querySelectorAll('#ring-stages .loaded')].map(bar => getComputedStyle(bar).backgroundSize.split(' ')[0])"));
        await page.Expect("#ring-stages li >> nth=1").ToContainTextAsync("31.2 batches/s, 2 waiting");
        await page.Expect("#ring-stages li >> nth=2").ToContainTextAsync("block 14load –– batches/s");
        Assert.Equal(360, await page.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        await page.PictureAsync("ring-360-light");
        var found = (await page.Page.RunAxe()).Violations.Where(rule => rule.Impact is "serious" or "critical");
        Assert.Empty(found.Select(rule => $"{rule.Id}: {string.Join(", ", rule.Nodes.Select(node => node.Html))}"));

        // A silo dies: texts wait, and then the new plan is there.
        const string Fault = "the stage of blocks 6 … 13 on pi-with-a-long-name.example is lost";
        RingEvent[] lost = [.. whole.Events, new(began + 1, RingEventKind.Lost, Fault)];
        silo.Models[0].Ring = whole with { Epoch = null, Fault = Fault, Events = lost };
        await page.Expect("#ring-words").ToHaveTextAsync($"Texts wait: {Fault}.");
        await page.Expect("#ring-events li >> nth=0").ToContainTextAsync(Fault);
        silo.Models[0].Ring = whole with
        {
            Epoch = 8,
            Stages = [whole.Stages[0], new("hall", 6, 9, 0.9, 20, 0, 14_000_000)],
            Events = [.. lost, new(began + 2, RingEventKind.Whole, "6 … 14 on hall")],
        };
        await page.Expect("#ring-stages li").ToHaveCountAsync(2);
        await page.Expect("#ring-stages li >> nth=1").ToContainTextAsync("hallblocks 6 – 14load 90 %");
        await page.Expect("#ring-events li").ToHaveCountAsync(3);
        await page.Expect("#ring-events li >> nth=0").ToContainTextAsync("all stages are there: 6 … 14 on hall");

        // One that is on one silo has none.
        silo.Models[0].Ring = null;
        await page.Expect("#ring").ToBeHiddenAsync();
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_model_is_unloaded_when_one_is_sure_and_loaded_again()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        silo.Models = [new("glosses")];
        await using var page = await _chromium.OpenAsync(silo.Url, "#model=glosses");
        await page.Expect("#served-load").ToBeHiddenAsync();

        await page["#served-unload"].ClickAsync();
        await page.Expect("#served-unload").ToHaveTextAsync("End 3 texts and unload");
        Assert.Equal(ModelState.Loaded, silo.Models[0].Status.State);
        await page["#served-unload"].ClickAsync();
        await page.Expect("#served-state").ToHaveTextAsync("It is not loaded: the first message loads it.");
        await page.Expect("#models-list .models-state").ToHaveTextAsync("not loaded");

        silo.Models[0].Refusal = (503, "It takes 900 MiB, and all may take 256 MiB.");
        await page["#served-load"].ClickAsync();
        await page.Expect("#served-fault").ToHaveTextAsync("It takes 900 MiB, and all may take 256 MiB.");
        silo.Models[0].Refusal = null;
        await page["#served-load"].ClickAsync();
        await page.Expect("#served-state").ToHaveTextAsync("It is loaded, and writes nothing now.");
        await page.Expect("#served-fault").ToHaveTextAsync("");
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_conversation_is_told_as_it_was_and_what_is_said_is_no_page()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        var model = new ScriptedModel("glosses") { Answer = ["<img src=x onerror=alert(1)>", "\n\n<b>no</b> ", "&amp; ü"] };
        (silo.Models, silo.Token) = ([model], "sesame");
        await using var page = await _chromium.OpenAsync(silo.Url, "#model=glosses");
        await page["#token-text"].FillAsync("sesame");
        await page.Page.Keyboard.PressAsync("Enter");
        await page.Expect("#served-state").ToBeVisibleAsync();
        await page["#chat-wishes summary"].ClickAsync();
        await page["#chat-system"].FillAsync("Be brief.");
        await page["#chat-temperature"].FillAsync("0.2");
        await page["#chat-seed"].FillAsync("7");
        await page["#chat-most"].FillAsync("40");

        await page["#chat-text"].FillAsync("<i>What</i> is a silo?");
        await page.Page.Keyboard.PressAsync("Enter");
        await page.Expect(".turn[data-role=assistant] .words").ToHaveTextAsync(
            "<img src=x onerror=alert(1)>\n\n<b>no</b> &amp; ü", new() { UseInnerText = true });
        await page.Expect(".turn[data-role=user] .words").ToHaveTextAsync("<i>What</i> is a silo?");
        await page.Expect(".turn .cost >> nth=1").ToHaveTextAsync(new Regex(@"^3 text tokens in .* s · prompt 11, 4 remembered$"));
        await page.Expect("#chat-log img, #chat-log b, #chat-log i").ToHaveCountAsync(0);
        await page.Expect("#chat-text").ToBeFocusedAsync();
        await page.Expect("#chat-log").Not.ToHaveAttributeAsync("aria-busy", "true");
        await page.Expect("#chat-note").ToHaveTextAsync("answered");

        await page.Page.Keyboard.TypeAsync("And");
        await page.Page.Keyboard.PressAsync("Shift+Enter");
        await page.Page.Keyboard.TypeAsync("a mill?");
        await page["#chat-send"].ClickAsync();
        await page.Expect(".turn").ToHaveCountAsync(4);
        await page.Expect("#chat-note").ToHaveTextAsync("answered");
        var asked = model.Requests.ToArray();
        Assert.Equal(
            """{"model":"glosses","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"<i>What</i> is a silo?"}],"stream":true,"stream_options":{"include_usage":true},"temperature":0.2,"seed":7,"max_tokens":40}""",
            asked[0].ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        Assert.Equal(
            ["Be brief.", "<i>What</i> is a silo?", string.Concat(model.Answer), "And\na mill?"],
            asked[1]["messages"]!.AsArray().Select(message => (string)message!["content"]!));

        await page["#chat-clear"].ClickAsync();
        await page.Expect(".turn").ToHaveCountAsync(0);
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task Stop_ends_an_answer_and_what_was_written_stays()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        var model = new ScriptedModel("glosses") { IsEndless = true };
        silo.Models = [model];
        await using var page = await _chromium.OpenAsync(silo.Url, "#model=glosses");
        await page["#chat-text"].FillAsync("Go on.");
        await page["#chat-send"].ClickAsync();
        await page.Expect(".turn[data-role=assistant] .words").ToContainTextAsync("A silo holds grain. 0");
        await page.Expect("#chat-stop").ToBeFocusedAsync();
        await page.Expect("#chat-log").ToHaveAttributeAsync("aria-busy", "true");
        Assert.False(model.Left.Task.IsCompleted);

        await page.Page.Keyboard.PressAsync("Enter");
        await model.Left.Task.WaitAsync(TestContext.Current.CancellationToken);
        await page.Expect("#chat-note").ToHaveTextAsync("stopped");
        await page.Expect(".turn[data-role=assistant] .words").ToContainTextAsync("A silo holds grain.");
        await page.Expect("#chat-text").ToBeFocusedAsync();
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_refusal_is_told_and_the_message_is_not_lost()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        silo.Models = [new("glosses") { Refusal = (429, "80 texts run and wait already: come again in 3 s.") }];
        await using var page = await _chromium.OpenAsync(silo.Url, "#model=glosses");
        await page["#chat-text"].FillAsync("What is a silo?");
        await page.Page.Keyboard.PressAsync("Enter");

        await page.Expect("#chat-fault").ToHaveTextAsync("80 texts run and wait already: come again in 3 s.");
        await page.Expect("#chat-text").ToHaveValueAsync("What is a silo?");
        await page.Expect(".turn").ToHaveCountAsync(0);
        silo.Models[0].Refusal = null;
        await page.Page.Keyboard.PressAsync("Enter");
        await page.Expect("#chat-note").ToHaveTextAsync("answered");
        await page.Expect("#chat-fault").ToHaveTextAsync("");
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task An_hour_comes_from_the_log()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        var newest = Math.Floor(TimeProvider.System.UnixSeconds() / 60) - 1;
        silo.Models =
        [
            new("glosses")
            {
                Minutes =
                [
                    .. Enumerable.Range(0, 50).Where(at => at is < 20 or > 25).Select(at => new ModelMinute
                    {
                        Model = "glosses",
                        Silo = "127.0.0.1:11111",
                        From = (newest - 49 + at) * 60,
                        To = (newest - 48 + at) * 60,
                        Stop = 30,
                        PromptTokens = 9000,
                        CachedTokens = 3000,
                        CompletionTokens = 1500,
                        FirstTokenP50 = 0.1 + (at * 0.001),
                        FirstTokenP99 = 0.3,
                        PerTokenP50 = 0.015,
                        PerTokenP99 = 0.020,
                        PagesPeak = 40 + at,
                    }),
                ],
            },
        ];
        await using var page = await _chromium.OpenAsync(silo.Url, "#model=glosses");
        await page.Expect("#served-state").ToBeVisibleAsync();
        await page["#span label >> nth=3"].ClickAsync();

        await page.Expect("#language-past").ToHaveTextAsync("From the log: a value a minute, up to the last full one.");
        await page.Expect("#speed-key .value >> nth=0").ToHaveTextAsync("100");
        await page.Expect("#speed-key .value >> nth=1").ToHaveTextAsync("25.0");
        await page.Expect("#first-key .value >> nth=0").ToHaveTextAsync("149 ms");
        await page.PictureAsync("model-1h");
        page.AssertClean();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_model_that_is_not_there_is_told_and_others_are_offered()
    {
        await using var silo = await ScriptedSilo.StartAsync();
        silo.Models = [new("glosses")];
        await using var page = await _chromium.OpenAsync(silo.Url, "#model=nothing");
        await page.Expect("#notice").ToContainTextAsync("This silo has no model 'nothing'.");
        await page["#notice a"].ClickAsync();
        await page.Expect("#scene-name").ToHaveTextAsync("glosses");
        await page.Expect("#notice").ToBeHiddenAsync();
    }

    [Theory(Timeout = 60_000)]
    [InlineData(360, true)]
    [InlineData(800, false)]
    [InlineData(1440, false)]
    [InlineData(1440, true)]
    public async Task Nothing_is_wider_than_the_screen_and_all_can_be_read(int width, bool isDark)
    {
        await using var silo = await ScriptedSilo.StartAsync();
        silo.Models =
        [
            new("a-language-model-with-a-very-long-name-q4_k")
            {
                Answer =
                [
                    "A silo is a tall building in which grain is kept until it is wanted.\n\n",
                    string.Concat(Enumerable.Repeat("x", 300)), "\n\nIn Orleans, a silo is a process that holds grains.",
                ],
                Acceptance = 0.71,
            },
            new("glosses"),
        ];
        await using var page = await _chromium.OpenAsync(
            silo.Url, $"#model={silo.Models[0].Status.Name}", width, 900, isDark, scale: width < 500 ? 2 : 1);
        await page["#chat-text"].FillAsync("What is a silo?");
        await page.Page.Keyboard.PressAsync("Enter");
        await page.Expect("#chat-note").ToHaveTextAsync("answered");
        await page["#chat-text"].FillAsync("And what is it to Orleans, in a sentence that is long enough to be broken on a small screen?");
        await page["#chat-wishes summary"].ClickAsync();

        Assert.Equal(width, await page.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        await page.PictureAsync($"model-{width}-{(isDark ? "dark" : "light")}");
        var found = (await page.Page.RunAxe()).Violations.Where(rule => rule.Impact is "serious" or "critical");
        Assert.Empty(found.Select(rule => $"{rule.Id}: {string.Join(", ", rule.Nodes.Select(node => node.Html))}"));
        page.AssertClean();
    }
}
