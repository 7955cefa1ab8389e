using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Jtfa.Interfaces;
using Jtfa.Silo.Tests.Http;
using Jtfa.Silo.Tests.Ingress;
using Jtfa.Testing.Language;
using Microsoft.Data.Sqlite;

namespace Jtfa.Silo.Tests.Language;

/// <summary>What live pages are told of language models, their minutes, and Orleans' dashboard.</summary>
[Collection(WholeSilo.Name)]
public sealed class ModelEndpointTests(LanguageSilo silo) : IClassFixture<LanguageSilo>
{
    private static readonly DateTimeOffset s_start = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_page_is_told_of_every_model_and_of_ones_seconds_each_once()
    {
        await using var page = await Events.OpenAsync(silo.Client, $"/v1/language/models/{LanguageSilo.Model}/live");
        var first = await page.NextAsync();
        Assert.Equal("model", first.EventType);
        Assert.Equal(
            [LanguageSilo.Model, LanguageSilo.Narrow, LanguageSilo.Brief, LanguageSilo.Encoder, LanguageSilo.Tight],
            Of(first.Data).Models.Select(model => model.Name));
        var generation = silo.Silo.Grains.GetGrain<IGenerationGrain>($"{LanguageSilo.Model}/shown");
        await generation.StartAsync(Request(LanguageSilo.Endless), Cancel);

        var (update, seconds) = (Of(first.Data), new List<ModelSecond>(Of(first.Data).Seconds));
        while (update.Models[0].Running == 0 || !seconds.Any(second => second is { Running: 1, Decoded: > 0, Batch: >= 1 }))
        {
            update = Of((await page.NextAsync()).Data);
            seconds.AddRange(update.Seconds);
        }

        Assert.Equal((ModelState.Loaded, 1), (update.Models[0].State, update.Models[0].Threads));
        Assert.InRange(update.Models[0].PagesRead, 1, 8192);
        await generation.CancelAsync();
        while (!seconds.Any(second => second is { Running: 0, Ended: > 0, FirstTokenP50: > 0, PerTokenP99: > 0 }))
            seconds.AddRange(Of((await page.NextAsync()).Data).Seconds);
        Assert.Equal(seconds.Select(second => second.Time).Distinct().Order(), seconds.Select(second => second.Time));
        Assert.All(seconds, second => Assert.True(double.IsNaN(second.Acceptance)));

        // An encoder says what it is once it is loaded.
        Assert.True((await silo.StatusAsync(LanguageSilo.Encoder)).GivesEmbeddings);
        Assert.False(update.Models[0].GivesEmbeddings);
    }

    [Fact(Timeout = 60_000)]
    public async Task Minutes_come_from_the_log_oldest_first()
    {
        Write(silo.Silo.Folder.FullName, 100);

        Assert.Equal(Enumerable.Range(97, 3), await AskAsync("?to=2026-11-21T12:00:00Z&limit=3"));
        Assert.Equal([10, 11], await AskAsync("?from=2026-11-21T10:10:00Z&to=2026-11-21T10:12:00Z"));
        var told = await silo.Client.GetFromJsonAsync<JsonArray>($"{Minutes}?to=2026-11-21T10:01:00Z", Cancel);
        var minute = Assert.Single(told!)!;
        Assert.Equal((17, 9, 0.02), ((int)minute["texts"]!, (int)minute["pagesPeak"]!, (double)minute["firstTokenP50"]!));
        Assert.Null(minute["batch"]);

        async Task<IEnumerable<int>> AskAsync(string query)
        {
            var minutes = await silo.Client.GetFromJsonAsync<ModelMinute[]>($"{Minutes}{query}", JtfaJson.Options, Cancel);
            return minutes!.Select(one => (int)((one.From - s_start.ToUnixTimeSeconds()) / 60));
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData("small/minutes?limit=0", 400, "limit=0: allowed is 1 … 10500")]
    [InlineData("small/minutes?from=2026-11-22T00:00:00Z&to=2026-11-21T00:00:00Z", 400, "allowed is no later than to")]
    [InlineData("nothing/minutes", 404, "known are small, narrow, short, encoder")]
    [InlineData("nothing/live", 404, "Language model 'nothing' is not configured")]
    public async Task What_is_wrong_is_told(string path, int status, string detail)
    {
        using var answer = await silo.Client.GetAsync($"/v1/language/models/{path}", Cancel);
        Assert.Equal((status, "application/problem+json"), ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        var told = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!["detail"]!;
        Assert.Contains(detail, (string)told!, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_minute_under_way_is_written_when_the_silo_stops_with_the_text_that_it_ended()
    {
        var file = Path.GetTempFileName();
        RandomModel.Write(file, "llama:mqa", context: 100_000);
        var own = await HttpSilo.StartAsync(
            ("Jtfa:Language:Threads", "1"), ("Jtfa:Language:Models:0:Name", "own"), ("Jtfa:Language:Models:0:File", file),
            ("Jtfa:Language:Models:0:Pages", "8192"), ("Jtfa:Cluster:SiloPort", $"{FreePorts.Next()}"),
            ("Jtfa:Cluster:ClientPort", $"{FreePorts.Next()}"));
        using (var answer = await own.Client.PostAsJsonAsync("/v1/completions", Body("own", 5), Cancel)) answer.EnsureSuccessStatusCode();
        var generation = own.Grains.GetGrain<IGenerationGrain>("own/endless");
        await generation.StartAsync(Request(LanguageSilo.Endless) with { Model = "own" }, Cancel);
        await own.StopAsync();

        var log = Path.Combine(own.Folder.FullName, "jtfa.db");
        await using var database = new SqliteConnection($"Data Source={log};Mode=ReadOnly;Pooling=False");
        await database.OpenAsync(Cancel);
        await using var command = database.CreateCommand();
        command.CommandText =
            "SELECT sum(length), sum(cancelled + abandoned + shut_down), sum(completion_tokens) >= 5, min(silo) = max(silo), min(silo) " +
            "FROM model_minutes WHERE model = 'own'";
        await using var row = await command.ExecuteReaderAsync(Cancel);
        Assert.True(await row.ReadAsync(Cancel));
        Assert.Equal((1, 1, true, true), (row.GetInt32(0), row.GetInt32(1), row.GetBoolean(2), row.GetBoolean(3)));
        Assert.Matches(@"^127\.0\.0\.1:\d+$", row.GetString(4));
        await row.DisposeAsync();
        await database.DisposeAsync();
        own.Folder.Delete(recursive: true);
        File.Delete(file);
    }

    [Fact(Timeout = 60_000)]
    public async Task Orleans_dashboard_shows_the_model_and_the_text_that_is_made()
    {
        var generation = silo.Silo.Grains.GetGrain<IGenerationGrain>($"{LanguageSilo.Model}/seen");
        await generation.StartAsync(Request(LanguageSilo.Endless), Cancel);
        await silo.StatusAsync(LanguageSilo.Model);
        Assert.True(await generation.RenewAsync());

        var seen = await ApiTests.UntilAsync(
            async () =>
            {
                Assert.True(await generation.RenewAsync());
                using var answer = await silo.Client.GetAsync("/orleans/DashboardCounters", Cancel);
                var text = await answer.Content.ReadAsStringAsync(Cancel);
                return answer.IsSuccessStatusCode ? ActivationsOf(JsonNode.Parse(text)!) : [];
            },
            activations => activations.GetValueOrDefault("Jtfa.Grains.GenerationGrain") > 0);

        Assert.True(seen.GetValueOrDefault("Jtfa.Grains.ModelGrain") > 0, string.Join(", ", seen));
        await generation.CancelAsync();
    }

    private static string Minutes => $"/v1/language/models/{LanguageSilo.Model}/minutes";

    private static ModelUpdate Of(string data) => JsonSerializer.Deserialize<ModelUpdate>(data, JtfaJson.Options)!;

    private static Dictionary<string, int> ActivationsOf(JsonNode counters) => counters["simpleGrainStats"]!.AsArray()
        .GroupBy(grain => (string)grain!["grainType"]!, grain => (int)grain!["activationCount"]!)
        .ToDictionary(grain => grain.Key, grain => grain.Sum());

    private static TextRequest Request(int tokens) => new()
    {
        Model = LanguageSilo.Model,
        Prompt = "Once",
        MaxTokens = tokens,
        Seed = 3,
        LogitBias = new() { [2] = -100 },
    };

    private static JsonObject Body(string model, int tokens) => new()
    {
        ["model"] = model,
        ["prompt"] = "Once",
        ["max_tokens"] = tokens,
        ["logit_bias"] = new JsonObject { ["2"] = -100 },
    };

    private static void Write(string folder, int count)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "jtfa.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = string.Create(CultureInfo.InvariantCulture, $"""
            WITH RECURSIVE minutes (at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM minutes WHERE at + 1 < {count})
            INSERT INTO model_minutes
            SELECT 'small', 'other:1', {s_start.ToUnixTimeSeconds()} + 60 * at, {s_start.ToUnixTimeSeconds()} + 60 * at + 60,
                7, 5, 2, 1, 1, 1, 4, 900, 300, 1200, 0.02, 0.03, 0.04, 0.01, 0.011, 0.012, 1.5, 2.5, NULL, 9 FROM minutes
            """);
        command.ExecuteNonQuery();
    }
}
