using Jtfa.Experiments.Report.Drawing;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report.Sections;

/// <summary>A1: what the mixed encodings cost.</summary>
internal sealed class EncodingsSection : ReportSection
{
    private const double PaperKbps = 5.5;
    private const double PaperRate = 5;
    private const double NearShare = 0.1;

    private static readonly string[] s_mixed = ["psmix", "hmix"];
    private static readonly string[] s_compared = [ValueNames.LatencyP50, ValueNames.LatencyP99, ValueNames.Accuracy];

    public override string Experiment => ExperimentNames.Encodings;

    public override string Heading => "A1: encodings";

    public override string Question =>
        "The paper: psmix and hmix keep the median latency and a steady p99 at little cost in accuracy against plain, at about 5.5 " +
        "kbit/s a view. "
        + "Little is taken as no more than 5 % of plain's latency and 1 percentage point of accuracy.";

    protected override IReadOnlyList<string> Columns =>
    [
        ValueNames.LatencyP50, ValueNames.LatencyP90, ValueNames.LatencyP99, ValueNames.LatencyDelta, ValueNames.TailFactor,
        ValueNames.Bytes,
        ValueNames.PayloadKbps, ValueNames.WireKbps, ValueNames.Accuracy, ValueNames.FillRatio, ValueNames.Decisions,
    ];

    protected override SectionText Write(Cells own, Cells all)
    {
        List<Comparison> comparisons = [.. s_mixed.SelectMany(encoding => Compare(own, encoding))];
        var costs = Costs(comparisons, (ValueNames.LatencyP50, Verdict.Higher), (ValueNames.LatencyP99, Verdict.Higher),
            (ValueNames.Accuracy, Verdict.Lower));
        var claim = comparisons.Count == 0 ? ""
            : TooFew("A1", comparisons) is { Length: > 0 } few ? few
            : costs.Length > 0 ? $"A1: the claim that psmix and hmix cost little against plain does NOT hold for us for {costs}."
            : "A1: nothing speaks against the claim that psmix and hmix cost little against plain: no latency was told to be higher, no " +
                "accuracy lower, by more than a little.";
        string[] told = [.. s_mixed.SelectMany(encoding => s_compared.Select(value => Tell(encoding, value, comparisons)))];
        return new SectionText(Paragraph(claim, Bandwidth(own)), [claim, .. told, Bandwidth(own), Repeats(own)], [.. Figures(own)],
            comparisons);
    }

    private static string Tell(string encoding, string value, List<Comparison> comparisons) =>
        Comparison.Tell(value, comparisons.Where(comparison => comparison.What == $"{encoding} − plain")) is { Length: > 0 } text
            ? $"{encoding} against plain, {text}" : "";

    private static IEnumerable<Comparison> Compare(Cells own, string encoding) =>
        own.Pairs(FactorNames.Encoding, encoding, "plain").SelectMany(pair => Comparison.Create(
            PlaceOf(pair.Cell, own, FactorNames.Encoding), $"{encoding} − plain", s_compared, pair.Cell, pair.Against));

    private static string Bandwidth(Cells own)
    {
        var quantity = Quantity.For(ValueNames.PayloadKbps);
        var byEncoding = own.Levels(FactorNames.Encoding)
            .Select(
                encoding => (
                    encoding, Kbps: own.With(FactorNames.Encoding, encoding).Select(AtPaperRate).FirstOrDefault(kbps => kbps is not null)))
            .Where(cell => cell.Kbps is not null).ToList();
        if (byEncoding.Count == 0) return "";
        var isNear = byEncoding.TrueForAll(cell => Math.Abs(cell.Kbps!.Value.Median - PaperKbps) <= NearShare * PaperKbps);
        var said = string.Join(", ", byEncoding.Select(cell => $"{cell.encoding} {quantity.Text(cell.Kbps!.Value)}"));
        return $"At the paper's 5 Hz a view's payload is {said}: the paper's 5.5 kbit/s " +
            $"{(isNear ? "holds within 10 %" : "does NOT hold for us")}.";
    }

    // Tokens are as long at any rate, so bandwidth is proportional to the rate.
    private static Estimate? AtPaperRate(Cell cell)
    {
        if (cell.Find(ValueNames.PayloadKbps) is not { } kbps) return null;
        var share = FactorLevels.Number(cell[FactorNames.Rate]) is { } rate ? PaperRate / rate : 1;
        return kbps with { Median = kbps.Median * share, Low = kbps.Low * share, High = kbps.High * share };
    }

    private static IEnumerable<Figure> Figures(Cells own) =>
    [
        .. Dots("a1-latency", "Decision latency by profile and encoding: median over runs and 95 % interval of each percentile.",
            new RowPlot("A1: decision latency by profile and encoding", Quantity.Latency, ["p50", "p90", "p99"],
                Rows(own, ValueNames.LatencyP50, ValueNames.LatencyP90, ValueNames.LatencyP99)) { IsLog = true }),
        .. Dots("a1-accuracy", "Accuracy of decisions by profile and encoding.",
            new RowPlot("A1: accuracy by profile and encoding", Quantity.For(ValueNames.Accuracy), ["accuracy"],
                Rows(own, ValueNames.Accuracy))),
    ];
}
