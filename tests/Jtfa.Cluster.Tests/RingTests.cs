using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json.Nodes;
using Jtfa.Cluster.Tests.Processes;
using Jtfa.Language.Serving;
using Jtfa.Testing.Language;

namespace Jtfa.Cluster.Tests;

/// <summary>A language model on three silos says what it says on one, also when a silo dies, hangs and comes back in the middle.</summary>
public sealed class RingTests(ITestOutputHelper output)
{
    private const int TestTimeout = 180_000;
    private const int Tokens = 800;

    // Several: where a silo is lost, it matters which of the texts' grains were registered there.
    private static readonly string[] s_prompts = ["Once", "upon", "a", "time", "there", "was"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task Texts_go_on_unchanged_when_a_silo_of_their_model_is_killed_or_hangs()
    {
        using var files = new Workspace();
        await using var stage = await StartAsync(files);
        var silos = stage.Cluster.Fusion;
        var expected = await AloneAsync(files["model.gguf"]);

        // Asked of a silo that is not the starter, which alone has texts.
        Assert.Equal(expected, await ReadAsync(silos[2], "no fault", () => Task.CompletedTask));
        Assert.Equal(expected, await ReadAsync(silos[0], "a silo is killed", silos[1].KillAsync));
        Assert.Contains("computes its texts anew", silos[0].Program.Errors.Text, StringComparison.Ordinal);
        await silos[1].StartAsync();
        Assert.Equal(expected, await ReadAsync(silos[0], "a silo hangs", () =>
        {
            silos[2].Program.Pause();
            return Task.CompletedTask;
        }));
    }

    private static Task<ClusterStage> StartAsync(Workspace files)
    {
        RandomModel.Write(files["model.gguf"], "llama:mqa", context: 100_000, blocks: 4);
        return ClusterStage.StartAsync(new ClusterPlan
        {
            FusionSilos = 3,
            CameraSilos = 0,
            Scenes = 1,
            ModelFile = files["model.gguf"],
            ModelBlocks = [1, 2, 1],
        });
    }

    // Reads all texts at once, and does something to the cluster in the middle of them.
    private async Task<string[]> ReadAsync(ClusterSilo silo, string what, Func<Task> disturb)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{silo.HttpPort}"), Timeout = TimeSpan.FromMinutes(2) };
        var begun = s_prompts.Select(_ => new TaskCompletionSource()).ToArray();
        var reading = Task.WhenAll(s_prompts.Select((prompt, i) => ReadAsync(client, prompt, begun[i])));
        await Task.WhenAny(reading, Task.WhenAll(begun.Select(one => one.Task)));
        await disturb();
        var read = await reading;
        output.WriteLine($"{what}: the longest pause was {read.Max(text => text.Pause).TotalSeconds:F2} s");
        return [.. read.Select(text => text.Text)];
    }

    private static async Task<(string Text, TimeSpan Pause)> ReadAsync(HttpClient client, string prompt, TaskCompletionSource begun)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
        {
            Content = JsonContent.Create(new JsonObject
            {
                ["model"] = "staged",
                ["prompt"] = prompt,
                ["max_tokens"] = Tokens,
                ["temperature"] = 0,
                ["stream"] = true,
                ["logit_bias"] = new JsonObject { ["2"] = -100 },
            }),
        };
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
        var (text, pieces, last, longest) = (new StringBuilder(), 0, Stopwatch.GetTimestamp(), TimeSpan.Zero);
        await foreach (var one in SseParser.Create(await answer.Content.ReadAsStreamAsync(Cancellation)).EnumerateAsync(Cancellation))
        {
            if (one.Data == "[DONE]") break;
            var piece = JsonNode.Parse(one.Data)!;
            Assert.True(piece["error"] is null, one.Data);
            text.Append((string)piece["choices"]![0]!["text"]!);
            if (Stopwatch.GetElapsedTime(last) is var pause && pause > longest) longest = pause;
            last = Stopwatch.GetTimestamp();
            if (++pieces == Tokens / 5) begun.TrySetResult();
        }

        return (text.ToString(), longest);
    }

    private static async Task<string[]> AloneAsync(string file)
    {
        using var engine = LanguageEngine.Load(file, 1, new EngineOptions { Pages = 1024 });
        return await Task.WhenAll(s_prompts.Select(prompt => AloneAsync(engine, prompt)));
    }

    private static async Task<string> AloneAsync(LanguageEngine engine, string prompt)
    {
        var accepted = Assert.IsType<Accepted>(engine.Submit(new GenerationRequest
        {
            Prompt = [engine.Tokenizer.BosId!.Value, .. engine.Tokenizer.Encode(prompt, parseSpecial: true)],
            Options = new()
            {
                MaxTokens = Tokens,
                Sampling = new() { Temperature = 0, LogitBias = new Dictionary<int, double> { [2] = -100 } },
            },
        }));
        var text = new StringBuilder();
        await foreach (var piece in accepted.Stream.ReadAllAsync(Cancellation)) text.Append(piece.Text);
        return text.ToString();
    }
}
