using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Jtfa.System.Tests;

/// <summary><c>jtfa silo --role language</c>, alone: what it serves, what it leaves out, and its death.</summary>
public sealed class LanguageSiloTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Kept_texts_of_a_silo_that_was_killed_go_on_after_its_restart_as_if_nothing_had_been()
    {
        RandomModel.Write(_workspace["small.gguf"], "llama:mqa", context: 100_000);
        TextStream chosen, seeded;
        await using (var killed = Start())
        {
            using var client = await ClientAsync(killed);
            chosen = await TextStream.PostAsync(client, "/v1/completions", Body(keep: true)); // of a seed that the silo chose
            seeded = await TextStream.PostAsync(client, "/v1/chat/completions", Chat(Body(keep: true), seed: 7));
            await chosen.NextAsync(20);
            await seeded.NextAsync(20);
            killed.Kill();
            await killed.ExitAsync();
        }

        await using var silo = Start();
        using var http = await ClientAsync(silo);
        foreach (var begun in new[] { chosen, seeded })
        {
            await using var rest = await TextStream.GetAsync(http, begun.Id, begun.Read);
            await rest.ToEndAsync();
            var whole = JsonNode.Parse(await http.GetStringAsync($"/v1/generations/{begun.Id}", Cancel))!["choices"]![0]!;
            Assert.Equal((string)(whole["text"] ?? whole["message"]!["content"])!, begun.Text + rest.Text);
            Assert.Equal((begun.Kind, 2_000), (rest.Kind, rest.Read));
        }

        using var answer = await http.PostAsJsonAsync("/v1/chat/completions", Chat(Body(keep: false), seed: 7), Cancel);
        var undisturbed = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!;
        var made = JsonNode.Parse(await http.GetStringAsync($"/v1/generations/{seeded.Id}", Cancel))!;
        Assert.Equal(
            (string)undisturbed["choices"]![0]!["message"]!["content"]!, (string)made["choices"]![0]!["message"]!["content"]!);
        await chosen.DisposeAsync();
        await seeded.DisposeAsync();

        // What it says of itself, and what it is without.
        await silo.Errors.MatchAsync("Language models small: all together may take 1024 MiB, and compute on 2 threads");
        var status = JsonNode.Parse(await http.GetStringAsync("/v1/models/small", Cancel))!["status"]!;
        Assert.Equal((2, 1L << 30), ((int)status["threads"]!, (long)status["mostBytes"]!));
        Assert.Contains("/v1/models", await http.GetStringAsync("/", Cancel), StringComparison.Ordinal);
        Assert.StartsWith("Healthy", await http.GetStringAsync("/readyz", Cancel), StringComparison.Ordinal);
        foreach (var url in new[] { "/v1/scenes", "/v1/live", "/v1/decisions", "/openapi/v1.json" })
            using (var missing = await http.GetAsync(url, Cancel)) Assert.Equal((url, 404), (url, (int)missing.StatusCode));
        Assert.DoesNotContain("UDP", silo.Errors.Text, StringComparison.Ordinal);
        var told = await ProgramRun.JtfaToEndAsync(_workspace, "status", "--server", http.BaseAddress!.ToString());
        Assert.True(told is { ExitCode: 0, Errors: [], Output: ["ready: Healthy", _, _] }, told.ToString());
        Assert.Matches("^small +loaded ", told.Output[2]);
    }

    [Fact(Timeout = 120_000)]
    public async Task Without_models_a_language_silo_says_so_and_a_fusion_silo_has_no_thread_for_them()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Threads are counted in /proc.");
        await using (var empty = ProgramRun.Jtfa(_workspace, ["silo", "--role", "language", .. RunningSilo.Ports()]))
        {
            await empty.Errors.MatchAsync("has none yet");
            await empty.Errors.MatchAsync("Silo is up");
        }

        await using var silo = await RunningSilo.StartAsync(_workspace);
        await silo.Program.Errors.MatchAsync("Silo is up");
        Assert.DoesNotContain("anguage model", silo.Program.Errors.Text, StringComparison.Ordinal);
        var threads = Directory.GetDirectories($"/proc/{silo.Program.Id}/task")
            .Select(task => File.ReadAllText(Path.Combine(task, "comm")));
        Assert.DoesNotContain(threads, name => name.StartsWith("language", StringComparison.Ordinal));
    }

    private static JsonObject Body(bool keep)
    {
        var body = new JsonObject
        {
            ["model"] = "small",
            ["prompt"] = "Once",
            ["max_tokens"] = 2_000,
            ["temperature"] = 1,
            ["logit_bias"] = new JsonObject { ["2"] = -100 },
            ["stream"] = keep,
        };
        if (keep) body["jtfa_keep"] = 600;
        return body;
    }

    private static JsonObject Chat(JsonObject body, int seed)
    {
        body.Remove("prompt");
        body["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Once" });
        body["seed"] = seed;
        return body;
    }

    private static async Task<HttpClient> ClientAsync(ProgramRun silo)
    {
        var address = (await silo.Errors.MatchAsync("HTTP on (http://[^ ,]+),")).Groups[1].Value;
        await silo.Errors.MatchAsync("Silo is up");
        return new HttpClient { BaseAddress = new Uri(address) };
    }

    private ProgramRun Start() => ProgramRun.Jtfa(
        _workspace,
        [
            "silo", "--role", "language", "--db", _workspace.Database, "--threads", "2", "--memory", "1GiB",
            "--set", "Jtfa:Language:Models:0:Name=small", "--set", $"Jtfa:Language:Models:0:File={_workspace["small.gguf"]}",
            "--set", "Jtfa:Language:Models:0:Pages=8192", .. RunningSilo.Ports(),
        ]);
}
