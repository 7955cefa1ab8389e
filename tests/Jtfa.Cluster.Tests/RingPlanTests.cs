using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Jtfa.Cluster.Tests.Processes;
using Jtfa.Interfaces;
using Jtfa.Language.Serving;
using Jtfa.Testing.Language;

namespace Jtfa.Cluster.Tests;

/// <summary>
/// A model whose plan the solver makes, over silos of uneven memory of which the starter alone has the file: as processes. Each block takes
/// 4 MiB with its pages, and the starter some KiB beside.
/// </summary>
public sealed class RingPlanTests
{
    private const int TestTimeout = 240_000;
    private const int Tokens = 1500;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task A_silo_that_comes_makes_the_plan_possible_and_texts_wait_for_it_when_it_is_lost()
    {
        using var files = new Workspace();
        await using var stage = await StartAsync(files, [5, 9, 5], late: 1);
        var silos = stage.Cluster.Fusion;
        using var starter = Http(silos[0]);

        // Two silos have room for three of the four blocks.
        await ClusterStage.UntilAsync(async () => await FaultAsync(starter) is { } fault
            && fault.Contains("add a silo, raise a silo's memory, or lower the model's pages", StringComparison.Ordinal));
        await silos[2].StartAsync();
        await ClusterStage.UntilAsync(async () => await StateAsync(starter) == "Loaded");
        var expected = await AloneAsync(files["model.gguf"]);
        using var other = Http(silos[1]);
        Assert.Equal(expected, await ReadAsync(other, () => Task.CompletedTask)); // whoever is asked
        var plan = (await PlanAsync(starter)).InForce!;
        Assert.True(plan.IsAuto);
        Assert.Equal(
            [("fusion-0", 1), ("fusion-1", 2), ("fusion-2", 1)],
            plan.Plan!.Stages.Select(one => (one.Silo, one.Count)).OrderBy(one => one.Silo));
        Assert.Equal("fusion-0", plan.Plan.Stages[0].Silo);
        Assert.True(plan.TokensPerSecond > 0 && plan.Stages.Length == 3);
        Assert.All(plan.Stages, one => Assert.InRange(one.Bytes, (long)one.Count << 22, (4L * one.Count + 1) << 20));

        // Nobody can take its block: texts wait, and go on as they were when it is there again.
        Assert.Equal(expected, await ReadAsync(starter, async () =>
        {
            await silos[2].KillAsync();
            await ClusterStage.UntilAsync(async () => await FaultAsync(starter) is { } fault
                && fault.StartsWith("there is no plan over the silos that are left: ", StringComparison.Ordinal));
            Assert.Null((await PlanAsync(starter)).InForce!.Plan);
            await silos[2].StartAsync();
        }));
    }

    [Fact(
        Timeout = TestTimeout,
        Skip = "One run in three did not end within its four minutes; perhaps for the cause that RingTests names. Not mended yet.")]
    public async Task A_silo_that_is_lost_makes_another_plan_at_once_and_texts_do_not_change()
    {
        using var files = new Workspace();
        await using var stage = await StartAsync(files, [9, 13, 13]);
        var silos = stage.Cluster.Fusion;
        using var starter = Http(silos[0]);
        await ClusterStage.UntilAsync(async () => await StateAsync(starter) == "Loaded" && await FaultAsync(starter) is null);
        var expected = await AloneAsync(files["model.gguf"]);
        Assert.Equal(expected, await ReadAsync(starter, () => Task.CompletedTask));

        // Of two silos that could have the starter's other blocks one has them; hops are what takes time in so small a model.
        for (var round = 0; round < 2; round++)
        {
            var used = "";
            await ClusterStage.UntilAsync(async () => // between texts another plan may begin
                (used = (await PlanAsync(starter)).InForce?.Plan?.Stages[^1].Silo ?? "").Length > 0);
            Assert.NotEqual("fusion-0", used);
            var lost = silos.Single(silo => silo.Name == used);
            Assert.Equal(expected, await ReadAsync(starter, lost.KillAsync));
            Assert.DoesNotContain(used, (await PlanAsync(starter)).InForce!.Plan!.Stages.Select(one => one.Silo));
            await lost.StartAsync();
        }

        Assert.Contains("has another plan, since a silo is lost", silos[0].Program.Errors.Text, StringComparison.Ordinal);
    }

    // Three silos with memory for blocks, of which the last come later.
    private static Task<ClusterStage> StartAsync(Workspace files, int[] memory, int late = 0)
    {
        RandomModel.Write(files["model.gguf"], "llama:mqa", context: 100_000, blocks: 4);
        return ClusterStage.StartAsync(new ClusterPlan
        {
            FusionSilos = 3,
            CameraSilos = 0,
            Scenes = 1,
            ModelFile = files["model.gguf"],
            IsModelPlanned = true,
            ModelMiB = memory,
            LateSilos = late,
        });
    }

    // Reads a text, and does something to the cluster in the middle of it.
    private static async Task<string> ReadAsync(HttpClient client, Func<Task> disturb)
    {
        await using var text = await TextStream.PostAsync(client, "/v1/completions", new JsonObject
        {
            ["model"] = "staged",
            ["prompt"] = "Once",
            ["max_tokens"] = Tokens,
            ["temperature"] = 0,
            ["stream"] = true,
            ["logit_bias"] = new JsonObject { ["2"] = -100 },
        });
        await text.NextAsync(Tokens / 5);
        await disturb();
        await text.ToEndAsync();
        return text.Text;
    }

    private static HttpClient Http(ClusterSilo silo) =>
        new() { BaseAddress = new Uri($"http://127.0.0.1:{silo.HttpPort}"), Timeout = TimeSpan.FromMinutes(2) };

    private static async Task<string?> FaultAsync(HttpClient client) =>
        (string?)(await client.GetFromJsonAsync<JsonNode>("/v1/models/staged", Cancellation))!["status"]!["fault"];

    private static async Task<string> StateAsync(HttpClient client) =>
        (string)(await client.GetFromJsonAsync<JsonNode>("/v1/models/staged", Cancellation))!["status"]!["state"]!;

    private static async Task<PlanProposal> PlanAsync(HttpClient client) => JsonSerializer.Deserialize<PlanProposal>(
        await client.GetStringAsync("/v1/language/models/staged/plan?sequences=4", Cancellation), JtfaJson.Options)!;

    private static async Task<string> AloneAsync(string file)
    {
        using var engine = LanguageEngine.Load(file, 1, new EngineOptions { Pages = 1024 });
        var accepted = Assert.IsType<Accepted>(engine.Submit(new GenerationRequest
        {
            Prompt = [engine.Tokenizer.BosId!.Value, .. engine.Tokenizer.Encode("Once", parseSpecial: true)],
            Options = new()
            {
                MaxTokens = Tokens,
                Sampling = new() { Temperature = 0, LogitBias = new Dictionary<int, double> { [2] = -100 } },
            },
        }));
        var text = new System.Text.StringBuilder();
        await foreach (var piece in accepted.Stream.ReadAllAsync(Cancellation)) text.Append(piece.Text);
        return text.ToString();
    }
}
