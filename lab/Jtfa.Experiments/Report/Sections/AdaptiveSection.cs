using Jtfa.Experiments.Report.Drawing;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report.Sections;

/// <summary>An adaptive T against fixed ones, on the same arrivals.</summary>
internal sealed class AdaptiveSection : ReportSection
{
    private static readonly string[] s_compared = [ValueNames.LatencyP99, ValueNames.FillRatio, ValueNames.Accuracy];

    public override string Experiment => ExperimentNames.Adaptive;

    public override string Heading => "Adaptive T and K";

    public override string Question =>
        "T as the scene finds it from how long views have taken of late, and K from which are silent, against fixed T, each replayed on " +
        "the same arrivals in virtual time. Is there a fixed T that is better?";

    protected override IReadOnlyList<string> Columns =>
    [
        ValueNames.LatencyP50, ValueNames.LatencyP99, ValueNames.KShare, ValueNames.FillRatio, ValueNames.Accuracy, ValueNames.Decisions,
    ];

    protected override SectionText Write(Cells own, Cells all) => Compare(
        own, FactorNames.Strategy,
        own.Levels(FactorNames.Strategy).Where(other => other != StrategyNames.Adaptive).Select(other => (StrategyNames.Adaptive, other)),
        s_compared, Figures(own));

    private static IEnumerable<Figure> Figures(Cells own) =>
    [
        .. Dots("adaptive-latency", "Decision latency by profile and policy.",
            new RowPlot("Adaptive T: decision latency", Quantity.Latency, ["p50", "p99"],
                Rows(own, ValueNames.LatencyP50, ValueNames.LatencyP99)) { IsLog = true }),
        .. Dots("adaptive-accuracy", "Accuracy by profile and policy.",
            new RowPlot("Adaptive T: accuracy", new Quantity("accuracy", "%", 100), ["accuracy"], Rows(own, ValueNames.Accuracy))),
    ];
}
