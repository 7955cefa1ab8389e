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

    protected override SectionText Write(Cells own, Cells all)
    {
        string[] others = [.. own.Levels(FactorNames.Pacing).Where(pacing => pacing != PacingNames.Every)];
        List<Comparison> comparisons = [.. others.SelectMany(other => Compare(own, other))];
        string[] sentences =
        [
            .. from other in others
               from value in s_compared
               let text = Comparison.Tell(value, comparisons.Where(comparison => comparison.What == What(other)))
               where text.Length > 0
               select $"{other} against {PacingNames.Every}, {text}",
        ];
        return new SectionText("", [.. sentences, Repeats(own)], [.. Figures(own)], comparisons);
    }

    private static string What(string other) => $"{other} − {PacingNames.Every}";

    private static IEnumerable<Comparison> Compare(Cells own, string other) =>
        own.Pairs(FactorNames.Pacing, other, PacingNames.Every).SelectMany(pair => Comparison.Create(
            PlaceOf(pair.Cell, own, FactorNames.Pacing), What(other), s_compared, pair.Cell, pair.Against));

    private static IEnumerable<Figure> Figures(Cells own) =>
    [
        .. Dots("rate-packets", "Packets a captured token, by pacing.",
            new RowPlot("Token rate: packets", Quantity.For(ValueNames.Packets), ["packets a token"], Rows(own, ValueNames.Packets))),
        .. Dots("rate-accuracy", "Accuracy of the decision in force, by pacing.",
            new RowPlot("Token rate: accuracy", new Quantity("accuracy", "%", 100), ["accuracy"], Rows(own, ValueNames.Accuracy))),
    ];
}
