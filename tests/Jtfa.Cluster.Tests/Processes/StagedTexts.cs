using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json.Nodes;
using Jtfa.Language.Serving;
using Jtfa.Testing.Language;

namespace Jtfa.Cluster.Tests.Processes;

/// <summary>
/// Texts of a model that three silos share, all under way at once. Several: where a silo is lost, it matters which of their grains were
/// registered there.
/// </summary>
internal sealed class StagedTexts : IDisposable
{
    private const int Tokens = 800;
    private const string Model = "staged";

    private static readonly string[] s_prompts = ["Once", "upon", "a", "time", "there", "was"];

    private readonly Workspace _files = new();

    public StagedTexts() => RandomModel.Write(_files["model.gguf"], "llama:mqa", context: 100_000, blocks: 4);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A cluster that has the model in three stages.</summary>
    public ClusterPlan Plan => new()
    {
        FusionSilos = 3,
        CameraSilos = 0,
        Scenes = 1,
        ModelFile = _files["model.gguf"],
        ModelBlocks = [1, 2, 1],
    };

    /// <summary>What an engine says that has the whole model.</summary>
    public async Task<string[]> AloneAsync()
    {
        using var engine = LanguageEngine.Load(_files["model.gguf"], 1, new EngineOptions { Pages = 1024 });
        return await Task.WhenAll(s_prompts.Select(prompt => AloneAsync(engine, prompt)));
    }

    /// <summary>Reads all texts at once, and does something to the cluster when all of them are under way.</summary>
    /// <param name="client">A client of one of the silos.</param>
    /// <param name="disturb">What.</param>
    /// <param name="keepSeconds">How long they are kept.</param>
    public static async Task<ReadText[]> ReadAsync(HttpClient client, Func<Task> disturb, int keepSeconds = 0)
    {
        var begun = s_prompts.Select(_ => new TaskCompletionSource()).ToArray();
        var reading = Task.WhenAll(s_prompts.Select((prompt, i) => ReadAsync(client, prompt, keepSeconds, begun[i])));
        if (await Task.WhenAny(reading, Task.WhenAll(begun.Select(one => one.Task))) == reading) await reading; // with its fault, if any
        await disturb();
        return await reading;
    }

    public void Dispose() => _files.Dispose();

    private static async Task<ReadText> ReadAsync(HttpClient client, string prompt, int keepSeconds, TaskCompletionSource begun)
    {
        var body = new JsonObject
        {
            ["model"] = Model,
            ["prompt"] = prompt,
            ["max_tokens"] = Tokens,
            ["temperature"] = 0,
            ["stream"] = true,
            ["logit_bias"] = new JsonObject { ["2"] = -100 },
        };
        if (keepSeconds > 0) body["jtfa_keep"] = keepSeconds;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = JsonContent.Create(body) };
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        if (!answer.IsSuccessStatusCode) Assert.Fail(await answer.Content.ReadAsStringAsync(Cancellation));
        var (text, pieces, id, last, longest) = (new StringBuilder(), 0, "", Stopwatch.GetTimestamp(), TimeSpan.Zero);
        await foreach (var one in SseParser.Create(await answer.Content.ReadAsStreamAsync(Cancellation)).EnumerateAsync(Cancellation))
        {
            if (one.Data == "[DONE]") return new(id, text.ToString(), null, longest);
            if (Stopwatch.GetElapsedTime(last) is var pause && pause > longest) longest = pause;
            last = Stopwatch.GetTimestamp();
            var piece = JsonNode.Parse(one.Data)!;
            if (piece["error"] is { } error) return new(id, text.ToString(), error.ToJsonString(), longest);
            id = (string)piece["id"]!;
            text.Append((string)piece["choices"]![0]!["text"]!);
            if (++pieces == Tokens / 5) begun.TrySetResult();
        }

        throw new InvalidOperationException($"The text {id} has no end after {pieces} pieces.");
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

/// <summary>A text as a reader has it.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Text">What it says.</param>
/// <param name="Error">The event that ended it before its time; null: it is whole.</param>
/// <param name="LongestPause">The longest time without an event.</param>
internal sealed record ReadText(string Id, string Text, string? Error, TimeSpan LongestPause);
