using System.Diagnostics;
using System.Text.Json.Nodes;
using Jtfa.System.Tests.Stage;
using Jtfa.Testbed.Hosts;

namespace Jtfa.System.Tests;

/// <summary>A reader of a text on another machine whose network is cut: nothing tells the silo of it.</summary>
[Collection(nameof(AloneCollection))]
public sealed class LostReaderTests(ITestOutputHelper output) : IDisposable
{
    private readonly Workspace _workspace = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task Its_pages_are_free_within_seconds()
    {
        LongForm.Needed(seconds: 20);
        await using var network = await Namespaces.CreateAsync(1, Cancel);
        var (file, port) = (_workspace["small.gguf"], FreePorts.Next());
        RandomModel.Write(file, "llama:mqa", context: 100_000);
        await using var silo = new ProgramRun(On(
            network.Fusion, ProgramRun.StartOf(
                _workspace,
                [
                    "silo", "--port", "0", "--silo-port", $"{FreePorts.Next()}", "--http", $"0.0.0.0:{port}", "--db", _workspace.Database,
                    "--head", _workspace.WriteHead(), "--set", "Jtfa:Language:Threads=1", "--set", "Jtfa:Language:Models:0:Name=small",
                    "--set", $"Jtfa:Language:Models:0:File={file}", "--set", "Jtfa:Language:Models:0:Pages=8192",
                ])));
        await silo.Errors.MatchAsync("HTTP on ");
        var token = (await File.ReadAllTextAsync(_workspace["jtfa-http.token"], Cancel)).Trim();
        string[] curl = ["-sN", "-H", $"Authorization: Bearer {token}", "-H", "Content-Type: application/json"];
        async Task<(int Pages, int Tokens)> LookAsync()
        {
            var end = await ProgramRun.ToEndAsync(On(
                network.Fusion, new("curl", [.. curl, $"http://127.0.0.1:{port}/v1/models/small"]) { WorkingDirectory = _workspace.Path }));
            Assert.Equal(0, end.ExitCode);
            var status = JsonNode.Parse(string.Concat(end.Output))!["status"]!;
            return ((int)status["pagesRead"]!, (int)status["completionTokens"]!);
        }

        var body = TextSilo.Body("Once", TextSilo.Endless, seed: 3).ToJsonString();
        await using var reader = new ProgramRun(On(
            network.Views[0],
            new("curl", [.. curl, "-d", body, $"http://{network.Fusion.Address}:{port}/v1/completions"])
            {
                WorkingDirectory = _workspace.Path,
            }));
        await reader.Output.MatchAsync("text_completion");
        await network.ConnectAsync(network.Views[0], isConnected: false, Cancel);
        var cut = Stopwatch.StartNew();
        Assert.NotEqual(0, (await LookAsync()).Pages);
        var (_, tokens) = await Condition.HoldsAsync(LookAsync, seen => seen.Pages == 0, "its pages are free", seconds: 20);
        Assert.InRange(tokens, 1, TextSilo.Endless - 1);
        output.WriteLine($"free {cut.Elapsed.TotalSeconds:F1} s after the cut");
    }

    private static ProcessStartInfo On(TestHost host, ProcessStartInfo start) =>
        new("ip", ["netns", "exec", host.Namespace!.Name, start.FileName, .. start.ArgumentList])
        {
            WorkingDirectory = start.WorkingDirectory,
        };
}
