using System.Diagnostics;
using System.Text.RegularExpressions;
using Jtfa.Experiments.Nodes;
using Jtfa.Lab.Commands;

namespace Jtfa.System.Tests;

/// <summary>The repository's scripts, as far as they can be checked without building anew.</summary>
public sealed class ScriptTests
{
    [Theory(Timeout = 60_000)]
    [InlineData("sh", "jtfa")]
    [InlineData("sh", "tests-run")]
    [InlineData("bash", "ci-run")]
    public async Task It_parses(string shell, string script)
    {
        var end = await ProgramRun.ToEndAsync(new ProcessStartInfo(shell, ["-n", PathOf(script)]));
        Assert.True(end is { ExitCode: 0, Errors: [] }, end.ToString());
    }

    [Fact(Timeout = 120_000)]
    public async Task The_launchers_verbs_are_those_that_the_program_tells_of_and_does_not_run()
    {
        using var workspace = new Workspace();
        var help = await ProgramRun.JtfaToEndAsync(workspace, "--help");
        var launcher = await File.ReadAllTextAsync(PathOf("jtfa"), TestContext.Current.CancellationToken);

        string[] own = [.. ScriptCommands.Create().Select(command => command.Name)];
        var told = help.Output.Where(line => line.StartsWith("  ", StringComparison.Ordinal)).Select(line => line.Trim().Split(' ')[0]);
        Assert.Subset(
            told.ToHashSet(),
            new HashSet<string>([.. own, "demo", "silo", "camera", "decisions", "scene", "status", "bench", "completion", "help"]));
        Assert.Equal(
            own.Order(), Regex.Matches(launcher, @"^  (\w+)\) ", RegexOptions.Multiline).Select(verb => verb.Groups[1].Value).Order());
        foreach (var verb in own) Assert.Equal(2, (await ProgramRun.JtfaToEndAsync(workspace, Arguments(verb))).ExitCode);

        static string[] Arguments(string verb) => verb == "publish" ? [verb, "linux-x64"] : [verb];
    }

    [Fact(Timeout = 60_000)]
    public async Task The_launcher_helps_with_its_own_verbs_and_never_builds_for_a_suggestion()
    {
        // A repository in which nothing is built: a build would fail and say so.
        using var workspace = new Workspace();
        var script = workspace.Write("jtfa", await File.ReadAllTextAsync(PathOf("jtfa"), TestContext.Current.CancellationToken));
        var suggestions = await ProgramRun.ToEndAsync(new ProcessStartInfo("sh", [script, "[suggest]", "jtfa s"]));
        Assert.True(suggestions is { ExitCode: 0, Output: [], Errors: [] }, suggestions.ToString());

        Directory.CreateDirectory(workspace["artifacts"]);
        workspace.Write("artifacts/program", JtfaProgram.Own.Command[^1]);
        var built = await ProgramRun.ToEndAsync(new ProcessStartInfo("sh", [script, "[suggest]", "jtfa publish linux-a"]));
        Assert.True(built is { ExitCode: 0, Output: ["linux-arm64"], Errors: [] }, built.ToString());
        var help = await ProgramRun.ToEndAsync(new ProcessStartInfo("sh", [script, "publish", "--help"]));
        Assert.Contains("  jtfa publish linux-arm64", help.Output);
    }

    private static string PathOf(string script) => Path.Combine(AppContext.BaseDirectory, "scripts", script);
}
