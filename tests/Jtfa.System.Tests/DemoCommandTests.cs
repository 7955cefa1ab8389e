using System.Runtime.InteropServices;
using System.Text.Json;
using Jtfa.System.Tests.Stage;

namespace Jtfa.System.Tests;

/// <summary><c>jtfa demo</c> on the shipped model.</summary>
[Collection(nameof(AloneCollection))]
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

    [Fact(Timeout = 120_000)]
    public async Task A_second_run_is_as_clean_as_the_first_counts_itself_alone_and_starts_by_its_own_policy()
    {
        SkipWithoutModel();
        await using (var first = ProgramRun.Jtfa(_workspace, "demo", "--seconds", "3600"))
        {
            var page = (await first.Output.MatchAsync(@"live page: http://127\.0\.0\.1:(\d+)")).Groups[1].Value;

            // Another one in this folder says where the first one runs, and does it no harm.
            var beside = await ProgramRun.JtfaToEndAsync(_workspace, "demo", "--seconds", "2");
            Assert.Equal(2, beside.ExitCode);
            Assert.Equal(
                [
                    $"jtfa: a demo runs with jtfa-demo.db already, its page is http://127.0.0.1:{page}: end it by Ctrl-C there, or give " +
                    "this one its own --db and --csv",
                ],
                beside.Errors);

            // Its language model answers, for the page's chat.
            var said = await ProgramRun.JtfaToEndAsync(
                _workspace, "generate", "--chat", "--prompt", "teacher", "--temperature", "0", "--server", $"http://127.0.0.1:{page}");
            Assert.True(said is { ExitCode: 0, Errors: [], Output: [_] }, said.ToString());
            Assert.Equal(" a person who is a teacher who is a teacher of teaching", said.Output[0]);

            // A policy of the page by which the slow link's tokens would be refused.
            var set = await ProgramRun.JtfaToEndAsync(
                _workspace, "scene", "set", "demo", "--k", "4", "--timeout", "20", "--linger", "0", "--server", $"http://127.0.0.1:{page}");
            Assert.True(set.ExitCode == 0, set.ToString());
            await first.Output.MatchAsync("K:T [1-9]");
            first.Kill();
            await first.ExitAsync();
        }

        var before = (await LoggedDecision.LinesAsync(_workspace, "--db", _workspace["jtfa-demo.db"])).Length;
        var end = await ProgramRun.JtfaToEndAsync(_workspace, "demo", "--seconds", "8", "--json");
        Assert.True(end is { ExitCode: 0, Errors: [] }, end.ToString());
        var summary = JsonDocument.Parse(string.Join('\n', end.Output)).RootElement;
        var own = (await LoggedDecision.AllAsync(_workspace, "--db", _workspace["jtfa-demo.db"]))[before..];
        Assert.Equal(own.Length, summary.GetProperty("decisions").GetInt64());
        Assert.Equal(own.Average(decision => decision.Correct ? 1.0 : 0), summary.GetProperty("accuracy").GetDouble(), 1e-9);
        Assert.Equal(0, summary.GetProperty("rejected").GetInt64());
        Assert.True(own.Count(decision => decision is { Cause: "K", M: 3 }) > own.Length / 2, "Not by its own policy.");
        Assert.False(File.Exists(_workspace["jtfa-demo.db.running"]));
    }

    private static void SkipWithoutModel() => Assert.SkipUnless(
        File.Exists(Path.Combine(AppContext.BaseDirectory, "models", "backbone.onnx")),
        "The shipped model is missing: models/backbone.onnx");
}
