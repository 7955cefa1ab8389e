using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Jtfa.Client.Tests.Stage;

namespace Jtfa.Client.Tests.Language;

/// <summary>Language models by HTTP.</summary>
[Collection(LanguageStage.Name)]
public sealed class HttpLanguageTests(LanguageStage stage) : LanguageTests(stage), IDisposable
{
    private readonly HttpJtfaClient _client = new(stage.Silo.Http);

    protected override ILanguageClient Client => _client;

    public void Dispose() => _client.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task Embeddings_are_those_of_the_API()
    {
        using var http = new HttpClient { BaseAddress = Stage.Silo.Http };
        using var answer = await http.PostAsJsonAsync(
            "v1/embeddings", new JsonObject { ["model"] = LanguageStage.Encoder, ["input"] = "A silo" }, Cancel);
        var plain = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!["data"]![0]!["embedding"]!.AsArray();
        var told = await _client.GetEmbeddingGenerator(LanguageStage.Encoder).GenerateAsync(["A silo"], cancellationToken: Cancel);
        Assert.Equal(plain.Select(number => number!.GetValue<float>()), told[0].Vector.ToArray());
    }

    private protected override (ILanguageClient Client, int Retries) ClientOn(TimedClock clock)
    {
        var options = new HttpJtfaOptions { Clock = clock, RequestTimeout = Timeout.InfiniteTimeSpan };
        return (new HttpJtfaClient(Stage.Silo.Http, options), options.Retries);
    }

    protected override async Task<JtfaUnavailableException> LoseSiloAsync()
    {
        await using var proxy = new CuttingProxy(Stage.Silo.HttpPort);
        using var client = new HttpJtfaClient(proxy.Address);
        var options = Options();
        options.MaxOutputTokens = LanguageStage.Endless;
        var fault = await Assert.ThrowsAsync<JtfaUnavailableException>(async () =>
        {
            await foreach (var update in client.GetChatClient(LanguageStage.Random).GetStreamingResponseAsync(Messages, options, Cancel))
                if (update.Text.Length > 0) proxy.Cut();
        });
        await Stage.UntilFreeAsync(LanguageStage.Random); // the silo also learns of it
        return fault;
    }
}
