using Jtfa.Experiments.Report.Drawing;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report.Sections;

/// <summary>Where the time of decisions goes, of the middle ones and of the slowest.</summary>
internal sealed class TailSection : ReportSection
{
    private static readonly Quantity s_time = new("mean time from due capture to publication", "ms");
    private static readonly IReadOnlyList<string> s_untilPublished = [.. Stages.All.Where(stage => stage != Stages.Log)];

    public override string Experiment => ExperimentNames.Tail;

    public override string Heading => "Where the time goes";

    public override string Question =>
        "Each decision's time, from the moment that its first token's capture was due to its line in the log, by stage: of the decisions " +
        "in the middle (40th to 60th percentile) and of the slowest 2 %. "
        + "The log is told apart: its groups are committed every 50 ms, after publication, and keep nobody waiting.";

    protected override IReadOnlyList<string> Columns =>
        [.. Stages.All.SelectMany(stage =>
            new[] { ValueNames.Middle(stage), ValueNames.Slowest(stage), ValueNames.StageP50(stage), ValueNames.StageP99(stage) }),
                ValueNames.Decisions];

    protected override SectionText Write(Cells own, Cells all)
    {
        List<Blame> blames = [.. own.Select(cell => Find(cell, own)).OfType<Blame>()];
        var most = blames.MaxBy(blame => blame.Part.Median);
        var told = blames.ConvertAll(blame =>
            $"{blame.Where}: {s_time.SignedText(blame.Whole)}, of which {blame.Stage.Replace('_', ' ')} {s_time.SignedText(blame.Part)}");
        var text = told.Count == 0 ? ""
            : $"How much longer the slowest decisions take than the middle ones, and the stage that adds most: {string.Join("; ", told)}.";
        var stages = blames.GroupBy(blame => blame.Stage).OrderByDescending(group => group.Count())
            .Select(group => $"{group.Key.Replace('_', ' ')} ({group.Count()} of {blames.Count})");
        var summary = most is null ? ""
            : $"The stage that makes the slowest decisions slow is {string.Join(", ", stages)}; it adds most at {most.Where}: " +
                $"{s_time.SignedText(most.Part)}.";
        return new SectionText(summary, [text, TellLog(own), Repeats(own)], [.. Figures(own)], []);
    }

    private static string TellLog(Cells own)
    {
        var quantity = Quantity.For(ValueNames.StageP50(Stages.Log));
        Estimate[] medians =
            [.. own.Select(cell => cell.Find(ValueNames.StageP50(Stages.Log))).OfType<Estimate>().OrderBy(estimate => estimate.Median)];
        return medians.Length == 0
            ? ""
            : $"From publication to the log it took {quantity.Text(medians[0])} to {quantity.Text(medians[^1])} in the median of a " +
                "profile.";
    }

    private static Blame? Find(Cell cell, Cells own)
    {
        var added = s_untilPublished.Select(stage => (Stage: stage, Added: Added(cell, stage))).Where(stage => stage.Added.Count > 0)
            .ToList();
        if (added.Count == 0) return null;
        var (most, part) = added.Select(stage => (stage.Stage, Part: Bootstrap.Median(stage.Added.Values)))
            .MaxBy(stage => stage.Part.Median);
        var whole = Bootstrap.Median(added.SelectMany(stage => stage.Added).GroupBy(run => run.Key)
            .Select(run => run.Sum(stage => stage.Value)));
        return new Blame(PlaceOf(cell, own), most, part, whole);
    }

    private static Dictionary<int, double> Added(Cell cell, string stage)
    {
        var (slowest, middle) = (cell.ByRepeat(ValueNames.Slowest(stage)), cell.ByRepeat(ValueNames.Middle(stage)));
        return slowest.Where(run => middle.ContainsKey(run.Key)).ToDictionary(run => run.Key, run => run.Value - middle[run.Key]);
    }

    private static IEnumerable<Figure> Figures(Cells own)
    {
        PlotRow[] rows =
        [
            .. own.SelectMany(cell => new[] { Row(cell, own, "middle", ValueNames.Middle), Row(cell, own, "slowest", ValueNames.Slowest) })
                .Where(row => row.Marks.Any(mark => mark is not null)),
        ];
        if (rows.Length == 0) yield break;
        string[] stages = [.. s_untilPublished.Select(stage => stage.Replace('_', ' '))];
        var plot = new RowPlot("Where the time of decisions goes", s_time, stages, rows) { IsStacked = true };
        yield return new Figure(
            "tail-stages", "Mean time in each stage, of the decisions in the middle and of the slowest 2 %; medians over runs.",
            plot.Draw());
    }

    private static PlotRow Row(Cell cell, Cells own, string which, Func<string, string> value) =>
        new(Describe(cell, own), which, [.. s_untilPublished.Select(stage => cell.Find(value(stage)))]);

    /// <summary>What makes the slowest slow.</summary>
    private sealed record Blame(string Where, string Stage, Estimate Part, Estimate Whole);
}
