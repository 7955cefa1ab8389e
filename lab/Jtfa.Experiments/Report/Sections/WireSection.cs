using Jtfa.Experiments.Report.Drawing;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report.Sections;

/// <summary>Bytes of a token against accuracy, by version of the wire and by quantiser.</summary>
internal sealed class WireSection : ReportSection
{
    public override string Experiment => ExperimentNames.Wire;

    public override string Heading => "Bytes of a token";

    public override string Question =>
        "Version 2 of the wire writes the same token shorter, and rounds it to fewer levels where it is asked to. Each way on the same "
        + "photographs and fates as version 1 with the same encoding: what do the bytes cost?";

    protected override IReadOnlyList<string> Columns => [ValueNames.TokenBytes, ValueNames.Accuracy, ValueNames.Decisions];

    protected override SectionText Write(Cells own, Cells all) => Compare(
        own, FactorNames.Quantiser,
        own.Levels(FactorNames.Quantiser).Where(other => other != WireReport.Yardstick).Select(other => (other, WireReport.Yardstick)),
        [ValueNames.Accuracy], Figures(own));

    private static IEnumerable<Figure> Figures(Cells own)
    {
        var series = own.Levels(FactorNames.Encoding);
        ScatterPanel[] panels =
        [
            .. own.Levels(FactorNames.Dimension).Select(dimension => new ScatterPanel(
                Describe(FactorNames.Dimension, dimension),
                [.. own.With(FactorNames.Dimension, dimension).Select(cell => Point(cell, series)).OfType<ScatterPoint>()]))
                .Where(panel => panel.Points.Count > 0),
        ];
        if (panels.Length == 0) yield break;
        yield return new Figure(
            "wire-bytes", "Accuracy against bytes of a token, by length d, quantiser and encoding. Full marks: version 1.",
            new ScatterPlot(
                "Accuracy against bytes of a token", Quantity.For(ValueNames.TokenBytes), Quantity.For(ValueNames.Accuracy), series, panels)
                .Draw());
    }

    private static ScatterPoint? Point(Cell cell, IReadOnlyList<string> series)
    {
        if (cell.Find(ValueNames.TokenBytes) is not { } bytes || cell.Find(ValueNames.Accuracy) is not { } accuracy) return null;
        var quantiser = cell[FactorNames.Quantiser];
        return new ScatterPoint(
            Math.Max(0, series.ToList().IndexOf(cell[FactorNames.Encoding])), quantiser, $"{quantiser} {cell[FactorNames.Encoding]}", bytes,
            accuracy, quantiser == WireReport.Yardstick);
    }
}
