using System.Text.Json;

namespace Jtfa.System.Tests;

/// <summary><c>jtfa model plan</c>, from a file of silos.</summary>
public sealed class ModelPlanCommandTests : IDisposable
{
    private const string Silos =
        """
        {
          // Two that are alike, and a slow one.
          "silos": [
            { "silo": "a", "bytes": 400000, "readBytesPerSecond": 1e9, "productsPerSecond": 1e8 },
            { "silo": "b", "bytes": 400000, "readBytesPerSecond": 1e9, "productsPerSecond": 1e8 },
            { "silo": "slow", "bytes": 400000, "readBytesPerSecond": 1e6, "productsPerSecond": 1e5 },
          ],
          "links": [{ "from": "a", "to": "b", "roundTripSeconds": 0.0000002, "bytesPerSecond": 1e8 }]
        }
        """;

    private readonly Workspace _workspace = new();

    public ModelPlanCommandTests()
    {
        RandomModel.Write(_workspace["model.gguf"], "llama");
        File.WriteAllText(_workspace["silos.json"], Silos);
        File.WriteAllText(_workspace["plan.txt"], "blocks 0: b; 1: a");
        File.WriteAllText(_workspace["wrong.json"], """{ "silos": [{ "silo": "a", "bytes": 1 }] }""");
        File.WriteAllText(_workspace["none.json"], """{ "silos": [] }""");
    }

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task A_plan_of_measured_silos_is_shown_and_one_of_a_file_is_judged()
    {
        var told = await DoneAsync("model plan model.gguf --silos silos.json --sequences 2 --pages 4");
        Assert.Matches("^stage +silo +blocks +MiB +a batch +busy +hop$", told[0]);
        Assert.Equal(["a", "b"], told.Where(line => line.EndsWith(" ms", StringComparison.Ordinal) && line.Contains('%')).Select(line =>
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]));
        Assert.StartsWith("expected: ", told[^2], StringComparison.Ordinal);
        Assert.Contains(" text tokens/s of 2 texts; a round takes ", told[^2], StringComparison.Ordinal);
        Assert.Equal("blocks 0: a; 1: b", told[^1]);

        var best = await ObjectAsync("model plan model.gguf --silos silos.json --sequences 2 --pages 4 --json");
        File.WriteAllText(_workspace["plan.json"], best.GetProperty("plan").GetRawText());
        var same = await ObjectAsync("model plan model.gguf --silos silos.json --sequences 2 --pages 4 --plan plan.json --json");
        Assert.Equal(best.GetProperty("tokensPerSecond").GetDouble(), same.GetProperty("tokensPerSecond").GetDouble());
        Assert.Equal("blocks 0: b; 1: a", (await DoneAsync("model plan model.gguf --silos silos.json --pages 4 --plan plan.txt"))[^1]);
        Assert.Equal("blocks 0-1: a & b", (await DoneAsync(
            "model plan model.gguf --silos silos.json --goal latency --pages 4 --starter a --share"))[^1]);
        Assert.Equal("blocks 0: slow; 1: a", (await DoneAsync(
            "model plan model.gguf --silos silos.json --sequences 2 --pages 4 --starter slow"))[^1]);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("model plan model.gguf --silos wrong.json", "--silos wrong.json: it describes no silos")]
    [InlineData("model plan model.gguf --silos none.json", "--silos none.json: there is no silo: allowed is one or more")]
    [InlineData("model plan model.gguf --silos silos.json --pages 100000", "bytes are lacking; add a silo")]
    [InlineData("model plan model.gguf --silos silos.json --sequences 0", "--sequences 0: allowed is 1 … 4096")]
    [InlineData("model plan model.gguf --silos silos.json --plan silos.json", "--plan silos.json: ")]
    [InlineData("model plan model.gguf --pages 7", "--pages: it goes with --silos")]
    [InlineData("model plan model.gguf --silos silos.json --server http://127.0.0.1:1", "--silos, --server: allowed is one of both")]
    public async Task What_is_wrong_is_said_in_one_line(string arguments, string says)
    {
        var end = await ProgramRun.JtfaToEndAsync(_workspace, arguments.Split(' '));
        Assert.True(end.ExitCode is 1 or 2 && end.Output.Length == 0, end.ToString());
        Assert.Contains(says, Assert.Single(end.Errors), StringComparison.Ordinal);
    }

    private async Task<string[]> DoneAsync(string arguments)
    {
        var end = await ProgramRun.JtfaToEndAsync(_workspace, arguments.Split(' '));
        Assert.True(end is { ExitCode: 0, Errors: [] }, end.ToString());
        return end.Output;
    }

    private async Task<JsonElement> ObjectAsync(string arguments) =>
        JsonSerializer.Deserialize<JsonElement>(string.Join('\n', await DoneAsync(arguments)));
}
