using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Jtfa.Silo.Language;
using Jtfa.Silo.Tests.Http;
using Jtfa.Silo.Tests.Ingress;
using Jtfa.Testing.Language;

namespace Jtfa.Silo.Tests.Language;

/// <summary>What the configuration may say of language models, and what holds where it says too much.</summary>
[Collection(WholeSilo.Name)]
public sealed class LanguageOptionsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Each_fault_is_a_line_that_names_it()
    {
        var file = typeof(LanguageOptionsTests).Assembly.Location; // any file
        var options = new LanguageOptions
        {
            Threads = -1,
            MemoryMiB = -5,
            Models =
            [
                new() { Name = "a/b", File = file },
                new() { Name = "a", File = "/no/such.gguf" },
                new() { Name = "a", File = file, Template = "/no/such.jinja", Ttl = TimeSpan.FromSeconds(-1), Pages = 1 },
            ],
        };
        var faults = options.Faults().ToList();
        string[] named =
        [
            "Jtfa:Language:Threads=-1", "MemoryMiB=-5", "Models:0:Name='a/b'", "Models:1:File=/no/such.gguf", "Models:2:Name='a'",
            "Models:2:Template=/no/such.jinja", "Models:2:Ttl=-00:00:01", "Models:2:Pages=1",
        ];
        Assert.All(named, name => Assert.Single(faults, fault => fault.Contains(name, StringComparison.Ordinal)));
        Assert.Equal(named.Length, faults.Count);
        Assert.Empty(new LanguageOptions().Faults());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_model_without_room_is_refused_with_what_is_lacking()
    {
        var file = Path.GetTempFileName();
        try
        {
            RandomModel.Write(file, "llama:mqa");
            await using var silo = await HttpSilo.StartAsync(
                ("Jtfa:Language:MemoryMiB", "1"), ("Jtfa:Language:Models:0:Name", "large"), ("Jtfa:Language:Models:0:File", file));
            using var answer = await silo.Client.PostAsJsonAsync(
                "/v1/completions", new JsonObject { ["model"] = "large", ["prompt"] = "Once" }, Cancel);
            Assert.Equal(503, (int)answer.StatusCode);
            var message = (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!["error"]!["message"]!;
            Assert.Contains("all may take 1 MiB", message, StringComparison.Ordinal);
            var listed = await silo.Client.GetFromJsonAsync<JsonNode>("/v1/models/large", Cancel);
            Assert.Equal("Failed", (string)listed!["status"]!["state"]!);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_silo_without_models_lists_none()
    {
        await using var silo = await HttpSilo.StartAsync();
        var listed = await silo.Client.GetFromJsonAsync<JsonNode>("/v1/models", Cancel);
        Assert.Empty(listed!["data"]!.AsArray());
        using var answer = await silo.Client.PostAsJsonAsync(
            "/v1/completions", new JsonObject { ["model"] = "any", ["prompt"] = "Once" }, Cancel);
        Assert.Equal(404, (int)answer.StatusCode);
    }
}
