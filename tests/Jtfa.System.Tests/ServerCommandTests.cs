using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.System.Tests.Stage;

namespace Jtfa.System.Tests;

/// <summary>Commands that ask a running silo: what they print, and what they tell when it is not as they would have it.</summary>
public sealed class ServerCommandTests(ServerCommandTests.DecidedSilo stage) : IClassFixture<ServerCommandTests.DecidedSilo>
{
    [Fact(Timeout = 120_000)]
    public async Task Decisions_are_those_of_the_log()
    {
        var all = await LoggedDecision.LinesAsync(stage.Workspace);
        var byTime = all.OrderBy(line => LoggedDecision.Parse(line).Timestamp).ToArray();
        Assert.Equal(DecidedSilo.Count, all.Length);

        Assert.Equal(byTime, await LinesAsync("decisions", "--last", "1000"));
        Assert.Equal(byTime[^20..], await LinesAsync("decisions"));
        Assert.Equal(byTime, await LinesAsync("decisions", "--since", "1d"));
        Assert.Equal(byTime, await LinesAsync("decisions", "--since", "1d", "--scene", "yard", "--scene", "hall"));
        Assert.Equal(byTime[^3..], await LinesAsync("decisions", "--last", "3", "--scene", "yard", "--scene", "hall"));
        Assert.Equal(
            byTime.Where(line => line.Contains("\"hall\"", StringComparison.Ordinal)), await LinesAsync(
                "decisions", "--scene", "hall", "--last", "1000"));
        Assert.Equal(
            byTime.Where(line => line.Contains("\"cause\":\"T\"", StringComparison.Ordinal)), await LinesAsync(
                "decisions", "--cause", "T"));
        Assert.Equal(
            byTime.Where(line => line.Contains("\"pred\":4", StringComparison.Ordinal)), await LinesAsync("decisions", "--pred", "4"));
        Assert.Equal(
            byTime.Where(line => line.Contains("\"correct\":true", StringComparison.Ordinal)), await LinesAsync(
                "decisions", "--last", "1000", "--correct"));
        Assert.Equal(
            byTime.Where(line => line.Contains("\"correct\":false", StringComparison.Ordinal)), await LinesAsync(
                "decisions", "--last", "1000", "--correct", "false"));
        Assert.Empty(await LinesAsync("decisions", "--last", "0"));

        var answers = await OutputAsync("decisions", "--last", "1000", "--json");
        Assert.Equal(
            byTime.Select(line => LoggedDecision.Parse(line).Decision), answers.Select(
                line => JsonSerializer.Deserialize<Decision>(line, JtfaJson.Options)!.Id));
    }

    [Theory(Timeout = 120_000)]
    [InlineData(PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGTERM)]
    public async Task Following_prints_each_decision_once_as_it_comes_until_it_is_stopped(PosixSignal signal)
    {
        using var workspace = new Workspace();
        await using var silo = await RunningSilo.StartAsync(workspace, RunningSilo.BySequence(30_000));
        for (var id = 0; id < 2; id++)
        {
            silo.Socket.SendViews(id, 0, 1, 2);
            await DecisionRows.ReachAsync(workspace, id + 1);
        }

        await using var follow = ProgramRun.Jtfa(
            workspace, "decisions", "--server", await silo.HttpAsync(), "--follow", "--last", "1", "--format", "json");
        await Following.PrintsTheLogAsync(follow, silo, workspace, signal);
        await silo.StopAsync();
        Assert.DoesNotContain(
            silo.Program.Errors.Lines, line =>
                line.Contains("warn:", StringComparison.Ordinal) || line.Contains("fail:", StringComparison.Ordinal));
    }

    [Fact(Timeout = 120_000)]
    public async Task Following_outlives_a_silo_that_is_killed_and_started_again()
    {
        using var workspace = new Workspace();
        var http = $"127.0.0.1:{FreePorts.Next()}";
        string[] options = [.. RunningSilo.BySequence(30_000), "--http", http];
        await using var first = await RunningSilo.StartAsync(workspace, options);
        first.Socket.SendViews(0, 0, 1, 2);
        await DecisionRows.ReachAsync(workspace, 1);
        await using var follow = ProgramRun.Jtfa(
            workspace, "decisions", "--server", http, "--follow", "--format", "json", "--scene", "default");
        await follow.Output.MatchAsync("\"decision\":0,");
        for (var id = 1; id < 100; id++) first.Socket.SendViews(id, 0, 1, 2);
        await DecisionRows.ReachAsync(workspace, 100);
        first.Program.Kill();
        await first.Program.ExitAsync();

        await using var second = await RunningSilo.StartAsync(workspace, options);
        for (var id = 100; id < 200; id++) second.Socket.SendViews(id, 0, 1, 2);
        await DecisionRows.ReachAsync(workspace, 200);
        var written = await LoggedDecision.LinesAsync(workspace);
        await Condition.HoldsAsync(() => follow.Output.Lines.Length, lines => lines >= 200, "every decision printed");
        follow.Signal(PosixSignal.SIGTERM);

        Assert.Equal(0, await follow.ExitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(written, follow.Output.Lines);
        Assert.Equal(
            [$"jtfa: the connection to http://{http} is lost: it goes on when that is back", $"jtfa: http://{http} is back"],
            follow.Errors.Lines);
    }

    [Fact(Timeout = 120_000)]
    public async Task Following_ends_when_whoever_reads_it_has_gone()
    {
        using var workspace = new Workspace();
        await using var silo = await RunningSilo.StartAsync(workspace, RunningSilo.BySequence(30_000));
        using var load = new DecisionLoad(silo.Port, 0, decisionsPerSecond: 50);
        var follow = ProgramRun.StartOf(workspace, ["decisions", "--server", await silo.HttpAsync(), "--follow", "--format", "json"]);
        string[] piped = ["-c", "\"$@\" | head -n 1", "sh", follow.FileName, .. follow.ArgumentList];
        var end = await ProgramRun.ToEndAsync(new ProcessStartInfo("/bin/sh", piped) { WorkingDirectory = workspace.Path });
        Assert.True(end is { ExitCode: 0, Output.Length: 1, Errors: [] }, end.ToString());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_policy_is_changed_only_where_it_is_told()
    {
        var before = await PolicyAsync();
        var set = await OutputAsync("scene", "set", "attic", "--k", "1", "--timeout", "75.5", "--beta", "2");
        Assert.Matches(@"^scene +K +N +T +W +linger +keying +beta +holds$", set[0]);
        Assert.Matches(@"^attic +1 +4 +75\.5 ms +100 ms +250 ms +Sequence +2 +from \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC$", set[^1]);
        Assert.Matches(@"^attic +3 +4 +500 ms .* head +until ", set[1]);
        Assert.Equal(before with { K = 1, T = TimeSpan.FromMilliseconds(75.5), Beta = 2 }, await PolicyAsync());

        var routing = JsonSerializer.Deserialize<SceneRouting>(
            Assert.Single(
                await OutputAsync(
                    "scene", "set", "attic", "--n", "7", "--window", "50", "--linger", "0", "--keying", "Arrival", "--beta", "head",
                    "--json")), JtfaJson.Options)!;
        var after = before with
        {
            K = 1,
            N = 7,
            T = TimeSpan.FromMilliseconds(75.5),
            W = TimeSpan.FromMilliseconds(50),
            Linger = TimeSpan.Zero,
            Keying = WindowKeying.Arrival,
        };
        Assert.Equal(after, routing.Current);
        Assert.Equal(after, await PolicyAsync());
        Assert.Contains(
            await OutputAsync("scene", "get", "attic"), line =>
                line.StartsWith("attic", StringComparison.Ordinal) && line.Contains("Arrival", StringComparison.Ordinal));
        AssertTells(await RunAsync("scene", "set", "attic", "--k", "9"), 2, "jtfa: --k 9: allowed is 1 … N (7)");
        Assert.Equal(after, await PolicyAsync());

        set = await OutputAsync(
            "scene", "set", "attic", "--k", "3", "--timeout-mode", "Adaptive", "--timeout-min", "4", "--timeout-max", "60", "--quantile",
            "0.9", "--margin", "1", "--k-min", "2");
        Assert.Matches(@"^attic +3 +7 +60 ms, adaptive ", set[^1]);
        after = after with
        {
            K = 3,
            Timeout = WindowTimeout.Adaptive,
            TMin = TimeSpan.FromMilliseconds(4),
            TMax = TimeSpan.FromMilliseconds(60),
            Quantile = 0.9,
            Margin = TimeSpan.FromMilliseconds(1),
            KMin = 2,
        };
        Assert.Equal(after, await PolicyAsync());
        AssertTells(await RunAsync("scene", "set", "attic", "--k-min", "4"), 2, "jtfa: --k-min 4: allowed is 1 … K (3)");
        AssertTells(
            await RunAsync("scene", "set", "attic", "--timeout-min", "61"), 2,
            "jtfa: --timeout-min 61: allowed is above 0 … TMax (60 ms)");
        await OutputAsync("scene", "set", "attic", "--timeout-mode", "Fixed", "--k-min", "none");
        Assert.Equal(after with { Timeout = WindowTimeout.Fixed, KMin = null }, await PolicyAsync());

        async Task<ScenePolicy> PolicyAsync() =>
            JsonSerializer.Deserialize<ScenePolicy>(Assert.Single(await OutputAsync("scene", "get", "attic", "--json")), JtfaJson.Options)!;
    }

    [Fact(Timeout = 120_000)]
    public async Task Scenes_cameras_and_the_silo_are_listed()
    {
        var scenes = await OutputAsync("scene", "list");
        Assert.Equal(["scene", "hall", "yard", "attic"], scenes.Select(line => line.Split(' ')[0]));
        Assert.Equal(
            ["hall", "yard", "attic"],
            JsonSerializer.Deserialize<SceneDescription[]>(Assert.Single(await OutputAsync("scene", "list", "--json")), JtfaJson.Options)!
                .Select(scene => scene.Scene));

        var cameras = await OutputAsync("cameras", "--scene", "yard");
        Assert.Matches(
            @"^scene +view +camera +timing +last token +rate +kbps +lost +saved +jitter +clock offset +on time +late +fault$", cameras[0]);
        Assert.Equal(4, cameras.Length);
        Assert.All(
            cameras[1..], line =>
                Assert.Matches(
                    @"^yard +[012] +– +(on time|late|missing) +[\d.]+ s ago +[\d.]+ Hz +[\d.]+ +[\d.]+ % " +
                    @"+0 +[\d.]+ ms +-?[\d.]+ ms +\d+ +\d+ +–$", line));
        Assert.Equal(
            [0, 1, 2],
            JsonSerializer.Deserialize<CameraHealth[]>(
                Assert.Single(await OutputAsync("cameras", "--scene", "yard", "--json")), JtfaJson.Options)!
                .Select(camera => camera.View));
        using var all = JsonDocument.Parse(Assert.Single(await OutputAsync("cameras", "--json")));
        Assert.Equal(["hall", "yard", "attic"], all.RootElement.EnumerateObject().Select(scene => scene.Name));

        var status = await OutputAsync("status");
        Assert.Equal("ready: Healthy", status[0]);
        Assert.Equal(["scene", "hall", "yard", "attic"], status[1..].Select(line => line.Split(' ')[0]));
        Assert.Contains(" 3 of 4 ", status[3]);
        using var json = JsonDocument.Parse(Assert.Single(await OutputAsync("status", "--json")));
        Assert.True(json.RootElement.GetProperty("ready").GetBoolean());
        Assert.Equal(3, json.RootElement.GetProperty("scenes").GetArrayLength());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_scene_that_is_not_there_is_wrong_use()
    {
        string[][] commands = [["decisions", "--scene", "cellar"], ["decisions", "--scene", "cellar", "--follow"],
            ["scene", "get", "cellar"], ["scene", "set", "cellar", "--k", "1"], ["cameras", "--scene", "cellar"]];
        foreach (var command in commands) AssertTells(await RunAsync(command), 2, "known are hall, yard, attic");
    }

    [Fact(Timeout = 120_000)]
    public async Task That_no_silo_runs_is_one_line()
    {
        using var workspace = new Workspace();
        var address = $"http://127.0.0.1:{FreePorts.Next()}";
        foreach (var command in new string[][] { ["decisions"], ["decisions", "--follow"], ["scene", "list"], ["cameras"], ["status"] })
        {
            var end = await ProgramRun.JtfaToEndAsync(workspace, [.. command, "--server", address]);
            AssertTells(end, 1, $"jtfa: no silo answers at {address}: start one with 'jtfa silo' or name it with --server");
            Assert.Empty(end.Output);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_silo_that_wants_a_token_is_shown_it()
    {
        using var workspace = new Workspace();
        using var elsewhere = new Workspace();
        await using var silo = await RunningSilo.StartAsync(workspace, ["--http", $"0.0.0.0:{FreePorts.Next()}"]);
        var address = (await silo.HttpAsync()).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal);
        var token = (await File.ReadAllTextAsync(workspace["jtfa-http.token"], TestContext.Current.CancellationToken)).Trim();
        string[] command = ["scene", "list", "--server", address];

        AssertTells(await ProgramRun.JtfaToEndAsync(elsewhere, command), 1, $"{address} wants a token", "--token or in JTFA_TOKEN");
        var wrong = await ProgramRun.JtfaToEndAsync(elsewhere, [.. command, "--token", "swordfish"]);
        AssertTells(wrong, 1, "does not take this token");
        Assert.DoesNotContain("swordfish", wrong.ToString());
        Assert.Equal(0, (await ProgramRun.JtfaToEndAsync(elsewhere, [.. command, "--token", token])).ExitCode);
        Assert.Equal(0, (await ProgramRun.JtfaToEndAsync(workspace, command)).ExitCode); // its own
        var start = ProgramRun.StartOf(elsewhere, command);
        start.Environment["JTFA_TOKEN"] = token;
        Assert.Equal(0, (await ProgramRun.ToEndAsync(start)).ExitCode);

        // One that others may read is shown to nobody, and said only where it is wanted.
        var others = elsewhere.Write("jtfa-http.token", token);
        if (OperatingSystem.IsWindows()) return;
        File.SetUnixFileMode(others, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        AssertTells(await ProgramRun.JtfaToEndAsync(elsewhere, command), 1, "chmod 600");
        Assert.Equal(0, (await ProgramRun.JtfaToEndAsync(elsewhere, "scene", "list", "--server", stage.Http)).ExitCode);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_help_tells_the_two_kinds_of_json_apart()
    {
        var help = string.Join(
            ' ', (await ProgramRun.JtfaToEndAsync(stage.Workspace, "decisions", "--help")).Output.Select(line => line.Trim()));
        Assert.Contains("The API's own JSON (id, latMean) is --json", help);
    }

    private static void AssertTells(ProgramEnd end, int exitCode, params string[] words)
    {
        Assert.True(end.ExitCode == exitCode && end.Errors.Length == 1, end.ToString());
        Assert.All(words, word => Assert.Contains(word, end.Errors[0]));
    }

    private Task<ProgramEnd> RunAsync(params string[] command) =>
        ProgramRun.JtfaToEndAsync(stage.Workspace, [.. command, "--server", stage.Http]);

    private async Task<string[]> OutputAsync(params string[] command)
    {
        var end = await RunAsync(command);
        Assert.True(end is { ExitCode: 0, Errors: [] }, end.ToString());
        return end.Output;
    }

    private Task<string[]> LinesAsync(params string[] command) => OutputAsync([.. command, "--format", "json"]);

    /// <summary>A silo of three scenes: hall and yard have decided, attic is for who changes something.</summary>
    public sealed class DecidedSilo : IAsyncLifetime
    {
        internal const int Count = 40;

        internal Workspace Workspace { get; } = new();

        internal RunningSilo Silo { get; private set; } = null!;

        internal string Http { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            var configuration = Workspace.Write("scenes.json", """
                { "Jtfa": { "Scenes": [
                  { "Name": "hall", "T": 500, "Keying": "Sequence", "Head": "head.npz" },
                  { "Name": "yard", "T": 500, "Keying": "Sequence", "Head": "head.npz" },
                  { "Name": "attic", "T": 500, "Keying": "Sequence", "Head": "head.npz" } ] } }
                """);
            Silo = await RunningSilo.StartAsync(Workspace, "--scene", "hall", "--config", configuration);
            Http = await Silo.HttpAsync();
            for (var id = 0; id < Count; id++)
            {
                // Some by K, some by T, which come half a second after the others; every third wrong.
                foreach (var view in id % 5 == 0 ? [0] : new[] { 0, 1, 2 })
                    Silo.Socket.Send(id, view, label: id % 10, scene: id < 10 ? "hall" : "yard", truth: id % 3 == 0 ? 10 : id % 10);
            }

            await DecisionRows.ReachAsync(Workspace, Count);
        }

        public async ValueTask DisposeAsync()
        {
            await Silo.DisposeAsync();
            Workspace.Dispose();
        }
    }
}
