using Jtfa.Experiments.Report.Drawing;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report.Sections;

/// <summary>What A2 and A3 have in common: K, T and W by profile, live and replayed.</summary>
internal abstract class TimeoutSection : ReportSection
{
    private const string Live = "live";
    private const string Replayed = "replayed";

    protected static readonly string[] Compared = [ValueNames.LatencyP99, ValueNames.TailFactor, ValueNames.FillRatio, ValueNames.Accuracy];

    protected override IReadOnlyList<string> Columns =>
    [
        ValueNames.LatencyP50, ValueNames.LatencyP90, ValueNames.LatencyP99, ValueNames.TailFactor, ValueNames.FillRatio, ValueNames.KShare,
        ValueNames.Accuracy, ValueNames.DecidedShare, ValueNames.Decisions,
    ];

    /// <summary>Of the cells that differ in W only, the one whose W is nearest to the most common one.</summary>
    protected static Cells AtCommonW(Cells cells)
    {
        var common = cells.GroupBy(cell => cell[FactorNames.W])
            .OrderByDescending(group => group.Count()).ThenBy(group => group.Key, FactorLevels.Order).First().Key;
        double Distance(Cell cell) => Math.Abs((FactorLevels.Number(cell[FactorNames.W]) ?? 0) - (FactorLevels.Number(common) ?? 0));
        HashSet<Cell> nearest = [.. cells.GroupBy(cell => Describe(cell, cells, FactorNames.W)).Select(group => group.MinBy(Distance)!)];
        return cells.Where(nearest.Contains);
    }

    /// <summary>Cells of one profile and way of trying.</summary>
    protected static IEnumerable<Cells> Tried(Cells cells) =>
        from cell in cells
        group cell by (cell[FactorNames.Profile], cell[FactorNames.How]) into tried
        select cells.Where(cell => (cell[FactorNames.Profile], cell[FactorNames.How]) == tried.Key);

    /// <summary>
    /// The live comparisons if there are any, else the replayed ones; their places no longer say which. That is in How, in brackets after a
    /// space.
    /// </summary>
    protected static (string How, IReadOnlyList<Comparison> Comparisons) Preferred(IReadOnlyList<Comparison> comparisons)
    {
        foreach (var how in new[] { Live, Replayed })
        {
            var suffix = $" {how}";
            Comparison[] tried =
            [
                .. comparisons.Where(comparison => comparison.Where.EndsWith(suffix, StringComparison.Ordinal))
                    .Select(comparison => comparison with { Where = comparison.Where[..^suffix.Length] }),
            ];
            if (tried.Length > 0) return ($" ({how})", tried);
        }

        return ("", comparisons);
    }

    /// <summary>A sentence each compared value.</summary>
    protected static IEnumerable<string> TellEach(IReadOnlyList<Comparison> told, Func<Comparison, string> what) =>
        Compared.Select(value => Comparison.Tell(value, told)).Where(text => text.Length > 0).Select(text => $"{what(told[0])}, {text}");

    /// <summary>The largest K against the next smaller one, at each profile's largest T.</summary>
    protected static IEnumerable<Comparison> ByK(Cells cells)
    {
        var levels = cells.Levels(FactorNames.K);
        if (levels.Count < 2) yield break;
        var (fewer, all) = (levels[^2], levels[^1]);
        foreach (var tried in Tried(cells).Select(AtLargestT))
        {
            foreach (var (cell, against) in tried.Pairs(FactorNames.K, fewer, all))
            {
                var what = $"K={fewer} − K={all}";
                foreach (var comparison in Comparison.Create(Place(cell), what, Compared, cell, against)) yield return comparison;
            }
        }
    }

    /// <summary>Where a comparison is made: profile, K if asked for, and last how it was tried.</summary>
    protected static string Place(Cell cell, bool withK = false) => string.Join(
        " ", new[] { cell[FactorNames.Profile], withK ? $"K={cell[FactorNames.K]}" : "", cell[FactorNames.How] }.Where(part =>
            part.Length > 0));

    /// <summary>What W does, where one K and T was tried with several: a sentence for each W, over the profiles.</summary>
    protected static string ByW(Cells own)
    {
        var several = own.Where(
            cell => own.Any(other => other[FactorNames.W] != cell[FactorNames.W] && other[FactorNames.K] == cell[FactorNames.K]
            && other[FactorNames.T] == cell[FactorNames.T] && other[FactorNames.How] == cell[FactorNames.How]));
        if (several.Any(cell => cell[FactorNames.How] == Live)) several = several.With(FactorNames.How, Live);
        if (several.Count == 0) return "";
        var told = several.Levels(FactorNames.W).Select(w => several.With(FactorNames.W, w)).Select(cells =>
            $"W={cells[0][FactorNames.W]} ms gives {Span(cells, ValueNames.DecidedShare)} decisions a captured moment and p99 " +
            $"{Span(cells, ValueNames.LatencyP99)}");
        return $"{string.Join(", " +
            "", several.Factors.Where(factor => factor is FactorNames.K or FactorNames.T)
                .Select(factor => Describe(factor, several[0][factor])))}, "
            + $"medians of the profiles from the least to the largest: {string.Join("; ", told)}.";
    }

    /// <summary>How much p99 varies from run to run.</summary>
    protected static string Variation(Cells cells)
    {
        double[] ranges = [.. cells.Select(cell => cell.RelativeRange(ValueNames.LatencyP99)).OfType<double>()];
        if (ranges.Length == 0) return "";
        var across = Bootstrap.Median(ranges);
        return $"From run to run of one cell p99 varies by {Percent(across.Median)} of its median [{Percent(across.Low)}, " +
            $"{Percent(across.High)}] "
            + $"(largest less least run; the median over {ranges.Length} cells; the worst cell {Percent(ranges.Max())}).";
    }

    /// <summary>p99, fill ratio and accuracy against T by K, a panel a profile.</summary>
    protected IEnumerable<Figure> Figures(Cells cells)
    {
        var widths = cells.Levels(FactorNames.W);
        var at = widths.Count switch { 0 => "", 1 => $", W = {widths[0]} ms", _ => ", W near the most common" };
        foreach (var (value, name, isLog) in new[] { (ValueNames.LatencyP99, "p99", true), (ValueNames.FillRatio, "fill", false),
            (ValueNames.Accuracy, "accuracy", false) })
        {
            LinePanel[] panels = [.. Profiles(cells).Select(profile => Panel(cells, profile, value, isLog))
                .Where(panel => panel.Lines.Any(line => line.Points.Count > 0))];
            if (panels.Length == 0) continue;
            var title = $"{Experiment.ToUpperInvariant()}: {Quantity.For(value).Label} against T, by K and profile{at}";
            var plot = new LinePlot(title, "T, ms", [.. cells.Levels(FactorNames.K).Select(k => $"K={k}")], panels)
            {
                SharesY = true,
                IsLogX = true,
            };
            yield return new Figure($"{Experiment}-{name}",
                $"{title}. Medians over runs and their 95 % intervals; K are moved aside a little so that they can be told apart.",
                    plot.Draw());
        }
    }

    private static string Span(Cells cells, string value)
    {
        Estimate[] estimates = [.. cells.Select(cell => cell.Find(value)).OfType<Estimate>().OrderBy(estimate => estimate.Median)];
        return estimates.Length == 0 ? "–" : $"{Quantity.For(value).Text(estimates[0])} … {Quantity.For(value).Text(estimates[^1])}";
    }

    private static string Percent(double share) => Quantity.For(ValueNames.FillRatio).Text(share);

    private static IReadOnlyList<string> Profiles(Cells cells) =>
        cells.Levels(FactorNames.Profile) is { Count: > 0 } profiles ? profiles : [""];

    private static Cells AtLargestT(Cells cells) =>
        cells.Levels(FactorNames.T) is { Count: > 0 } levels ? cells.With(FactorNames.T, levels[^1]) : cells;

    private static LinePanel Panel(Cells cells, string profile, string value, bool isLog)
    {
        var here = cells.With(FactorNames.Profile, profile);
        var isReplayed = cells.Any(cell => cell[FactorNames.How] != Live);
        var levels = cells.Levels(FactorNames.K);
        return new LinePanel(profile, Quantity.For(value), isLog,
        [
            .. from cell in here
               where FactorLevels.Number(cell[FactorNames.T]) is not null && cell.Find(value) is not null
                   && levels.Contains(cell[FactorNames.K])
               group cell by (K: cell[FactorNames.K], How: cell[FactorNames.How]) into line
               select new PlotLine(
                   levels.ToList().IndexOf(line.Key.K), line.Key.How.Length > 0 ? $" {line.Key.How}" : "", line.Key.How != Live
                       || !isReplayed,
                   [.. line.Select(cell => (FactorLevels.Number(cell[FactorNames.T])!.Value, cell.Find(value)!.Value))]),
        ]);
    }
}
