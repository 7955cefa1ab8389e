using System.Globalization;
using Jtfa.Experiments.Nodes;
using Jtfa.Experiments.Published;
using Jtfa.Experiments.Results;

namespace Jtfa.System.Tests;

/// <summary>Our fusion node beside the published scripts, where somebody has fetched those.</summary>
public sealed class PublishedTests : IDisposable
{
    private const string Reference = "JTFA_REFERENCE";

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 300_000)]
    public async Task A_repeat_measures_both_nodes_on_all_sources()
    {
        var settings = Settings() with { MinTokens = 40 };
        IReadOnlyList<RunResult> results;
        await using (var comparison = new PublishedComparison(settings)) results = await comparison.RunAsync(
            0, 1, TestContext.Current.CancellationToken);

        foreach (var result in results)
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{Line(result.Factors.Values)}: " +
                $"{Line(result.Values.Select(value => $"{value.Key} {value.Value.ToString("G4", CultureInfo.InvariantCulture)}"))}");
        Assert.Equal(13, results.Count);
        Assert.Equal(13, results.Select(result => Line(result.Factors.Values)).Distinct().Count());
        string[] measured = [ValueNames.LatencyP50, ValueNames.LatencyP99, ValueNames.ExactlyKShare, ValueNames.CpuPerMillion,
            ValueNames.Accuracy, ValueNames.TailFactor];
        Assert.All(
            results, result =>
                Assert.All(
                    measured, value => Assert.True(result.Values.ContainsKey(value), $"{Line(result.Factors.Values)} lacks {value}")));
        Assert.All(results, result => Assert.InRange(result.Values[ValueNames.FusedShare], 0, 1.2));
        var trace = results.Where(result => result.Factors[FactorNames.Source] == "trace").ToList();
        Assert.All(trace, result => Assert.True(result.Values[ValueNames.TokensSent] >= settings.MinTokens, Line(result.Factors.Values)));
        Assert.All(
            trace.Where(result => result.Factors[FactorNames.Node] == "jtfa"),
            result => Assert.True(
                result.Values is { } values && values[ValueNames.FillRatio] <= 1 && values[ValueNames.KShare] > 0.5,
                Line(result.Factors.Values)));
    }

    /// <summary>While cameras are recorded, and while nodes start.</summary>
    [Theory(Timeout = 120_000)]
    [InlineData("recorded.pcap")]
    [InlineData("published.csv")]
    public async Task A_cancelled_repeat_leaves_no_program_behind(string begun)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Programs are looked up in /proc.");
        var settings = Settings();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        await using (var comparison = new PublishedComparison(settings))
        {
            var running = comparison.RunAsync(0, 1, stop.Token);
            await Condition.HoldsAsync(
                () => File.Exists(Path.Combine(settings.Scratch, begun)) && Programs(settings.Scratch).Count > 0, holds => holds, begun);
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        }

        Assert.Empty(Programs(settings.Scratch));
    }

    // Those that run in a folder.
    private static List<string> Programs(string folder) =>
        [.. Directory.GetDirectories(
            "/proc").Where(process => char.IsAsciiDigit(Path.GetFileName(process)[0])).Where(process => FolderOf(process) == folder)];

    private static string? FolderOf(string process)
    {
        try
        {
            return new FileInfo(Path.Combine(process, "cwd")).LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // it has ended, or is another user's
        }
    }

    private PublishedSettings Settings()
    {
        var reference = Environment.GetEnvironmentVariable(Reference);
        Assert.SkipWhen(
            string.IsNullOrEmpty(reference), $"Needs the published scripts: {Reference} names their folder (has src/jtfa/fusion.py).");
        return new PublishedSettings(reference, JtfaProgram.Own, _workspace["scratch"]);
    }

    private static string Line(IEnumerable<string> words) => string.Join(' ', words);
}
