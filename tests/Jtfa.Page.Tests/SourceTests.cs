using System.Diagnostics;
using Jtfa.Page.Tests.Stage;

namespace Jtfa.Page.Tests;

/// <summary>The page's own tests, of what needs no browser, and its types.</summary>
public sealed class SourceTests
{
    [Theory(Timeout = 60_000)]
    [InlineData("test")]
    [InlineData("check")]
    public async Task Its_sources_pass(string script)
    {
        var sources = Chromium.Given("PageSources");
        Assert.SkipUnless(
            Directory.Exists(Path.Combine(sources, "node_modules")),
            "The page's packages were not installed: './jtfa setup' does, with Node 20");
        var end = await ProgramRun.ToEndAsync(
            new ProcessStartInfo("npm", ["run", script, "--silent", "--no-update-notifier"]) { WorkingDirectory = sources });
        Assert.True(end.ExitCode == 0, end.ToString());
    }

    [Fact]
    public void Its_lock_names_no_registry()
    {
        var held = File.ReadAllText(Path.Combine(Chromium.Given("PageSources"), "package-lock.json"));
        Assert.DoesNotContain("\"resolved\"", held);
    }
}
