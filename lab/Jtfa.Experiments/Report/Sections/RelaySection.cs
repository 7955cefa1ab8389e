using Jtfa.Experiments.Report.Drawing;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report.Sections;

/// <summary>Whether the relay is precise enough to measure others by.</summary>
internal sealed class RelaySection : ReportSection
{
    private const double BarMs = 0.3;

    private static readonly string[] s_values = [ValueNames.ErrorP50, ValueNames.ErrorP99, ValueNames.ErrorMax];

    public override string Experiment => ExperimentNames.Relay;

    public override string Heading => "The relay's own error";

    public override string Question =>
        "What the relay adds to the delays that it is asked for. The bar: p99 at most 0.3 ms at 4 links of 50 packets a second. "
        + "All latencies below are no more precise than this.";

    protected override IReadOnlyList<string> Columns => s_values;

    protected override SectionText Write(Cells own, Cells all)
    {
        var atBar = own.Where(cell => cell[FactorNames.Source] != LinkSources.Policies);
        var judged = atBar.Select(cell => (cell, P99: cell.Find(ValueNames.ErrorP99))).Where(cell => cell.P99 is not null)
            .Select(cell => Judge(Describe(cell.cell, atBar), cell.cell, cell.P99!.Value)).ToList();
        var plot = new RowPlot("The relay's own error", new Quantity("error", "ms"), ["p50", "p99", "max"],
            Rows(own, s_values))
        { IsLog = true, Bar = (BarMs, "bar: p99 ≤ 0.3 ms") };
        return new SectionText(
            Paragraph(judged.Select(judgement => judgement.Short)), [.. judged.Select(judgement => judgement.Long), Loaded(own),
                Repeats(own)],
            [.. Dots("relay-error", "Median, 99th percentile and largest error of the relay, over runs, against the bar.", plot)], []);
    }

    // The relay's error while cameras and silo used the machine's cores, too.
    private static string Loaded(Cells own)
    {
        Estimate[] errors =
            [.. own.With(
                FactorNames.Source, LinkSources.Policies).Select(cell =>
                    cell.Find(ValueNames.ErrorP99)).OfType<Estimate>().OrderBy(p99 => p99.Median)];
        var quantity = Quantity.For(ValueNames.ErrorP99);
        return errors.Length == 0 ? ""
            : $"In the runs of A2 and A3, which cameras and silo share the machine with, error p99 was {quantity.Text(errors[0])} at the " +
                $"best profile and {quantity.Text(errors[^1])} at the worst.";
    }

    private static (string Short, string Long) Judge(string name, Cell cell, Estimate p99)
    {
        var verdict = p99.High <= BarMs ? "met" : p99.Low > BarMs ? "missed" : p99.Median <= BarMs ? "met in the median run, but not in all"
            : "missed in the median run, but not in all";
        var quantity = Quantity.For(ValueNames.ErrorP99);
        var others = string.Join(", ", new[] { ValueNames.ErrorP50, ValueNames.ErrorMax }.Where(value => cell.Find(value) is not null)
            .Select(value => $"{Quantity.For(value).Label} {quantity.Text(cell.Find(value)!.Value)}"));
        var at = name.Length == 0 ? "" : $" ({name})";
        return ($"The relay's bar{at}, error p99 ≤ 0.3 ms, is {verdict}: {quantity.Text(p99)}.",
            $"The bar of p99 ≤ 0.3 ms{at} is {verdict}: error p99 {quantity.Text(p99)}{(others.Length == 0 ? "" : $"; {others}")}.");
    }
}
