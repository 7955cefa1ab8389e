using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using Jtfa.Interfaces;
using Jtfa.Silo.Tests.Http;
using Jtfa.Silo.Tests.Ingress;
using Microsoft.Data.Sqlite;

namespace Jtfa.Silo.Tests.Language;

/// <summary>Texts of a silo's models: what they say and cost, and what is left of them when their readers go.</summary>
[Collection(WholeSilo.Name)]
public sealed class CompletionTests(LanguageSilo silo) : IClassFixture<LanguageSilo>
{
    private const string Completions = "/v1/completions";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_completion_tells_what_it_cost_and_ends_at_a_stop()
    {
        var alone = await silo.AloneAsync("Once", new()
        {
            MaxTokens = 30,
            Sampling = new() { Temperature = 1, Seed = 5, LogitBias = new Dictionary<int, double> { [2] = -100 } },
        });
        var whole = await silo.PostAsync(Completions, Body("Once", 30));

        Assert.Equal(alone, (string)whole["choices"]![0]!["text"]!);
        Assert.Equal("length", (string)whole["choices"]![0]!["finish_reason"]!);
        Assert.Equal(30, (int)whole["usage"]!["completion_tokens"]!);
        Assert.InRange((int)whole["usage"]!["prompt_tokens"]!, 5, 10);

        var stop = $"{alone.Skip(3).First(letter => letter is > ' ' and <= '~')}";
        var body = Body("Once", 30);
        body["stop"] = stop;
        var stopped = await silo.PostAsync(Completions, body);
        Assert.Equal(alone[..alone.IndexOf(stop, StringComparison.Ordinal)], (string)stopped["choices"]![0]!["text"]!);
        Assert.Equal("stop", (string)stopped["choices"]![0]!["finish_reason"]!);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stream_that_is_cut_frees_its_pages()
    {
        var body = Body("Once", LanguageSilo.Endless);
        body["stream"] = true;
        var before = await silo.UntilFreeAsync(LanguageSilo.Model);
        using (var request = new HttpRequestMessage(HttpMethod.Post, Completions) { Content = JsonContent.Create(body) })
        using (var answer = await silo.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel))
        {
            var events = SseParser.Create(await answer.Content.ReadAsStreamAsync(Cancel)).EnumerateAsync(Cancel);
            await foreach (var one in events)
            {
                Assert.Equal("text_completion", (string)JsonNode.Parse(one.Data)!["object"]!);
                break;
            }

            Assert.Equal(1, (await silo.StatusAsync(LanguageSilo.Model)).Running);
        }

        var after = await silo.UntilFreeAsync(LanguageSilo.Model);
        Assert.InRange(after.CompletionTokens - before.CompletionTokens, 1, LanguageSilo.Endless - 1);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_reader_that_vanishes_without_a_word_is_missed_within_seconds()
    {
        var generation = silo.Silo.Grains.GetGrain<IGenerationGrain>($"{LanguageSilo.Model}/vanished");
        var start = await generation.StartAsync(Request(LanguageSilo.Endless), Cancel);
        Assert.Equal(TextAnswer.Accepted, start.Answer);
        var began = TimeProvider.System.GetTimestamp();
        await using (var reader = generation.ReadAsync(0, Cancel).GetAsyncEnumerator(Cancel))
        {
            Assert.True(await reader.MoveNextAsync());
            await silo.UntilFreeAsync(LanguageSilo.Model);
        }

        Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalSeconds, GenerationReading.Lease.TotalSeconds - 1, 10);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cancelled_text_says_so_and_a_kept_one_is_read_again_from_anywhere()
    {
        var generation = silo.Silo.Grains.GetGrain<IGenerationGrain>($"{LanguageSilo.Model}/cancelled");
        await generation.StartAsync(Request(LanguageSilo.Endless), Cancel);
        var last = new TextPiece();
        await foreach (var piece in generation.ReadAllAsync(TimeProvider.System, cancellationToken: Cancel))
        {
            if (last.Token is null) await generation.CancelAsync();
            last = piece;
        }

        Assert.Equal(TextFinish.Cancelled, last.End?.Finish);

        var kept = silo.Silo.Grains.GetGrain<IGenerationGrain>($"{LanguageSilo.Model}/kept");
        await kept.StartAsync(Request(50) with { Keep = TimeSpan.FromMinutes(1) }, Cancel);
        var all = await ReadAsync(kept, 0);
        Assert.Equal(51, all.Count);
        var rest = await ReadAsync(kept, 20);
        Assert.Equal(all[20..].Select(piece => (piece.Text, piece.Token)), rest.Select(piece => (piece.Text, piece.Token)));
        await kept.CancelAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Pages_are_shared_within_an_owner_alone()
    {
        var prompt = string.Concat(Enumerable.Range(0, 40).Select(i => $"word{i} "));
        async Task<(int Prompt, int Cached, string Text)> AskAsync(string user)
        {
            var body = Body(prompt, 20);
            body["user"] = user;
            var answer = await silo.PostAsync(Completions, body);
            var usage = answer["usage"]!;
            return (
                (int)usage["prompt_tokens"]!, (int)usage["prompt_tokens_details"]!["cached_tokens"]!,
                (string)answer["choices"]![0]!["text"]!);
        }

        var (first, again, other) = (await AskAsync("ann"), await AskAsync("ann"), await AskAsync("bob"));
        Assert.Equal((0, 0), (first.Cached, other.Cached));
        Assert.InRange(again.Cached, again.Prompt - 32, again.Prompt - 1);
        Assert.Equal((first.Text, first.Text), (again.Text, other.Text));
    }

    [Fact(Timeout = 60_000)]
    public async Task Where_all_places_are_taken_a_caller_is_told_when_to_come_again()
    {
        var generation = silo.Silo.Grains.GetGrain<IGenerationGrain>($"{LanguageSilo.Narrow}/long");
        var taken = await generation.StartAsync(Request(LanguageSilo.Endless) with { Model = LanguageSilo.Narrow }, Cancel);
        Assert.Equal(TextAnswer.Accepted, taken.Answer);
        var body = Body("Once", 10);
        body["model"] = LanguageSilo.Narrow;
        using (var answer = await silo.Client.PostAsJsonAsync(Completions, body, Cancel))
        {
            Assert.Equal(429, (int)answer.StatusCode);
            Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
            Assert.Equal("rate_limit_error", (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!["error"]!["type"]!);
        }

        await generation.CancelAsync();
        await silo.UntilFreeAsync(LanguageSilo.Narrow);
        await silo.PostAsync(Completions, body);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_model_is_unloaded_and_the_next_request_loads_it()
    {
        var unloaded = await silo.PostAsync($"/v1/models/{LanguageSilo.Model}/unload", new JsonObject());
        Assert.Equal("Unloaded", (string)unloaded["status"]!["state"]!);
        Assert.Equal(0, (long)unloaded["status"]!["bytes"]!);
        await silo.PostAsync(Completions, Body("Once", 5));
        Assert.Equal(ModelState.Loaded, (await silo.StatusAsync(LanguageSilo.Model)).State);
        await silo.PostAsync("/v1/models/nothing/load", new JsonObject(), 404);
    }

    [Fact(Timeout = 60_000)]
    public async Task Each_text_leaves_a_row()
    {
        var whole = await silo.PostAsync(Completions, Body("Once", 12));
        var id = $"{LanguageSilo.Model}/{(string)whole["id"]!}";
        await using var database = new SqliteConnection($"Data Source={Path.Combine(silo.Silo.Folder.FullName, "jtfa.db")};Mode=ReadOnly");
        await database.OpenAsync(Cancel);
        await using var command = database.CreateCommand();
        command.CommandText =
            "SELECT prompt_tokens, completion_tokens, finish, ttft > 0 AND tpot > 0 AND jct >= ttft FROM generations WHERE id = $id";
        command.Parameters.AddWithValue("$id", id);
        var row = await ApiTests.UntilAsync(
            async () =>
            {
                await using var reader = await command.ExecuteReaderAsync(Cancel);
                return await reader.ReadAsync(Cancel)
                    ? (reader.GetInt32(0), reader.GetInt32(1), reader.GetString(2), reader.GetInt32(3))
                    : default;
            },
            read => read != default);
        Assert.Equal(((int)whole["usage"]!["prompt_tokens"]!, 12, "Length", 1), row);
    }

    [Fact(Timeout = 60_000)]
    public async Task Text_becomes_text_tokens_and_text_again()
    {
        var text = "Silo née 42 ✓";
        var tokens = await silo.PostAsync("/tokenize", new JsonObject { ["model"] = LanguageSilo.Model, ["content"] = text });
        var back = await silo.PostAsync(
            "/detokenize", new JsonObject { ["model"] = LanguageSilo.Model, ["tokens"] = tokens["tokens"]!.DeepClone() });
        // The vocabulary has no text token for the sign that stands for a blank, so that the sign comes back.
        Assert.Equal(text, ((string)back["content"]!).Replace('▁', ' ').TrimStart());
        var wrong = await silo.PostAsync(
            "/detokenize", new JsonObject { ["model"] = LanguageSilo.Model, ["tokens"] = new JsonArray(9999) }, 400);
        Assert.Contains("9999", (string)wrong["error"]!["message"]!);
    }

    private static JsonObject Body(string prompt, int tokens, bool stream = false, string model = LanguageSilo.Model) => new()
    {
        ["model"] = model,
        ["prompt"] = prompt,
        ["max_tokens"] = tokens,
        ["temperature"] = 1,
        ["seed"] = 5,
        ["logit_bias"] = new JsonObject { ["2"] = -100 },
        ["stream"] = stream,
    };

    private static TextRequest Request(int tokens) => new()
    {
        Model = LanguageSilo.Model,
        Prompt = "Once",
        MaxTokens = tokens,
        Temperature = 0.8,
        Seed = 3,
        LogitBias = new() { [2] = -100 },
    };

    private static async Task<List<TextPiece>> ReadAsync(IGenerationGrain generation, int from)
    {
        var pieces = new List<TextPiece>();
        await foreach (var piece in generation.ReadAllAsync(TimeProvider.System, from, Cancel)) pieces.Add(piece);
        return pieces;
    }
}
