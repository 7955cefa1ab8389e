using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Jtfa.Interfaces;
using Jtfa.Language.Generation;
using Jtfa.Language.Serving;
using Jtfa.Silo.Tests.Http;
using Jtfa.Testing.Language;

namespace Jtfa.Silo.Tests.Language;

/// <summary>
/// A whole silo that serves a small model of random weights by two names, "small" and "narrow", of which the second computes one text at a
/// time and lets none wait; one whose texts are short; one that gives embeddings; and one with few pages, which are taken again and again.
/// </summary>
public sealed class LanguageSilo : IAsyncLifetime
{
    public const string Model = "small";
    public const string Narrow = "narrow";
    public const string Brief = "short";
    public const string Encoder = "encoder";
    public const string Tight = "tight";

    /// <summary>A text so long that it is not over before something is done to it.</summary>
    public const int Endless = 60_000;

    private readonly string _file = Path.GetTempFileName();
    private readonly string _shortFile = Path.GetTempFileName();
    private LanguageEngine _alone = null!;

    public string EncoderFile { get; } = Path.GetTempFileName();

    internal HttpSilo Silo { get; private set; } = null!;

    internal HttpClient Client => Silo.Client;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        RandomModel.Write(_file, "llama:mqa", context: 100_000);
        RandomModel.Write(EncoderFile, "bert");
        RandomModel.Write(_shortFile, "llama:mqa");
        _alone = LanguageEngine.Load(_file, 1, new EngineOptions { Pages = 1024 });
        Silo = await HttpSilo.StartAsync(
            ("Jtfa:Language:Threads", "1"),
            ("Jtfa:Language:MemoryMiB", "256"),
            ("Jtfa:Language:Models:0:Name", Model),
            ("Jtfa:Language:Models:0:File", _file),
            ("Jtfa:Language:Models:0:Pages", "8192"),
            ("Jtfa:Language:Models:1:Name", Narrow),
            ("Jtfa:Language:Models:1:File", _file),
            ("Jtfa:Language:Models:1:Preload", "false"),
            ("Jtfa:Language:Models:1:Pages", "8192"),
            ("Jtfa:Language:Models:1:MaxRunning", "1"),
            ("Jtfa:Language:Models:1:MaxWaiting", "0"),
            ("Jtfa:Language:Models:2:Name", Brief),
            ("Jtfa:Language:Models:2:File", _shortFile),
            ("Jtfa:Language:Models:3:Name", Encoder),
            ("Jtfa:Language:Models:3:File", EncoderFile),
            ("Jtfa:Language:Models:4:Name", Tight),
            ("Jtfa:Language:Models:4:File", _file),
            ("Jtfa:Language:Models:4:Pages", "120"),
            ("Jtfa:Language:Models:4:Preload", "false"));
    }

    public async ValueTask DisposeAsync()
    {
        await Silo.DisposeAsync();
        _alone.Dispose();
        File.Delete(_file);
        File.Delete(_shortFile);
        File.Delete(EncoderFile);
    }

    /// <summary>What the library says by itself.</summary>
    public async Task<string> AloneAsync(string prompt, GenerationOptions options) =>
        string.Concat((await PiecesAloneAsync(prompt, options)).Select(piece => piece.Text));

    /// <summary>The same, piece by piece.</summary>
    public async Task<List<GenerationPiece>> PiecesAloneAsync(string prompt, GenerationOptions options)
    {
        var tokenizer = _alone.Tokenizer;
        var accepted = Assert.IsType<Accepted>(_alone.Submit(new GenerationRequest
        {
            Prompt = [tokenizer.BosId!.Value, .. tokenizer.Encode(prompt, parseSpecial: true)],
            Options = options,
        }));
        var pieces = new List<GenerationPiece>();
        await foreach (var piece in accepted.Stream.ReadAllAsync(Cancel)) pieces.Add(piece);
        return pieces;
    }

    internal async Task<ModelStatus> StatusAsync(string model) =>
        (await Silo.Grains.GetGrain<IModelGrain>(model).GetStatusAsync(Cancel))!;

    /// <summary>Completes when no text has a page.</summary>
    internal Task<ModelStatus> UntilFreeAsync(string model) => ApiTests.UntilAsync(
        () => StatusAsync(model), status => status is { Running: 0, Waiting: 0, PagesRead: 0 });

    internal async Task<JsonNode> PostAsync(string url, JsonNode body, int status = 200)
    {
        using var answer = await Client.PostAsJsonAsync(url, body, Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(status == (int)answer.StatusCode, $"{(int)answer.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }
}
