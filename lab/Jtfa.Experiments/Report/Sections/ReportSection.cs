using Jtfa.Experiments.Report.Drawing;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report.Sections;

/// <summary>One experiment's part of the report.</summary>
internal abstract class ReportSection
{
    /// <summary>All sections, in the report's order.</summary>
    public static IReadOnlyList<ReportSection> All { get; } =
    [
        new RelaySection(), new EncodingsSection(), new ConservativeSection(), new RelaxedSection(),
        new BandwidthSection(), new TailSection(), new StrategiesSection(), new AdaptiveSection(), new LossSection(), new RateSection(),
        new WireSection(), new RingSection(),
        new ReferenceSection(),
    ];

    /// <summary>Which experiment, by <see cref="ExperimentNames"/>.</summary>
    public abstract string Experiment { get; }

    /// <summary>Its heading.</summary>
    public abstract string Heading { get; }

    /// <summary>What was asked, and what the paper claims.</summary>
    public abstract string Question { get; }

    /// <summary>The values of the table of all cells, in order.</summary>
    protected abstract IReadOnlyList<string> Columns { get; }

    /// <summary>Writes it.</summary>
    /// <param name="all">The cells of all experiments; some of this one.</param>
    public SectionText Write(Cells all)
    {
        var own = all.ForExperiment(Experiment);
        var written = Write(own, all);
        return written with { Tables = [.. written.Tables, .. VerdictTable(written.Comparisons), AllCells(own)] };
    }

    /// <summary>Its own part, without the tables that all sections have.</summary>
    /// <param name="own">The experiment's cells, at least one.</param>
    /// <param name="all">The cells of all experiments.</param>
    protected abstract SectionText Write(Cells own, Cells all);

    /// <summary>What a cell is, in words, by the factors that differ among the cells and are not left out.</summary>
    protected static string Describe(Cell cell, Cells among, params string[] without)
    {
        var told = among.Factors.Except(without).Where(factor => cell[factor].Length > 0 && among.Levels(factor).Count > 1);
        return string.Join(", ", told.Select(factor => Describe(factor, cell[factor])));
    }

    /// <summary>The same; "the only one" if no factor differs.</summary>
    protected static string PlaceOf(Cell cell, Cells among, params string[] without) =>
        Describe(cell, among, without) is { Length: > 0 } place ? place : "the only one";

    /// <summary>A factor's level in words: K=3, T=60 ms, 5 Hz, wifi-busy.</summary>
    protected static string Describe(string factor, string level) => factor switch
    {
        FactorNames.K or FactorNames.Dimension => $"{factor}={level}",
        FactorNames.T or FactorNames.W => $"{factor}={level} ms",
        FactorNames.Rate => $"{level} Hz",
        FactorNames.Speed => $"{level}×",
        FactorNames.Silos => level == "1" ? "1 silo" : $"{level} silos",
        FactorNames.TextsPerSilo => $"{level} texts a silo",
        _ => level,
    };

    /// <summary>Rows of a plot: one a cell, grouped by profile, with a mark a value.</summary>
    protected static IReadOnlyList<PlotRow> Rows(Cells cells, params string[] values) =>
        [.. cells.Select(cell => new PlotRow(cell[FactorNames.Profile], Describe(cell, cells, FactorNames.Profile),
            [.. values.Select(cell.Find)])).Where(row => row.Marks.Any(mark => mark is not null))];

    /// <summary>A plot of them; none where no cell has any of the values.</summary>
    protected static IEnumerable<Figure> Dots(string name, string caption, RowPlot plot) =>
        plot.Rows.Count == 0 ? [] : [new Figure(name, caption, plot.Draw())];

    /// <summary>What pairs of a factor's levels came to: a sentence for each pair and value that can be told.</summary>
    /// <param name="own">The experiment's cells.</param>
    /// <param name="factor">The factor.</param>
    /// <param name="pairs">Levels, each with the one that is subtracted from it.</param>
    /// <param name="values">The values that are compared.</param>
    /// <param name="figures">The section's figures.</param>
    protected static SectionText Compare(
        Cells own, string factor, IEnumerable<(string Level, string Against)> pairs, string[] values, IEnumerable<Figure> figures)
    {
        var (comparisons, sentences) = (new List<Comparison>(), new List<string>());
        foreach (var (level, against) in pairs)
        {
            Comparison[] told = [.. own.Pairs(factor, level, against).SelectMany(pair => Comparison.Create(
                PlaceOf(pair.Cell, own, factor), $"{level} − {against}", values, pair.Cell, pair.Against))];
            comparisons.AddRange(told);
            sentences.AddRange(
                from value in values
                let text = Comparison.Tell(value, told)
                where text.Length > 0
                select $"{level} against {against}, {text}");
        }

        return new SectionText("", [.. sentences, Repeats(own)], [.. figures], comparisons);
    }

    /// <summary>How many runs a cell has, least and most.</summary>
    protected static string Repeats(Cells cells)
    {
        var (least, most) = (cells.Min(cell => cell.Runs.Count), cells.Max(cell => cell.Runs.Count));
        var few = most < PairedDifference.MinimumPairs ? $": too few for verdicts, which need {PairedDifference.MinimumPairs}" : "";
        var count = least == most ? $"{most}" : $"{least} to {most}";
        return $"{cells.Count} {(cells.Count == 1 ? "cell" : "cells")} of {count} {(most == 1 ? "run" : "runs")}{few}.";
    }

    /// <summary>
    /// What speaks against a claim that something costs little: where a value is told to be worse by more than a little, each with its
    /// interval; empty where nothing does.
    /// </summary>
    protected static string Costs(IEnumerable<Comparison> comparisons, params (string Value, Verdict Worse)[] costs) => string.Join(
        ", ",
        from cost in costs
        from comparison in comparisons
        where comparison.Value == cost.Value && comparison.Paired.Verdict == cost.Worse && !comparison.IsSmall
        select $"{comparison.Quantity.Label} of {comparison.What} at {comparison.Where} ({comparison.Text})");

    /// <summary>What is said of a claim where no comparison has runs enough for a verdict; empty where one has, or there is none.</summary>
    protected static string TooFew(string claim, IReadOnlyList<Comparison> comparisons) =>
        comparisons.Count == 0 || comparisons.Any(comparison => comparison.IsEnough) ? ""
            : $"{claim}: too few runs to judge the claim, which needs {PairedDifference.MinimumPairs}.";

    /// <summary>Sentences that say something, as one paragraph.</summary>
    protected static string Paragraph(params IEnumerable<string> sentences) =>
        string.Join(' ', sentences.Where(sentence => sentence.Length > 0));

    private static IEnumerable<Table> VerdictTable(IReadOnlyList<Comparison> comparisons)
    {
        if (comparisons.Count == 0) yield break;
        yield return new Table(
            "Differences of runs of the same repeat",
            ["where", "difference", "of", "median [95 % interval]", "pairs", "verdict"],
            [
                .. comparisons.Select(comparison => (string[])
                [
                    comparison.Where, comparison.What, comparison.Quantity.Label, comparison.Text,
                    $"{comparison.Paired.Difference.Runs}", Word(comparison.Paired),
                ]),
            ]);
    }

    private static string Word(PairedDifference paired) => paired.Verdict switch
    {
        Verdict.Higher => "higher",
        Verdict.Lower => "lower",
        _ => paired.Difference.Runs < PairedDifference.MinimumPairs ? "too few runs" : "not told",
    };

    private Table AllCells(Cells cells)
    {
        string[] values = [.. Columns.Where(value => cells.Any(cell => cell.Find(value) is not null))];
        return new Table(
            "All cells: median over runs [95 % interval]",
            [.. cells.Factors, "runs", .. values.Select(value => Quantity.For(value).AxisTitle)],
            [
                .. cells.Select(cell => (string[])
                [
                    .. cells.Factors.Select(factor => cell[factor]), $"{cell.Runs.Count}",
                    .. values.Select(value => cell.Find(value) is { } estimate ? Quantity.For(value).Bare(estimate) : "–"),
                ]),
            ]);
    }
}
