using System.Diagnostics;

namespace Jtfa.System.Tests;

/// <summary>The repository's scripts, as far as they can be checked without building anew.</summary>
public sealed class ScriptTests
{
    private static readonly string[] s_ownVerbs = ["setup", "publish", "pack", "test"];

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
    public async Task The_launchers_verbs_are_none_of_the_programs()
    {
        using var workspace = new Workspace();
        var help = await ProgramRun.JtfaToEndAsync(workspace, "--help");
        var launcher = await File.ReadAllTextAsync(PathOf("jtfa"), TestContext.Current.CancellationToken);

        bool IsTheProgramsOwn(string verb) => help.Output.Any(line => line.StartsWith($"  {verb} ", StringComparison.Ordinal));
        Assert.All(
            ["demo", "silo", "camera", "decisions", "scene", "cameras", "status", "bench", "doctor"],
            verb => Assert.True(IsTheProgramsOwn(verb), verb));
        foreach (var verb in s_ownVerbs)
        {
            Assert.Contains($"  {verb}) ", launcher);
            Assert.False(IsTheProgramsOwn(verb), verb);
        }
    }

    private static string PathOf(string script) => Path.Combine(AppContext.BaseDirectory, "scripts", script);
}
