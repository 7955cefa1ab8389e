using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Jtfa.Interfaces;
using Jtfa.Language.Rings;
using Jtfa.Silo.Language;
using Jtfa.Silo.Tests.Http;
using Jtfa.Silo.Tests.Ingress;
using Jtfa.Testing.Language;

namespace Jtfa.Silo.Tests.Language;

/// <summary>A model in three stages, all of them grains of one silo.</summary>
[Collection(WholeSilo.Name)]
public sealed class ModelRingTests : IDisposable
{
    private const int Tokens = 600;

    private readonly string _file = Path.GetTempFileName();

    public ModelRingTests() => RandomModel.Write(_file, "llama:mqa", context: 100_000, blocks: 4);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_file);

    [Fact(Timeout = 120_000)]
    public async Task Stages_that_are_lost_come_back_and_texts_are_those_of_the_whole_model()
    {
        await using var silo = await HttpSilo.StartAsync(
        [
            ("Jtfa:Cluster:SiloName", "one"), .. Model(0, "whole"), .. Model(1, "staged"), .. Plan(1, "one", 1, 2, 1),
        ]);
        Assert.Equal(await TextAsync(silo, "whole", "Once"), await TextAsync(silo, "staged", "Once"));

        var texts = Task.WhenAll(Enumerable.Range(0, 4).Select(i => TextAsync(silo, "staged", $"A silo {i}")));
        var model = silo.Grains.GetGrain<IModelGrain>("staged");
        for (var stage = 1; stage <= 2 && !texts.IsCompleted; stage++)
        {
            var before = (await model.GetStatusAsync(Cancel))!.CompletionTokens;
            await ApiTests.UntilAsync(
                () => model.GetStatusAsync(Cancel)!, status => status!.CompletionTokens > before + 20 || texts.IsCompleted);
            await silo.Grains.GetGrain<IStageGrain>($"staged/one/{stage}/one").CloseAsync();
        }

        foreach (var (text, i) in (await texts).Select((text, i) => (text, i)))
            Assert.Equal(await TextAsync(silo, "whole", $"A silo {i}"), text);
        Assert.Null((await model.GetStatusAsync(Cancel))!.Fault);

        await model.UnloadAsync(Cancel); // its stages go with it
        await ApiTests.UntilAsync(
            () => silo.Grains.GetGrain<IStageGrain>("staged/one/1/one").GetStatusAsync(), status => status is null);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stage_that_cannot_be_is_told_and_its_model_waits()
    {
        await using var silo = await HttpSilo.StartAsync(
            [("Jtfa:Cluster:SiloName", "one"), .. Model(0, "staged"), .. Plan(0, "one", 2, 3)]); // of a model with four
        using var refused = await silo.Client.PostAsJsonAsync("/v1/completions", Body("staged", "Once"), Cancel);
        Assert.Equal(503, (int)refused.StatusCode);
        Assert.Contains(
            "its last block is 3, and that of its plan is 4: set its Plan", await refused.Content.ReadAsStringAsync(Cancel),
            StringComparison.Ordinal);

        var stage = silo.Grains.GetGrain<IStageGrain>("staged/one/1/one");
        var starter = silo.Grains.CreateObjectReference<IRingObserver>(new Nobody());
        var opening = new StageOpening(7, 2, 2, 16, "F16", "another file", null);
        await ApiTests.UntilAsync(() => stage.OpenAsync(opening, starter), status => status.State == ModelState.Failed);
        Assert.Contains(
            "it is another model than the starter's: copy the starter's file", (await stage.GetStatusAsync())!.Fault,
            StringComparison.Ordinal);
        var nowhere = silo.Grains.GetGrain<IStageGrain>("staged/one/1/two");
        var fault = await Assert.ThrowsAnyAsync<Exception>(() => nowhere.GetStatusAsync());
        Assert.Contains("No silo of the cluster is named 'two'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_fault_of_a_plan_is_a_line_that_names_it()
    {
        var model = new ModelOptions
        {
            Name = "a",
            File = _file,
            Wire = (StateFormat)7,
            Plan = [new() { Silo = "one", First = 0, Count = 2 }, new() { Silo = "", First = 3, Count = 0 }],
        };
        Assert.Equal(
            [
                "Wire=7: allowed is F32, F16 or Q8", "Plan: stage 1 names no silo: allowed is a silo's name",
                "Plan: stage 1 has 0 blocks: allowed is 1 or more",
                "Plan: stage 1 begins with block 3: allowed is 2, which no stage has yet",
            ],
            model.Faults());
    }

    private static IEnumerable<(string, string)> Plan(int model, string silo, params int[] blocks)
    {
        for (var (stage, first) = (0, 0); stage < blocks.Length; first += blocks[stage++])
        {
            yield return ($"Jtfa:Language:Models:{model}:Plan:{stage}:Silo", silo);
            yield return ($"Jtfa:Language:Models:{model}:Plan:{stage}:First", $"{first}");
            yield return ($"Jtfa:Language:Models:{model}:Plan:{stage}:Count", $"{blocks[stage]}");
        }
    }

    private static async Task<string> TextAsync(HttpSilo silo, string model, string prompt)
    {
        using var answer = await silo.Client.PostAsJsonAsync("/v1/completions", Body(model, prompt), Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(answer.IsSuccessStatusCode, text);
        return (string)JsonNode.Parse(text)!["choices"]![0]!["text"]!;
    }

    private static JsonObject Body(string model, string prompt) => new()
    {
        ["model"] = model,
        ["prompt"] = prompt,
        ["max_tokens"] = Tokens,
        ["temperature"] = 0,
        ["logit_bias"] = new JsonObject { ["2"] = -100 },
    };

    private (string, string)[] Model(int index, string name) =>
    [
        ($"Jtfa:Language:Models:{index}:Name", name), ($"Jtfa:Language:Models:{index}:File", _file),
        ($"Jtfa:Language:Models:{index}:Pages", "512"),
    ];

    private sealed class Nobody : IRingObserver
    {
        public Task ReturnAsync(byte[] states) => Task.CompletedTask;

        public Task LoseAsync(int epoch, string fault) => Task.CompletedTask;
    }
}
