using Jtfa.Experiments.Report.Drawing;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report.Sections;

/// <summary>A4: accuracy against bandwidth, of tokens and of what would be sent without them.</summary>
internal sealed class BandwidthSection : ReportSection
{
    private const string Token = "token";
    private const double PaperLeast = 12;
    private const double PaperMost = 2400;

    public override string Experiment => ExperimentNames.Bandwidth;

    public override string Heading => "A4: accuracy against bandwidth";

    public override string Question =>
        "The paper: tokens need 12× … 2400× less bandwidth than penultimate vectors and feature maps at little cost in accuracy. "
        + "Each baseline is compared with d=16 hmix at the same rate, run by run; little is 1 percentage point.";

    protected override IReadOnlyList<string> Columns =>
    [
        ValueNames.PayloadKbps, ValueNames.WireKbps, ValueNames.Accuracy, ValueNames.AccuracyDifference, ValueNames.FillRatio,
        ValueNames.WholeShare,
        ValueNames.Decisions,
    ];

    protected override SectionText Write(Cells own, Cells all)
    {
        List<Baseline> baselines = [.. own.Where(cell => cell[FactorNames.What] != Token).Select(cell => Compare(cell, own))
            .OfType<Baseline>()];
        List<Comparison> comparisons = [.. baselines.Select(baseline => baseline.Accuracy).OfType<Comparison>(), .. OtherTokens(own)];
        var claim = Claim(baselines);
        var tokens = Comparison.Tell(ValueNames.AccuracyDifference, OtherTokens(own)) is { Length: > 0 } told
            ? $"Other tokens, {told}" : "";
        return new SectionText(claim, [claim, TellBaselines(baselines), tokens, Repeats(own)], [.. Figures(own)], comparisons)
        {
            Tables = baselines.Count == 0 ? [] : [TableOf(baselines)],
        };
    }

    private static Baseline? Compare(Cell cell, Cells own)
    {
        if (Reference(cell, own) is not { } token) return null;
        return new Baseline(
            Name(cell), FactorNames.Rate is var rate && cell[rate].Length > 0 ? Describe(rate, cell[rate]) : "–",
            NumbersOf(cell) / NumbersOf(token), PairedDifference.Ratio(cell, token, ValueNames.PayloadKbps),
            PairedDifference.Ratio(cell, token, ValueNames.WireKbps),
            Accuracy(cell, own));
    }

    // Bytes of the numbers alone, without their packets' other fields.
    private static double NumbersOf(Cell cell) =>
        (FactorLevels.Number(cell[FactorNames.Dimension]) ?? 0) * (cell[FactorNames.Encoding] == "fp32" ? sizeof(float) : sizeof(sbyte));

    private static Cell? Reference(Cell cell, Cells own) =>
        own.Like(cell, (FactorNames.What, Token), (FactorNames.Dimension, "16"), (FactorNames.Encoding, "hmix"));

    // The difference on the same moments where the run has it, else that of the runs' accuracies.
    private static Comparison? Accuracy(Cell cell, Cells own)
    {
        if (Reference(cell, own) is not { } token || token == cell) return null;
        var (where, what) = (Describe(cell, own, FactorNames.Encoding), $"{Name(cell)} − d=16 hmix");
        return cell.Find(ValueNames.AccuracyDifference) is { } difference
            ? new Comparison(where, what, ValueNames.AccuracyDifference, PairedDifference.Create(difference), null)
            : Comparison.Create(where, what, ValueNames.Accuracy, cell, token) is { } compared
                ? compared with { Value = ValueNames.AccuracyDifference } : null;
    }

    private static IEnumerable<Comparison> OtherTokens(Cells own) =>
        own.With(FactorNames.What, Token)
            .Select(cell => Accuracy(cell, own) is { } compared ? compared with { Where = Describe(cell, own, FactorNames.What) } : null)
                .OfType<Comparison>();

    private static string Name(Cell cell) =>
        $"{(cell[FactorNames.What] == Token ? "" : cell[FactorNames.What])} d={cell[FactorNames.Dimension]} {cell[FactorNames.Encoding]}"
            .Trim();

    private static string Claim(List<Baseline> baselines)
    {
        Estimate[] ratios = [.. baselines.Select(baseline => baseline.Payload).OfType<Estimate>().OrderBy(ratio => ratio.Median)];
        if (ratios.Length == 0) return "";
        var costly = baselines.Where(baseline => baseline.Accuracy is { Paired.Verdict: Verdict.Higher, IsSmall: false }).ToList();
        var compared = baselines.Select(baseline => baseline.Accuracy).OfType<Comparison>().ToList();
        var cost = compared.Count == 0 ? "accuracies could not be compared" : !compared.Exists(comparison => comparison.IsEnough)
            ? "there are too few runs to judge accuracies"
            : costly.Count == 0
            ? "no baseline was told to be more accurate by more than 1 percentage point"
            : $"that this costs little accuracy does NOT hold for us against {costly.Count} of {baselines.Count} (most: {Most(costly)})";
        var (least, most) = (ratios[0], ratios[^1]);
        var became = least.Median >= PaperLeast && most.Median <= PaperMost ? "lies within the paper's 12× … 2400×"
            : "is what the paper's 12× … 2400× becomes " +
                $"here{(least.Median < PaperLeast ? ": the least is less" : "")}{(most.Median > PaperMost ? ": the most is more" : "")}";
        return $"A4: in payload, baselines need {Quantity.Times.Text(least)} to {Quantity.Times.Text(most)} as much as d=16 hmix, which " +
            $"{became}; {cost}.";
    }

    private static string Most(List<Baseline> costly) =>
        costly.MaxBy(baseline => baseline.Accuracy!.Paired.Difference.Median) is { } most
            ? $"{most.Name} at {most.Rate} is better by {most.Accuracy!.Text}" : "";

    private static string TellBaselines(List<Baseline> baselines)
    {
        Estimate[] wire = [.. baselines.Select(baseline => baseline.Wire).OfType<Estimate>().OrderBy(ratio => ratio.Median)];
        if (wire.Length == 0) return "";
        var (least, most) = (baselines.Min(baseline => baseline.Numbers), baselines.Max(baseline => baseline.Numbers));
        return $"Of the numbers alone baselines need {Quantity.Times.Text(least)} to {Quantity.Times.Text(most)} as many bytes; the rest " +
            "is what a "
            + "packet says of itself: tokens and their plain baselines in MessagePack with named keys, "
            + "chunks (int8, fp32) in a header of 46 bytes. "
            + $"On the wire, where each datagram has 46 bytes of headers, that is "
            + $"{Quantity.Times.Text(wire[0])} to {Quantity.Times.Text(wire[^1])}.";
    }

    private static Table TableOf(List<Baseline> baselines) => new(
        "How many times the bandwidth of d=16 hmix",
        ["baseline", "rate", "numbers alone, ×", "payload, ×", "on the wire, ×", "accuracy − that of d=16 hmix", "verdict"],
        [
            .. baselines.Select(baseline => (string[])
            [
                baseline.Name, baseline.Rate, Quantity.Times.Text(baseline.Numbers).TrimEnd('×'),
                baseline.Payload is { } payload ? Quantity.Times.Bare(payload) : "–",
                baseline.Wire is { } wire ? Quantity.Times.Bare(wire) : "–",
                baseline.Accuracy?.Text ?? "–",
                baseline.Accuracy is { } accuracy ? Word(accuracy) : "–",
            ]),
        ]);

    private static string Word(Comparison accuracy) => accuracy.Paired.Verdict switch
    {
        Verdict.Higher => "more accurate",
        Verdict.Lower => "less accurate",
        _ => accuracy.IsEnough ? "not told" : "too few runs",
    };

    private static IEnumerable<Figure> Figures(Cells own)
    {
        var series = own.Levels(FactorNames.Encoding);
        var rates = own.Levels(FactorNames.Rate) is { Count: > 0 } levels ? levels : [""];
        ScatterPanel[] panels =
        [
            .. rates.Select(rate => new ScatterPanel(
                rate.Length > 0 ? Describe(FactorNames.Rate, rate) : "",
                [.. own.With(FactorNames.Rate, rate).Select(cell => Point(cell, own, series)).OfType<ScatterPoint>()]))
                .Where(panel => panel.Points.Count > 0),
        ];
        if (panels.Length == 0) yield break;
        yield return new Figure(
            "a4-bandwidth",
            "Accuracy against payload of a view, by rate, length d (the number beside a point; P: penultimate vector, F: feature map) " +
            "and encoding. Full marks, bold: baselines.",
            new ScatterPlot(
                "A4: accuracy against payload of a view", Quantity.For(ValueNames.PayloadKbps), Quantity.For(ValueNames.Accuracy),
                series, panels).Draw());
    }

    private static ScatterPoint? Point(Cell cell, Cells own, IReadOnlyList<string> series)
    {
        if (cell.Find(ValueNames.PayloadKbps) is not { } kbps || cell.Find(ValueNames.Accuracy) is not { } accuracy) return null;
        var kind = cell[FactorNames.What] switch { "penultimate" => "P", "feature-map" => "F", _ => "" };
        return new ScatterPoint(
            Math.Max(0, series.ToList().IndexOf(cell[FactorNames.Encoding])), $"{kind}{cell[FactorNames.Dimension]}",
            $"{Name(cell)} {Describe(cell, own, FactorNames.What, FactorNames.Dimension, FactorNames.Encoding)}",
            kbps, accuracy, kind.Length > 0);
    }

    /// <summary>What would be sent without tokens, against d=16 hmix.</summary>
    /// <param name="Name">What it is.</param>
    /// <param name="Rate">Its rate.</param>
    /// <param name="Numbers">How many times the bytes of its numbers alone.</param>
    /// <param name="Payload">How many times the payload.</param>
    /// <param name="Wire">How many times the bandwidth on the wire.</param>
    /// <param name="Accuracy">How much more accurate it is.</param>
    private sealed record Baseline(string Name, string Rate, double Numbers, Estimate? Payload, Estimate? Wire, Comparison? Accuracy);
}
