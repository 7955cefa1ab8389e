using Jtfa.Experiments.Report.Drawing;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report.Sections;

/// <summary>Redundancy against links that fade.</summary>
internal sealed class LossSection : ReportSection
{
    private static readonly string[] s_compared =
        [ValueNames.KViewsShare, ValueNames.WireBytes, ValueNames.LatencyP99, ValueNames.Accuracy];

    public override string Experiment => ExperimentNames.Loss;

    public override string Heading => "Redundancy where links fade";

    public override string Question =>
        "Each token sent alone, once more after a delay, or with those before it, over links that fade by time, at the same moments for " +
        "each, replayed in virtual time. How many decisions have K views, and what does that cost on the wire?";

    protected override IReadOnlyList<string> Columns =>
    [
        ValueNames.KViewsShare, ValueNames.SavedShare, ValueNames.WireBytes, ValueNames.Packets, ValueNames.LatencyP50,
        ValueNames.LatencyP99, ValueNames.FillRatio, ValueNames.Accuracy,
    ];

    protected override SectionText Write(Cells own, Cells all) => Compare(
        own, FactorNames.Redundancy,
        own.Levels(FactorNames.Redundancy).Where(other => other != RedundancyNames.None).Select(other => (other, RedundancyNames.None)),
        s_compared, Figures(own));

    private static IEnumerable<Figure> Figures(Cells own) =>
    [
        .. Dots("loss-k-views", "Decisions with K views by redundancy.",
            new RowPlot("Redundancy: decisions with K views", Quantity.For(ValueNames.KViewsShare), ["decisions with K views"],
                Rows(own, ValueNames.KViewsShare))),
        .. Dots("loss-bytes", "Bytes sent a captured token, headers included, by redundancy.",
            new RowPlot("Redundancy: bytes on the wire", Quantity.For(ValueNames.WireBytes), ["sent a token"],
                Rows(own, ValueNames.WireBytes))),
    ];
}
