using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Jtfa.System.Tests;

/// <summary><c>jtfa bench</c>: that its figures add up. How good they are is for a quiet machine to say.</summary>
[Collection(nameof(AloneCollection))]
public sealed class BenchCommandTests : IDisposable
{
    private static readonly string[] s_command = ["bench", "ingest", "--rate", "4000", "--seconds", "3", "--timeout", "2000", "--json"];

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task All_that_is_sent_is_received_and_decided_rightly() =>
        AssertAddsUp(await ProgramRun.JtfaToEndAsync(_workspace, s_command));

    [Fact(Timeout = 120_000)]
    public async Task The_program_file_without_dotnet_before_it_does_the_same()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "jtfa-lab");
        Assert.SkipUnless(File.Exists(program), "This build made no program file.");
        var start = new ProcessStartInfo(program, s_command) { WorkingDirectory = _workspace.Path };
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        AssertAddsUp(await ProgramRun.ToEndAsync(start));
    }

    [Fact(Timeout = 120_000)]
    public async Task Signed_tokens_are_all_taken_where_the_silo_requires_tags() =>
        AssertAddsUp(await ProgramRun.JtfaToEndAsync(_workspace, [.. s_command, "--authentication", "Require"]));

    [Fact(Timeout = 120_000)]
    public async Task What_a_tag_costs_is_18_bytes_and_nothing_allocated()
    {
        var end = await ProgramRun.JtfaToEndAsync(_workspace, "bench", "tags");
        Assert.True(end is { ExitCode: 0, Errors: [] }, end.ToString());
        var result = JsonDocument.Parse(string.Join('\n', end.Output)).RootElement;
        int Number(string name) => result.GetProperty(name).GetInt32();
        Assert.Equal(18, Number("bytesWithTag") - Number("bytesWithoutTag"));
        Assert.InRange(Number("tokensPerRun"), 200_000, int.MaxValue);
        foreach (var step in new[] { "write", "parse", "sign", "check" })
        {
            var cost = result.GetProperty(step);
            Assert.True(cost.GetProperty("nanos").GetDouble() > 1, result.ToString());
            Assert.Equal(0, cost.GetProperty("allocatedBytes").GetDouble());
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Benches_of_texts_tell_what_they_measured()
    {
        RandomModel.Write(_workspace["tiny.gguf"], "llama:mqa", context: 600);
        string[] model = ["--model", "tiny.gguf", "--json"];
        var (chat, serving, beside) = (
            Bench(["chat", "--rounds", "1", "--seconds", "1", .. model]), Bench(["serving", "--texts", "5", "--tokens", "20", .. model]),
            Bench(["beside", "--seconds", "2", .. model]));

        foreach (var batching in new[] { "dynamic", "static" })
        {
            var figures = (await chat).GetProperty(batching);
            Assert.True(figures.GetProperty("texts").GetDouble() >= 1 && figures.GetProperty("tokens_per_s").GetDouble() > 1);
            Assert.True(figures.GetProperty("ttft_p99_ms").GetDouble() >= figures.GetProperty("ttft_p50_ms").GetDouble());
        }

        var ways = await serving;
        double Ttft(string way) => ways.GetProperty(way).GetProperty("ttft_p50_ms").GetDouble();
        Assert.Equal(Ttft("http") - Ttft("engine"), ways.GetProperty("added_ttft_ms").GetDouble());
        foreach (var way in new[] { "engine", "grains", "http" })
            Assert.True(ways.GetProperty(way).GetProperty("tpot_p50_ms").GetDouble() > 0);
        Assert.True((await beside).GetProperty("text_tokens_per_s").GetDouble() > 1);
        foreach (var load in new[] { "without", "with" })
        {
            var scene = (await beside).GetProperty(load);
            Assert.Equal((20, 20), (scene.GetProperty("sent").GetInt32(), scene.GetProperty("fired").GetInt32()));
        }
    }

    private async Task<JsonElement> Bench(string[] arguments)
    {
        var end = await ProgramRun.JtfaToEndAsync(_workspace, ["bench", .. arguments]);
        Assert.True(end is { ExitCode: 0, Errors: [] }, end.ToString());
        return JsonDocument.Parse(string.Join('\n', end.Output)).RootElement;
    }

    private static void AssertAddsUp(ProgramEnd end)
    {
        Assert.True(end is { ExitCode: 0, Errors: [] }, end.ToString());
        var result = JsonDocument.Parse(string.Join('\n', end.Output)).RootElement;
        long Count(string name) => result.GetProperty(name).GetInt64();
        Assert.True(Count("sent") > 1000, result.ToString());
        Assert.Equal(Count("sent"), Count("received"));
        Assert.Equal(Count("sentDecisions"), Count("decided"));
        Assert.Equal(Count("decided"), Count("correct"));
        Assert.Equal(Count("decided"), Count("wellFormed"));
        Assert.Equal(Count("decided"), Count("byK") + Count("byT"));
        Assert.Equal((0, 0, 0), (Count("kernelDrops"), Count("undelivered"), Count("repeated")));
        Assert.Empty(result.GetProperty("rejected").EnumerateObject());
    }
}
