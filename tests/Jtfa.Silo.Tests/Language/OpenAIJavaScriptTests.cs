using System.Diagnostics;
using Jtfa.Interfaces;
using Jtfa.Silo.Tests.Http;
using Jtfa.Silo.Tests.Ingress;

namespace Jtfa.Silo.Tests.Language;

/// <summary>OpenAI's own client for JavaScript is served as by OpenAI: <c>tests/openai/check.mjs</c> says how.</summary>
[Collection(WholeSilo.Name)]
public sealed class OpenAIJavaScriptTests(LanguageSilo silo) : IClassFixture<LanguageSilo>
{
    private static readonly string s_folder = Path.Combine(Repository.Folder, "tests", "openai");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task It_gets_what_it_expects()
    {
        Assert.SkipUnless(
            Directory.Exists(Path.Combine(s_folder, "node_modules")),
            "OpenAI's client was not installed: './jtfa test' does, with Node 20; or run 'npm ci' in tests/openai");
        var taken = silo.Silo.Grains.GetGrain<IGenerationGrain>($"{LanguageSilo.Narrow}/javascript");
        var start = await taken.StartAsync(
            new()
            {
                Model = LanguageSilo.Narrow,
                Prompt = "Once",
                MaxTokens = LanguageSilo.Endless,
                LogitBias = new() { [2] = -100 },
                Keep = TimeSpan.FromMinutes(1),
            },
            Cancel);
        Assert.Equal(TextAnswer.Accepted, start.Answer);
        await using var guarded = await HttpSilo.StartAsync(
            ("Jtfa:Http:Address", "0.0.0.0"), ("Jtfa:Cluster:SiloPort", $"{FreePorts.Next()}"),
            ("Jtfa:Cluster:ClientPort", $"{FreePorts.Next()}"));

        var end = await ProgramRun.ToEndAsync(
            new ProcessStartInfo("node", ["check.mjs", $"{silo.Silo.Address}", $"{guarded.Address}"]) { WorkingDirectory = s_folder });
        Assert.True(end.ExitCode == 0, end.ToString());
        await taken.CancelAsync();
        await silo.UntilFreeAsync(LanguageSilo.Model);
    }

    [Fact]
    public void Its_lock_names_no_registry() =>
        Assert.DoesNotContain("\"resolved\"", File.ReadAllText(Path.Combine(s_folder, "package-lock.json")));
}
