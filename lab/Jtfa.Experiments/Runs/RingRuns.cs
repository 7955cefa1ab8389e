using System.Globalization;
using Jtfa.Experiments.Results;
using Jtfa.Testbed.Links;

namespace Jtfa.Experiments.Runs;

/// <summary>
/// One language model on one, two and three silos, each a process with one computing thread and 60 % of a core, as many texts at once as
/// silos times what one of them has; and the same where the links between them delay.
/// </summary>
internal sealed class RingRuns(ExperimentSettings settings) : IExperimentSet
{
    private const string Loopback = "loopback";
    private const int Most = 3;

    private static readonly TimeSpan s_estimate = TimeSpan.FromSeconds(12);

    private readonly IReadOnlyList<RingCell> _cells = CellsOf(settings);

    public IReadOnlyList<(string Cell, TimeSpan Estimate)> Cells => [.. _cells.Select(cell => (NameOf(cell), s_estimate))];

    public async Task<IReadOnlyList<RunResult>> RunAsync(PlannedRun run, CancellationToken cancellationToken)
    {
        var cell = _cells.First(cell => NameOf(cell) == run.Cell);
        return
        [
            new(
                ExperimentNames.Ring,
                new Dictionary<string, string>
                {
                    [FactorNames.Model] = cell.Model,
                    [FactorNames.Profile] = cell.Link,
                    [FactorNames.TextsPerSilo] = Text(cell.TextsPerSilo),
                    [FactorNames.Silos] = Text(cell.Silos),
                },
                run.Repeat, run.Seed, await settings.Ring(cell, run.Seed, cancellationToken)),
        ];
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static List<RingCell> CellsOf(ExperimentSettings settings)
    {
        var cells = new List<RingCell>();
        foreach (var (model, tokens) in settings.Scale.RingModels)
        {
            foreach (var texts in settings.Scale.RingTexts)
            {
                for (var silos = 1; silos <= Most; silos++) cells.Add(new(model, silos, texts, Loopback, null, tokens));
                foreach (var ms in settings.Scale.RingDelays)
                {
                    var delay = new DelayProfile(DelayDistribution.Constant, ms);
                    cells.Add(new(
                        model, Most, texts, string.Create(CultureInfo.InvariantCulture, $"delay-{ms}"), new() { Delay = delay }, tokens));
                }

                foreach (var profile in settings.Scale.RingProfiles)
                    cells.Add(new(model, Most, texts, profile, settings.Profiles[profile].ForLink(0), tokens));
            }
        }

        return cells;
    }

    private static string NameOf(RingCell cell) =>
        string.Create(CultureInfo.InvariantCulture, $"{cell.Model}-{cell.Silos}-{cell.TextsPerSilo}-{cell.Link}");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What a language model is run on.</summary>
/// <param name="Model">Its shape's name.</param>
/// <param name="Silos">Silos.</param>
/// <param name="TextsPerSilo">Texts at once ÷ silos.</param>
/// <param name="Link">The links' name.</param>
/// <param name="Profile">What they do; null: nothing.</param>
/// <param name="Tokens">Text tokens of each text.</param>
public sealed record RingCell(string Model, int Silos, int TextsPerSilo, string Link, LinkProfile? Profile, int Tokens);
