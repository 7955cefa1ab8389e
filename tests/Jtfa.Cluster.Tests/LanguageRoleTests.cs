using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Jtfa.Cluster.Tests.Processes;
using Jtfa.Testing.Language;
using Npgsql;

namespace Jtfa.Cluster.Tests;

/// <summary>Language silos beside a fusion silo, as processes: whoever is asked answers with the models of all.</summary>
public sealed class LanguageRoleTests
{
    private const int TestTimeout = 180_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task A_fusion_silo_answers_for_models_of_others_and_a_kept_text_survives_its_silo()
    {
        await using var stage = await ClusterStage.StartAsync(
            new ClusterPlan { FusionSilos = 1, CameraSilos = 0, Scenes = 1, Models = [["small", "other"], ["small"]] });
        var cluster = stage.Cluster;
        using var fusion = Http(cluster.Fusion[0]);
        using var language = Http(cluster.Language[0]);

        // Each model once, whoever is asked.
        foreach (var asked in new[] { fusion, language })
        {
            await ClusterStage.UntilAsync(async () => await StatesAsync(asked) is ["other Loaded 1", "small Loaded 1"]);
            var answer = await CompleteAsync(asked, "other", tokens: 20);
            Assert.Equal(20, (int)answer["usage"]!["completion_tokens"]!);
        }

        // A language silo has no scenes, and no grain of the others'.
        using (var scenes = await language.GetAsync("/v1/scenes", Cancellation)) Assert.Equal(404, (int)scenes.StatusCode);
        Assert.StartsWith("Healthy", await language.GetStringAsync("/readyz", Cancellation), StringComparison.Ordinal);
        Assert.Contains("jtfa_language_tokens", await language.GetStringAsync("/metrics", Cancellation), StringComparison.Ordinal);
        using (var refused = await fusion.PostAsJsonAsync("/v1/completions", Body("none", 5), Cancellation))
            Assert.Equal(404, (int)refused.StatusCode);
        int[] ports = [.. cluster.Language.Select(silo => silo.SiloPort)];
        var active = await stage.Client.ActiveGrainsAsync();
        Assert.All(active.Where(grain => grain.Type == "model" && grain.Key != "none"), grain => Assert.Contains(grain.SiloPort, ports));
        Assert.DoesNotContain(
            active, grain => ports.Contains(grain.SiloPort) && grain.Type is "scene" or "fusionwindow" or "cameraview");

        // The text of a silo that dies is made on the other one, of the same seed.
        var body = Body("small", 2_000);
        (body["stream"], body["jtfa_keep"], body["temperature"]) = (true, 600, 1);
        await using var begun = await TextStream.PostAsync(fusion, "/v1/completions", body);
        await begun.NextAsync(20);
        var generation = (await stage.Client.ActiveGrainsAsync()).Single(grain => grain.Key == $"small/{begun.Id}");
        await cluster.Language.Single(silo => silo.SiloPort == generation.SiloPort).KillAsync();
        await ClusterStage.UntilAsync(async () => await StatusAsync(fusion, $"/v1/generations/{begun.Id}") == 200);
        await using var rest = await TextStream.GetAsync(fusion, begun.Id, begun.Read);
        await rest.ToEndAsync();
        var whole = JsonNode.Parse(await fusion.GetStringAsync($"/v1/generations/{begun.Id}", Cancellation))!;
        Assert.Equal((string)whole["choices"]![0]!["text"]!, begun.Text + rest.Text);
        Assert.Equal(2_000, (int)whole["usage"]!["completion_tokens"]!);

        // Each text's row is in the one database; the text that was made again has one.
        await ClusterStage.UntilAsync(async () => await CountAsync(stage, "generations") == 3);
        Assert.Equal(1, await CountAsync(stage, "generation_requests"));
        using var deleted = await fusion.DeleteAsync($"/v1/generations/{begun.Id}", Cancellation);
        Assert.Equal(204, (int)deleted.StatusCode);
        Assert.Equal(0, await CountAsync(stage, "generation_requests"));
    }

    private static HttpClient Http(ClusterSilo silo) => new() { BaseAddress = new Uri($"http://127.0.0.1:{silo.HttpPort}") };

    private static JsonObject Body(string model, int tokens) => new()
    {
        ["model"] = model,
        ["prompt"] = "Once",
        ["max_tokens"] = tokens,
        ["logit_bias"] = new JsonObject { ["2"] = -100 },
    };

    private static async Task<JsonNode> CompleteAsync(HttpClient client, string model, int tokens)
    {
        using var answer = await client.PostAsJsonAsync("/v1/completions", Body(model, tokens), Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    private static async Task<int> StatusAsync(HttpClient client, string url)
    {
        using var answer = await client.GetAsync(url, Cancellation);
        return (int)answer.StatusCode;
    }

    private static async Task<string[]> StatesAsync(HttpClient client)
    {
        var listed = JsonNode.Parse(await client.GetStringAsync("/v1/models", Cancellation))!;
        return
        [
            .. listed["data"]!.AsArray().Select(model => model!["status"]!)
                .Select(status => $"{status["name"]} {status["state"]} {status["threads"]}").Order(),
        ];
    }

    private static async Task<long> CountAsync(ClusterStage stage, string table)
    {
        await using var connection = new NpgsqlConnection(stage.Cluster.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM {table}", connection);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
