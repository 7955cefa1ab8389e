using Jtfa.Experiments.Report.Drawing;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report.Sections;

/// <summary>Beside the published implementation, on the same tokens.</summary>
internal sealed class ReferenceSection : ReportSection
{
    private static readonly string[] s_compared =
        [ValueNames.ExactlyKShare, ValueNames.LatencyP50, ValueNames.LatencyP99, ValueNames.CpuPerMillion, ValueNames.FusedShare];

    private static readonly (string Value, bool IsLog)[] s_panels =
        [(ValueNames.ExactlyKShare, false), (ValueNames.LatencyP99, true), (ValueNames.CpuPerMillion, true),
            (ValueNames.FusedShare, false)];

    public override string Experiment => ExperimentNames.Reference;

    public override string Heading => "Beside the published implementation";

    public override string Question =>
        "The same tokens into this program and into the published one, at the paper's rate and at multiples of it: how many decisions " +
        "are of exactly K views, how fast they are, what they cost.";

    protected override IReadOnlyList<string> Columns =>
    [
        ValueNames.ExactlyKShare, ValueNames.LatencyP50, ValueNames.LatencyP90, ValueNames.LatencyP99, ValueNames.CpuPerMillion,
        ValueNames.TokensSent, ValueNames.FusedShare,
        ValueNames.Accuracy, ValueNames.Decisions,
    ];

    protected override SectionText Write(Cells own, Cells all)
    {
        List<Comparison> comparisons =
        [
            .. own.Pairs(FactorNames.Node, "jtfa", "published").SelectMany(pair => Comparison.Create(
                PlaceOf(pair.Cell, own, FactorNames.Node), "jtfa − published", s_compared, pair.Cell, pair.Against)),
        ];
        string[] sentences = [.. s_compared.Select(value => Comparison.Tell(value, comparisons)).Where(text => text.Length > 0)
            .Select(text => $"jtfa against the published implementation, {text}")];
        var summary = Paragraph(s_compared.Select(value => Comparison.Count(value, comparisons)).Where(text => text.Length > 0).Take(3)
            .Select(text => $"jtfa against the published implementation, {text}"));
        return new SectionText(summary, [summary, .. sentences, Repeats(own)], [.. Figures(own)], comparisons);
    }

    private static IEnumerable<Figure> Figures(Cells own)
    {
        string[] series = [.. own.Select(Name).Distinct()];
        LinePanel[] panels = [.. s_panels.Select(panel => Panel(own, series, panel.Value, panel.IsLog))
            .Where(panel => panel.Lines.Any(line => line.Points.Count > 0))];
        if (panels.Length == 0) yield break;
        yield return new Figure(
            "reference", "Against the rate, as multiples of the paper's; medians over runs and their 95 % intervals.",
            new LinePlot("Beside the published implementation", "times the paper's rate", series, panels) { IsLogX = true }.Draw());
    }

    private static LinePanel Panel(Cells own, string[] series, string value, bool isLog) => new(
        Quantity.For(value).Label, Quantity.For(value), isLog,
        [
            .. from cell in own
               where FactorLevels.Number(cell[FactorNames.Speed]) is > 0 && cell.Find(value) is not null
               group cell by Array.IndexOf(series, Name(cell)) into line
               select new PlotLine(line.Key, "", true,
                   [.. line.Select(cell => (FactorLevels.Number(cell[FactorNames.Speed])!.Value, cell.Find(value)!.Value))]),
        ]);

    private static string Name(Cell cell) =>
        string.Join(", ", new[] { cell[FactorNames.Node], cell[FactorNames.Source] }.Where(part => part.Length > 0));
}
