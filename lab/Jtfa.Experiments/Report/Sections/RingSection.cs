using System.Globalization;
using Jtfa.Experiments.Report.Drawing;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report.Sections;

/// <summary>A language model on one, two and three silos.</summary>
internal sealed class RingSection : ReportSection
{
    private const string Loopback = "loopback";
    private const string One = "1";
    private const int Tenths = 10;

    private static readonly string[] s_silos = ["1", "2", "3"];

    public override string Experiment => ExperimentNames.Ring;

    public override string Heading => "One language model on several silos";

    public override string Question =>
        "MDI-LLM on one, two and three Jetson TX2 made 17.9, 25.9 and 30.4 text tokens a second of NanoLlama (1, 1.44×, 1.69×; read " +
        "from its plots) with 2.15, 1.76 and 1.42 GB each. Here each silo is a process with one computing thread that stands still for " +
        "40 % of the time, all on one machine; n silos have n times the texts of one. Links are a TCP relay that delays.";

    protected override IReadOnlyList<string> Columns =>
    [
        ValueNames.TokensPerSecond, ValueNames.TimePerToken, ValueNames.Idle(1), ValueNames.Idle(2), ValueNames.Idle(3),
        ValueNames.LargestMemory, ValueNames.BytesPerToken, ValueNames.Forecast,
    ];

    protected override SectionText Write(Cells own, Cells all)
    {
        var here = own.With(FactorNames.Profile, Loopback);
        List<SpeedUp> speedUps =
        [
            .. from silos in s_silos.Skip(1)
               from pair in here.Pairs(FactorNames.Silos, silos, One)
               select new SpeedUp(
                   PlaceOf(pair.Cell, here, FactorNames.Silos), silos,
                   PairedDifference.Ratio(pair.Cell, pair.Against, ValueNames.TokensPerSecond),
                   PairedDifference.Ratio(pair.Cell, pair.Against, ValueNames.LargestMemory)),
        ];
        return new SectionText(
            Claim(speedUps), [Claim(speedUps), Delays(own), Forecasts(own), Repeats(own)], [.. Figures(own, here)], [])
        {
            Tables = speedUps.Count == 0 ? [] : [TableOf(speedUps)],
        };
    }

    private static string Claim(List<SpeedUp> speedUps)
    {
        var told = speedUps.Where(speedUp => speedUp.Tokens is not null).GroupBy(speedUp => speedUp.Silos).Select(group =>
        {
            var (least, most) = (group.MinBy(one => one.Tokens!.Value.Median)!, group.MaxBy(one => one.Tokens!.Value.Median)!);
            var range = least == most ? "" : $" to {Quantity.Times.Text(most.Tokens!.Value)}";
            return $"{group.Key} silos {Quantity.Times.Text(least.Tokens!.Value)}{range}";
        }).ToList();
        return told.Count == 0 ? "" : $"Of a language model's text tokens a second, one silo's are 1×: {string.Join(", ", told)}.";
    }

    private static string Delays(Cells own)
    {
        var told = own.Where(cell => cell[FactorNames.Profile] != Loopback)
            .Select(cell => (Cell: cell, Near: own.Like(cell, (FactorNames.Profile, Loopback))))
            .Where(pair => pair.Near is not null)
            .Select(pair => (pair.Cell, Ratio: PairedDifference.Ratio(pair.Cell, pair.Near!, ValueNames.TokensPerSecond)))
            .Where(pair => pair.Ratio is not null)
            .Select(pair => $"{Describe(pair.Cell, own, FactorNames.Silos)}: {Quantity.Times.Text(pair.Ratio!.Value)}").ToList();
        return told.Count == 0 ? "" : $"Links that delay leave of three silos' text tokens a second: {string.Join("; ", told)}.";
    }

    private static string Forecasts(Cells own)
    {
        Estimate[] ratios = [.. own.Select(cell => cell.Find(ValueNames.Forecast)).OfType<Estimate>().OrderBy(ratio => ratio.Median)];
        return ratios.Length == 0 ? ""
            : $"Plans were expected to come to {Quantity.Times.Text(ratios[0])} to {Quantity.Times.Text(ratios[^1])} what was measured.";
    }

    private static Table TableOf(List<SpeedUp> speedUps) => new(
        "Against one silo",
        ["where", "silos", "text tokens a second, ×", "memory of the largest silo, ×"],
        [
            .. speedUps.Select(speedUp => (string[])
            [
                speedUp.Where, speedUp.Silos, speedUp.Tokens is { } tokens ? Quantity.Times.Bare(tokens) : "–",
                speedUp.Memory is { } memory ? Quantity.Times.Bare(memory) : "–",
            ]),
        ]);

    private static IEnumerable<Figure> Figures(Cells own, Cells here)
    {
        List<LinePanel> panels = [];
        foreach (var cells in here.GroupBy(cell => Describe(cell, here, FactorNames.Silos)))
        {
            panels.Add(new LinePanel(
                cells.Key, new Quantity("text tokens", ""), IsLog: false,
                [.. cells.Select(cell => OverTime(cell)).OfType<PlotLine>()]));
        }

        if (panels.Exists(panel => panel.Lines.Count > 0))
        {
            yield return new Figure(
                "ring-time", "Text tokens of all texts together over time, by silos: medians over runs.",
                new LinePlot(
                    "Text tokens over time", "seconds", [.. s_silos.Select(silos => Describe(FactorNames.Silos, silos))],
                    [.. panels.Where(panel => panel.Lines.Count > 0)]).Draw());
        }

        var idle = new RowPlot(
            "What silos did not use of their share of a core", new Quantity("idle", "%", 100), ["starter", "second", "third"],
            Rows(own, ValueNames.Idle(1), ValueNames.Idle(2), ValueNames.Idle(3)));
        foreach (var figure in Dots("ring-idle", "Idle share of each silo, by links, texts and silos.", idle)) yield return figure;
        var rate = new RowPlot(
            "Text tokens a second", Quantity.For(ValueNames.TokensPerSecond), ["text tokens a second"],
            Rows(own, ValueNames.TokensPerSecond));
        foreach (var figure in Dots("ring-rate", "Text tokens a second of all texts, by links, texts and silos.", rate))
            yield return figure;
    }

    private static PlotLine? OverTime(Cell cell)
    {
        if (cell.Find(ValueNames.Seconds) is not { } seconds) return null;
        List<(double, Estimate)> points =
        [
            .. Enumerable.Range(1, Tenths).Select(tenth => (tenth, Tokens: cell.Find(ValueNames.TokensAfter(tenth))))
                .Where(point => point.Tokens is not null).Select(point => (seconds.Median * point.tenth / Tenths, point.Tokens!.Value)),
        ];
        return new PlotLine(int.Parse(cell[FactorNames.Silos], CultureInfo.InvariantCulture) - 1, "", IsJoined: true, points);
    }

    /// <summary>Several silos against one.</summary>
    private sealed record SpeedUp(string Where, string Silos, Estimate? Tokens, Estimate? Memory);
}
