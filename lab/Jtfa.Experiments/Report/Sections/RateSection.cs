using Jtfa.Experiments.Report.Drawing;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report.Sections;

/// <summary>Sending when a token has moved.</summary>
internal sealed class RateSection : ReportSection
{
    private static readonly string[] s_compared = [ValueNames.Packets, ValueNames.Accuracy, ValueNames.TokenAge];

    public override string Experiment => ExperimentNames.Rate;

    public override string Heading => "Adaptive token rate";

    public override string Question =>
        "Tokens sent when they have moved by a share of their length, and half a second after the last in any case, against every token " +
        "and every second one, on the same moving scenes in virtual time. How many packets does that save, at what accuracy?";

    protected override IReadOnlyList<string> Columns =>
    [
        ValueNames.Packets, ValueNames.Accuracy, ValueNames.TokenAge, ValueNames.LatencyP50, ValueNames.LatencyP99, ValueNames.Decisions,
    ];

    protected override SectionText Write(Cells own, Cells all) => Compare(
        own, FactorNames.Pacing,
        own.Levels(FactorNames.Pacing).Where(other => other != PacingNames.Every).Select(other => (other, PacingNames.Every)),
        s_compared, Figures(own));

    private static IEnumerable<Figure> Figures(Cells own) =>
    [
        .. Dots("rate-packets", "Packets a captured token, by pacing.",
            new RowPlot("Token rate: packets", Quantity.For(ValueNames.Packets), ["packets a token"], Rows(own, ValueNames.Packets))),
        .. Dots("rate-accuracy", "Accuracy of the decision in force, by pacing.",
            new RowPlot("Token rate: accuracy", new Quantity("accuracy", "%", 100), ["accuracy"], Rows(own, ValueNames.Accuracy))),
    ];
}
