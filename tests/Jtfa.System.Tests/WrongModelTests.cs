using Jtfa.Core;
using Jtfa.System.Tests.Stage;

namespace Jtfa.System.Tests;

/// <summary>A camera that runs another model than the one that its scene's head was made for.</summary>
public sealed class WrongModelTests : IDisposable
{
    private readonly Workspace _workspace = new();
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task Its_tokens_are_refused_camera_and_both_models_are_named_and_senders_that_say_none_are_taken()
    {
        var port = FreePorts.Next();
        MakeModels();
        var images = Directory.CreateDirectory(_workspace["images"]).FullName;
        File.WriteAllText(Path.Combine(images, "a.pgm"), "P2 4 4 255 " + string.Join(' ', Enumerable.Range(1, 16)));
        string Camera(string name, int view) => $$"""
            { "Scene": "lobby", "Camera": "{{name}}", "View": {{view}}, "RateHz": 10, "Destination": "127.0.0.1:{{port}}",
              "Model": "{{_workspace[name]}}", "Source": { "Kind": "Images", "Path": "{{images}}" } }
            """;
        var configuration = _workspace.Write(
            "silo.json", $$"""{ "Jtfa": { "Cameras": [ {{Camera("right", 0)}}, {{Camera("wrong", 1)}} ] } }""");
        await using var silo = await RunningSilo.StartAsync(
            _workspace, "--scene", "lobby", "--k", "1", "--n", "3", "--port", $"{port}", "--config", configuration,
            "--set", $"Jtfa:Scenes:0:Head={_workspace["right/head.npz"]}");

        const string both = @"'linear@[0-9a-f]{12}'";
        var told = await silo.Program.Errors.MatchAsync(
            $"WrongModel, view 1 says that model ({both}) made it, the head of scene lobby is of ({both})");
        Assert.NotEqual(told.Groups[1].Value, told.Groups[2].Value);
        await silo.Program.Errors.MatchAsync(
            $"Scene lobby: camera 'wrong' \\(view 1\\) sends tokens of model {told.Groups[1]}, the head is of {told.Groups[2]}");
        var http = await silo.HttpAsync();
        (string, string)[] shown = [("status", "warning: lobby: camera 'wrong'"), ("cameras", "its tokens are refused: model")];
        foreach (var (command, says) in shown)
        {
            var end = await ProgramRun.JtfaToEndAsync(_workspace, command, "--server", http);
            Assert.Contains(end.Output, line => line.Contains(says, StringComparison.Ordinal));
        }

        // A sender that says no model.
        for (var sent = 0; sent < 20; sent++)
        {
            silo.Socket.Send(sent, view: 2, label: 3);
            await Task.Delay(20, _cancellation);
        }

        await DecisionRows.ReachAsync(_workspace, 1, "views LIKE '%2%'");
        await silo.StopAsync();
        var decisions = await LoggedDecision.AllAsync(_workspace);
        Assert.Contains(decisions, decision => decision.Views.Contains(0));
        Assert.DoesNotContain(decisions, decision => decision.Views.Contains(1));
    }

    // Two models that differ in their projection; the head is the first one's.
    private void MakeModels()
    {
        foreach (var name in new[] { "right", "wrong" })
        {
            Directory.Move(_workspace.WriteModelOfHead(), _workspace[name]);
            var description = File.ReadAllText(_workspace[$"{name}/model.json"]);
            _workspace.Write($"{name}/model.json", description.Replace("\"output\"", "\"head\": \"head.npz\", \"output\""));
        }

        File.Move(_workspace.WriteHead(), _workspace["right/head.npz"]);
        var components = Enumerable.Range(0, Workspace.Dimension * 3).Select(i => i / 1e4f).ToArray();
        Npz.Write(_workspace["wrong/pca.npz"], new Dictionary<string, NpyArray>
        {
            ["mean"] = NpyArray.FromSingles(new float[3], 3),
            ["components"] = NpyArray.FromSingles(components, Workspace.Dimension, 3),
        });
    }
}
