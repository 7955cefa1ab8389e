using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Jtfa.Language.Decoding;
using Jtfa.Language.Generation;
using Jtfa.Language.Serving;

namespace Jtfa.System.Tests.Stage;

/// <summary>
/// A <c>jtfa silo</c> of its own process that serves a small model of random weights, and the same model alone in this process: what a text
/// is if nothing disturbs it.
/// </summary>
internal sealed class TextSilo : IAsyncDisposable
{
    public const string Model = "small";

    /// <summary>A text so long that it is not over before something is done to it.</summary>
    public const int Endless = 60_000;

    private const int End = 2; // the text token that would end a text
    private const double Never = -100;

    private readonly Workspace _workspace;
    private readonly string[] _options;
    private readonly LanguageEngine _alone;
    private RunningSilo? _silo;
    private HttpClient? _client;

    private TextSilo(Workspace workspace, int pages)
    {
        _workspace = workspace;
        var file = workspace["small.gguf"];
        RandomModel.Write(file, "llama:mqa", context: 100_000);
        _alone = LanguageEngine.Load(file, 1, new EngineOptions { Pages = 1024 });
        _options =
        [
            "--http", $"127.0.0.1:{FreePorts.Next()}",
            .. ((string[])["Threads=1", $"Models:0:Name={Model}", $"Models:0:File={file}", $"Models:0:Pages={pages}"])
                .SelectMany(setting => (string[])["--set", $"Jtfa:Language:{setting}"]),
        ];
    }

    public ProgramRun Program => _silo!.Program;

    public string Url => $"http://{_options[1]}";

    public static async Task<TextSilo> StartAsync(Workspace workspace, int pages)
    {
        var silo = new TextSilo(workspace, pages);
        await silo.StartAsync();
        return silo;
    }

    /// <summary>Starts it, again where it has ended, and waits until the model is loaded.</summary>
    public async Task StartAsync()
    {
        if (_silo is not null) await _silo.DisposeAsync();
        _client?.Dispose();
        _silo = await RunningSilo.StartAsync(_workspace, _options);
        await _silo.HttpAsync();
        _client = new HttpClient { BaseAddress = new Uri(Url) };
        await UntilAsync(status => (string)status["state"]! == "Loaded", "the model is loaded");
    }

    /// <summary>The body that asks for a text, streamed.</summary>
    public static JsonObject Body(string prompt, int tokens, int seed, string user = "") => new()
    {
        ["model"] = Model,
        ["prompt"] = prompt,
        ["max_tokens"] = tokens,
        ["temperature"] = 1,
        ["seed"] = seed,
        ["user"] = user,
        ["logit_bias"] = new JsonObject { [$"{End}"] = Never },
        ["stream"] = true,
    };

    /// <summary>The same text, undisturbed.</summary>
    public async Task<string> AloneAsync(string prompt, int tokens, int seed)
    {
        var tokenizer = _alone.Tokenizer;
        var accepted = Assert.IsType<Accepted>(_alone.Submit(new GenerationRequest
        {
            Prompt = [tokenizer.BosId!.Value, .. tokenizer.Encode(prompt, parseSpecial: true)],
            Options = new GenerationOptions
            {
                MaxTokens = tokens,
                Sampling = new SamplingOptions
                {
                    Temperature = 1,
                    Seed = (ulong)seed,
                    LogitBias = new Dictionary<int, double> { [End] = Never },
                },
            },
        }));
        var text = new StringBuilder();
        await foreach (var piece in accepted.Stream.ReadAllAsync(TestContext.Current.CancellationToken)) text.Append(piece.Text);
        return text.ToString();
    }

    /// <summary>Completes when no text runs, waits, or has a page.</summary>
    public Task UntilFreeAsync(double seconds = 10) => UntilAsync(
        status => (int)status["running"]! == 0 && (int)status["waiting"]! == 0 && (int)status["pagesRead"]! == 0, "all pages are free",
        seconds);

    /// <summary>Completes when the model's state is such.</summary>
    public Task<JsonNode> UntilAsync(Func<JsonNode, bool> holds, string expected, double seconds = 30) => Condition.HoldsAsync(
        async () => (await _client!.GetFromJsonAsync<JsonNode>($"/v1/models/{Model}", TestContext.Current.CancellationToken))!["status"]!,
        holds, expected, seconds);

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_silo is not null) await _silo.DisposeAsync();
        _alone.Dispose();
    }
}
