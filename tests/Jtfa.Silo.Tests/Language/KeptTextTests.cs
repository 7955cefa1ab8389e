using System.Text.Json.Nodes;
using Jtfa.Silo.Tests.Ingress;
using Jtfa.Testing.Language;
using Microsoft.Data.Sqlite;

namespace Jtfa.Silo.Tests.Language;

/// <summary>Texts that are kept, by HTTP: read again from where a stream broke off, until their time is over.</summary>
[Collection(WholeSilo.Name)]
public sealed class KeptTextTests(LanguageSilo silo) : IClassFixture<LanguageSilo>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_stream_that_broke_off_is_read_from_there()
    {
        await using var begun = await TextStream.PostAsync(silo.Client, "/v1/chat/completions", Chat(tokens: 200, keep: 60));
        await begun.NextAsync(30);
        await begun.DisposeAsync();
        Assert.InRange(begun.Read, 20, 199);

        await using var rest = await TextStream.GetAsync(silo.Client, begun.Id, begun.Read);
        await rest.ToEndAsync();
        Assert.Equal((begun.Id, "chat.completion.chunk", 200), (rest.Id, rest.Kind, rest.Read));
        var whole = JsonNode.Parse(await silo.Client.GetStringAsync($"/v1/generations/{begun.Id}", Cancel))!;
        Assert.Equal(begun.Text + rest.Text, (string)whole["choices"]![0]!["message"]!["content"]!);
        Assert.Equal((begun.Id, "chat.completion", 200), (
            (string)whole["id"]!, (string)whole["object"]!, (int)whole["usage"]!["completion_tokens"]!));

        using (var deleted = await silo.Client.DeleteAsync($"/v1/generations/{begun.Id}", Cancel))
            Assert.Equal(204, (int)deleted.StatusCode);
        Assert.Equal(0, await RowsAsync());
        await AssertRefusedAsync($"/v1/generations/{begun.Id}", 404, "no such text");
    }

    [Fact(Timeout = 60_000)]
    public async Task One_that_is_still_made_ends_where_it_is_deleted()
    {
        await using var begun = await TextStream.PostAsync(
            silo.Client, "/v1/chat/completions", Chat(LanguageSilo.Endless, keep: 60));
        await begun.NextAsync(3);
        await begun.DisposeAsync();
        using var deleted = await silo.Client.DeleteAsync($"/v1/generations/{begun.Id}", Cancel);
        Assert.Equal(204, (int)deleted.StatusCode);
        await silo.UntilFreeAsync(LanguageSilo.Model);
        Assert.Equal(0, await RowsAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task One_that_an_unloading_cut_off_is_made_again()
    {
        await using var begun = await TextStream.PostAsync(silo.Client, "/v1/chat/completions", Chat(tokens: 2_000, keep: 60));
        await begun.NextAsync(5);
        await begun.DisposeAsync();
        await silo.PostAsync($"/v1/models/{LanguageSilo.Model}/unload", new JsonObject());
        await using var again = await TextStream.GetAsync(silo.Client, begun.Id, from: 0);
        await again.ToEndAsync();
        Assert.StartsWith(begun.Text, again.Text, StringComparison.Ordinal);
        Assert.Equal(2_000, again.Read);
        using var deleted = await silo.Client.DeleteAsync($"/v1/generations/{begun.Id}", Cancel);
    }

    [Fact(Timeout = 60_000)]
    public async Task It_is_forgotten_when_its_time_is_over()
    {
        await using var read = await TextStream.PostAsync(silo.Client, "/v1/chat/completions", Chat(tokens: 5, keep: 1));
        await read.ToEndAsync();
        Assert.Equal(1, await RowsAsync());
        await Condition.HoldsAsync(RowsAsync, rows => rows == 0, "it is forgotten");
        await AssertRefusedAsync($"/v1/generations/{read.Id}", 404, "no such text");
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_wrong_is_named()
    {
        foreach (var keep in new JsonNode[] { 0, 3601, 1.5, "1" })
        {
            var body = Chat(tokens: 5, keep: 1);
            body["jtfa_keep"] = keep.DeepClone();
            Assert.Equal("jtfa_keep", (string)(await silo.PostAsync("/v1/chat/completions", body, 400))["error"]!["param"]!);
        }

        await using var read = await TextStream.PostAsync(silo.Client, "/v1/chat/completions", Chat(tokens: 5, keep: 60));
        await read.ToEndAsync();
        var url = $"/v1/generations/{read.Id}";
        await AssertRefusedAsync($"{url}?stream=yes", 400, "'stream'");
        await AssertRefusedAsync($"{url}?from=3", 400, "'from'");
        await AssertRefusedAsync($"{url}?stream=true&from=-1", 400, "'from'");
        await AssertRefusedAsync("/v1/generations/chatcmpl-1", 404, "no such text");
        using var deleted = await silo.Client.DeleteAsync(url, Cancel);
    }

    private static JsonObject Chat(int tokens, int keep) => new()
    {
        ["model"] = LanguageSilo.Model,
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Once" }),
        ["max_tokens"] = tokens,
        ["temperature"] = 1,
        ["logit_bias"] = new JsonObject { ["2"] = -100 },
        ["stream"] = true,
        ["jtfa_keep"] = keep,
    };

    private async Task AssertRefusedAsync(string url, int status, string word)
    {
        using var answer = await silo.Client.GetAsync(url, Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(word, (string)JsonNode.Parse(text)!["error"]!["message"]!, StringComparison.Ordinal);
    }

    private async Task<long> RowsAsync()
    {
        await using var database = new SqliteConnection($"Data Source={Path.Combine(silo.Silo.Folder.FullName, "jtfa.db")};Mode=ReadOnly");
        await database.OpenAsync(Cancel);
        await using var command = database.CreateCommand();
        command.CommandText = "SELECT count(*) FROM generation_requests";
        return (long)(await command.ExecuteScalarAsync(Cancel))!;
    }
}
