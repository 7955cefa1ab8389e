using Jtfa.Experiments.Report.Drawing;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report.Sections;

/// <summary>K of N against waiting for all and against fixed delays, on the same arrivals.</summary>
internal sealed class StrategiesSection : ReportSection
{
    private static readonly string[] s_compared = [ValueNames.LatencyP50, ValueNames.LatencyP99, ValueNames.FillRatio, ValueNames.Accuracy];
    private static readonly string[] s_comparedWithDelays = [ValueNames.LatencyP99, ValueNames.FillRatio, ValueNames.Accuracy];

    public override string Experiment => ExperimentNames.Strategies;

    public override string Heading => "Strategies";

    public override string Question =>
        "K of N, waiting for all views, and fixed delays, each replayed on the same recorded arrivals. Is K of N faster in the tail than " +
        "waiting, and what does it cost?";

    protected override IReadOnlyList<string> Columns =>
    [
        ValueNames.LatencyP50, ValueNames.LatencyP90, ValueNames.LatencyP99, ValueNames.TailFactor, ValueNames.FillRatio,
        ValueNames.Accuracy,
        ValueNames.DecidedShare, ValueNames.Decisions,
    ];

    protected override SectionText Write(Cells own, Cells all)
    {
        string[] others =
            [.. own.Levels(
                FactorNames.Strategy).Where(strategy =>
                    strategy != StrategyNames.KOfN).OrderByDescending(strategy => strategy == StrategyNames.WaitForAll)];
        List<Comparison> comparisons = [.. others.SelectMany(other => Compare(own, other))];
        string[] sentences =
            [.. others.SelectMany(
                other => Tell(other, comparisons, other == StrategyNames.WaitForAll ? s_compared : s_comparedWithDelays))];
        var summary = others.Length == 0 ? ""
            : Paragraph(
                others.Take(2)
                    .SelectMany(
                        other => new[] { ValueNames.LatencyP99, ValueNames.Accuracy }.Select(value => Sum(other, value, comparisons))));
        return new SectionText(summary, [summary, .. sentences, Repeats(own)], [.. Figures(own)], comparisons);
    }

    private static IEnumerable<Comparison> Compare(Cells own, string other) =>
        own.Pairs(FactorNames.Strategy, StrategyNames.KOfN, other).SelectMany(pair => Comparison.Create(
            PlaceOf(pair.Cell, own, FactorNames.Strategy), $"{StrategyNames.KOfN} − {other}", s_compared, pair.Cell, pair.Against));

    private static IEnumerable<string> Tell(string other, List<Comparison> comparisons, string[] values) => values
        .Select(value => Comparison.Tell(value, comparisons.Where(comparison => comparison.What == $"{StrategyNames.KOfN} − {other}")))
        .Where(text => text.Length > 0).Select(text => $"{StrategyNames.KOfN} against {other}, {text}");

    private static string Sum(string other, string value, List<Comparison> comparisons) =>
        Comparison.Count(
            value, comparisons.Where(comparison => comparison.What == $"{StrategyNames.KOfN} − {other}")) is { Length: > 0 } text
            ? $"{StrategyNames.KOfN} against {other}, {text}" : "";

    private static IEnumerable<Figure> Figures(Cells own) =>
    [
        .. Dots("strategies-latency", "Decision latency by profile and strategy.",
            new RowPlot("Strategies: decision latency", Quantity.Latency, ["p50", "p99"],
                Rows(own, ValueNames.LatencyP50, ValueNames.LatencyP99)) { IsLog = true }),
        .. Dots("strategies-quality", "Fill ratio and accuracy by profile and strategy.",
            new RowPlot("Strategies: fill ratio and accuracy", new Quantity("share", "%", 100), ["fill ratio", "accuracy"],
                Rows(own, ValueNames.FillRatio, ValueNames.Accuracy))),
    ];
}
