using System.Text.Json;
using Jtfa.Client;
using Jtfa.Interfaces;
using Jtfa.System.Tests.Stage;

namespace Jtfa.System.Tests;

/// <summary>Names of classes and cameras: the same wherever a decision is looked at.</summary>
public sealed class NameTests : IDisposable
{
    private static readonly string[] s_classes =
        ["zero", "one, with a comma", "Zwei \"quoted\"", "drei/三", "four", "five", "six", "seven", "eight", "nine"];

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task A_decision_has_one_name_by_plain_http_the_sdk_the_program_and_in_the_csv_file()
    {
        _workspace.Write("model.json", JsonSerializer.Serialize(new { head = "head.npz", classes = s_classes }));
        await using var silo = await RunningSilo.StartAsync(
            _workspace,
            [
                .. RunningSilo.BySequence(30_000), "--csv", _workspace["log.csv"],
                "--set", "Jtfa:Scenes:0:ViewNames:0=front door", "--set", "Jtfa:Scenes:0:ViewNames:2=yard",
            ]);

        // One at a time, so that the rows stand in the order of the decisions. The truth of the first is not known.
        for (var id = 0; id < 4; id++)
        {
            for (var view = 0; view < 3; view++) silo.Socket.Send(id, view, id, truth: id == 0 ? -1 : id);
            await DecisionRows.ReachAsync(_workspace, id + 1);
        }

        var cancel = TestContext.Current.CancellationToken;
        var http = await silo.HttpAsync();
        using var curl = new HttpClient { BaseAddress = new Uri(http) };
        using var sdk = new HttpJtfaClient(new Uri(http));
        var table = await OutputAsync("decisions", "--server", http);
        var answers = await OutputAsync("decisions", "--server", http, "--json");
        var printed = await OutputAsync("decisions", "--server", http, "--format", "csv");
        var log = (await LoggedDecision.AllAsync(_workspace)).ToDictionary(decision => decision.Decision);
        var named = new List<(string? Curl, string? Sdk, string? Json, string? Log)>();
        for (var id = 0; id < 4; id++)
        {
            using var answer = JsonDocument.Parse(await curl.GetStringAsync($"/v1/scenes/default/decisions/{id}", cancel));
            named.Add((
                answer.RootElement.GetProperty("label").GetString(), (await sdk.GetDecisionAsync("default", id, cancel))!.Label,
                JsonSerializer.Deserialize<Decision>(answers[id], JtfaJson.Options)!.Label, log[id].Label));
        }

        Assert.Equal(s_classes[..4].Select(name => ((string?)name, (string?)name, (string?)name, (string?)name)), named);
        Assert.Equal(
            ["front door", null, "yard"], (await sdk.GetCamerasAsync("default", cancel)).Select(camera => camera.Camera));
        await silo.StopAsync();

        var csv = await File.ReadAllLinesAsync(_workspace["log.csv"], cancel);
        Assert.Equal(csv, printed);
        string[] ends = [",0,-1,0,NaN,zero", ",1,1,1,1,\"one, with a comma\"", ",2,2,1,1,\"Zwei \"\"quoted\"\"\"", ",3,3,1,1,drei/三"];
        Assert.All(csv[1..].Zip(ends), row => Assert.EndsWith(row.Second, row.First, StringComparison.Ordinal));
        foreach (var (line, name) in table[1..].Zip(s_classes))
        {
            Assert.Contains($"  {name} ", line, StringComparison.Ordinal);
            Assert.EndsWith("  front door, 1, yard", line, StringComparison.Ordinal);
        }

        Assert.Matches(@"  zero +–   –  [01]\.[0-9]{2}      –  front", table[1]);
    }

    private async Task<string[]> OutputAsync(params string[] arguments)
    {
        var end = await ProgramRun.JtfaToEndAsync(_workspace, arguments);
        Assert.True(end is { ExitCode: 0, Errors: [] }, end.ToString());
        return end.Output;
    }
}
