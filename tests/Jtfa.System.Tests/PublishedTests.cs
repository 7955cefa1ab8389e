using System.Globalization;
using Jtfa.Experiments.Published;
using Jtfa.Experiments.Results;
using Jtfa.System.Tests.Stage;

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
        var reference = Environment.GetEnvironmentVariable(Reference);
        Assert.SkipWhen(string.IsNullOrEmpty(reference), $"Needs the published scripts: {Reference} names their folder (has src/jtfa/fusion.py).");
        var jtfa = ProgramRun.StartOf(_workspace, []);
        var settings = new PublishedSettings(
            reference, new JtfaProgram(jtfa.FileName, [.. jtfa.ArgumentList]), Path.Combine(AppContext.BaseDirectory, "models"), _workspace["scratch"])
        {
            MinTokens = 40,
        };

        IReadOnlyList<RunResult> results;
        await using (var comparison = new PublishedComparison(settings)) results = await comparison.RunAsync(0, 1, TestContext.Current.CancellationToken);

        foreach (var result in results) TestContext.Current.TestOutputHelper?.WriteLine($"{Line(result.Factors.Values)}: {Line(result.Values.Select(value => $"{value.Key} {value.Value.ToString("G4", CultureInfo.InvariantCulture)}"))}");
        Assert.Equal(13, results.Count);
        Assert.Equal(13, results.Select(result => Line(result.Factors.Values)).Distinct().Count());
        string[] measured = [ValueNames.LatencyP50, ValueNames.LatencyP99, ValueNames.ExactlyKShare, ValueNames.CpuPerMillion, ValueNames.Accuracy, ValueNames.TailFactor];
        Assert.All(results, result => Assert.All(measured, value => Assert.True(result.Values.ContainsKey(value), $"{Line(result.Factors.Values)} lacks {value}")));
        Assert.All(results, result => Assert.InRange(result.Values[ValueNames.FusedShare], 0, 1.2));
        var trace = results.Where(result => result.Factors[FactorNames.Source] == "trace").ToList();
        Assert.All(trace, result => Assert.True(result.Values[ValueNames.TokensSent] >= settings.MinTokens, Line(result.Factors.Values)));
        Assert.All(
            trace.Where(result => result.Factors[FactorNames.Node] == "jtfa"),
            result => Assert.True(result.Values is { } values && values[ValueNames.FillRatio] <= 1 && values[ValueNames.KShare] > 0.5, Line(result.Factors.Values)));
    }

    private static string Line(IEnumerable<string> words) => string.Join(' ', words);
}
