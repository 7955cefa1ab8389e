using System.Runtime.InteropServices;
using System.Text.Json;
using Jtfa.System.Tests.Stage;

namespace Jtfa.System.Tests;

/// <summary><c>jtfa demo</c> on the shipped model.</summary>
public sealed class DemoCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task Its_summary_is_one_json_object_that_adds_up()
    {
        SkipWithoutModel();
        var end = await ProgramRun.JtfaToEndAsync(_workspace, "demo", "--seconds", "5", "--json");
        Assert.True(end is { ExitCode: 0, Errors: [] }, end.ToString());

        var summary = JsonDocument.Parse(string.Join('\n', end.Output)).RootElement;
        long Count(string name) => summary.GetProperty(name).GetInt64();
        var logged = await LoggedDecision.LinesAsync(_workspace, "--db", _workspace["jtfa-demo.db"]);
        Assert.True(Count("decisions") > 0, summary.ToString());
        Assert.Equal(Count("decisions"), Count("byK") + Count("byT"));
        Assert.Equal(Count("decisions"), logged.Length);
        Assert.Equal(Count("decisions") + 1, File.ReadLines(_workspace["jtfa-demo.csv"]).Count());
        Assert.Equal((0, 0), (Count("rejected"), Count("kernelDrops")));
        Assert.Equal(4, summary.GetProperty("kbpsPerView").EnumerateObject().Count());
        Assert.True(summary.GetProperty("accuracy").GetDouble() > 0.7, summary.ToString());
    }

    [Fact(Timeout = 120_000)]
    public async Task On_a_pipe_it_prints_plain_lines()
    {
        SkipWithoutModel();
        var end = await ProgramRun.JtfaToEndAsync(_workspace, "demo", "--seconds", "4");
        Assert.True(end is { ExitCode: 0, Errors: [] }, end.ToString());

        Assert.DoesNotContain(end.Output, line => line.Contains('\u001b'));
        Assert.InRange(end.Output.Count(line => line.Contains(" decisions/s  K:T ") && line.Contains(" accuracy ")), 2, 4);
        Assert.Contains(end.Output, line => line.Contains("running accuracy") && line.Contains('%'));
    }

    [Fact(Timeout = 120_000)]
    public async Task Ctrl_c_ends_it_early_with_its_summary()
    {
        SkipWithoutModel();
        await using var demo = ProgramRun.Jtfa(_workspace, "demo", "--seconds", "3600");
        await demo.Output.MatchAsync("decisions/s");

        demo.Signal(PosixSignal.SIGINT);

        Assert.Equal(0, await demo.ExitAsync(TimeSpan.FromSeconds(10)));
        Assert.Contains(demo.Output.Lines, line => line.Contains("running accuracy"));
        Assert.Empty(demo.Errors.Lines);
    }

    private static void SkipWithoutModel() => Assert.SkipUnless(
        File.Exists(Path.Combine(AppContext.BaseDirectory, "models", "backbone.onnx")),
        "The shipped model is missing: models/backbone.onnx");
}
