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

    protected override SectionText Write(Cells own, Cells all)
    {
        string[] others = [.. own.Levels(FactorNames.Quantiser).Where(quantiser => quantiser != WireReport.Yardstick)];
        List<Comparison> comparisons = [.. others.SelectMany(other => Compare(own, other))];
        string[] sentences =
        [
            .. from other in others
               let text = Comparison.Tell(ValueNames.Accuracy, comparisons.Where(comparison => comparison.What == What(other)))
               where text.Length > 0
               select $"{other} against {WireReport.Yardstick}, {text}",
        ];
        return new SectionText("", [.. sentences, Repeats(own)], [.. Figures(own)], comparisons);
    }

    private static string What(string other) => $"{other} − {WireReport.Yardstick}";

    private static IEnumerable<Comparison> Compare(Cells own, string other) =>
        own.Pairs(FactorNames.Quantiser, other, WireReport.Yardstick).SelectMany(pair => Comparison.Create(
            PlaceOf(pair.Cell, own, FactorNames.Quantiser), What(other), [ValueNames.Accuracy], pair.Cell, pair.Against));

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
