using System.Globalization;
using Jtfa.Interfaces;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Jtfa.Cli.Demo;

/// <summary>Draws a demo: a live table on a terminal, a line a second on a pipe, a summary at the end.</summary>
internal static class DemoTable
{
    /// <summary>The live view.</summary>
    public static IRenderable Live(DemoState state, IReadOnlyList<string> classes, string page, TimeSpan? duration)
    {
        var s = state.Statistics;
        var figures = Figures();
        figures.AddRow("decisions/s", Number(state.DecisionsPerSecond, "F1"));
        figures.AddRow("cause K : T", $"{s.ByK} : {s.ByT}");
        figures.AddRow("fill", Number(s.FillRatio, "F2"));
        AddLatency(figures, state.Latency.P50 * 1000, state.Latency.P90 * 1000, state.Latency.P99 * 1000);
        figures.AddRow("", "of the last ten seconds");
        figures.AddRow("Δ = p99 − p50", Ms(state.Latency.Spread * 1000));
        figures.AddRow("tail factor p99/p50", Number(state.Latency.TailFactor, "F2"));
        figures.AddRow("running accuracy", Percent(DemoWatch.Accuracy(s)));
        figures.AddRow("late tokens", Count(s.Late));

        var cameras = new Table().Border(TableBorder.Rounded).AddColumns("camera", "view", "tokens", "kbps", "capture → sent");
        foreach (var (name, status) in state.Cameras)
        {
            cameras.AddRow(
                new Text(name), new Text(Count(status.Config?.View ?? 0)), new Text(Count(status.Sent)),
                new Text(Number(DemoWatch.Kbps(status, state.Seconds), "F1")), new Text(status.Fault ?? Ms(status.MeanPrepareMs)));
        }

        var time = duration is { } limited ? $"{state.Seconds:F0} of {limited.TotalSeconds:F0} s" : $"{state.Seconds:F0} s, Ctrl-C ends it";
        var head = new Markup($"[bold]JTFA demo[/]  {time}   {Markup.Escape(LastLine(state.Last, classes))}");
        var link = new Markup($"[bold]Watch and steer it:[/] [underline]{page}[/]");
        return new Rows(head, link, new Columns(figures, cameras) { Expand = false });
    }

    /// <summary>One plain line.</summary>
    public static string Line(DemoState state)
    {
        var s = state.Statistics;
        return string.Create(CultureInfo.InvariantCulture,
            $"{state.Seconds,5:F1} s  {state.DecisionsPerSecond,6:F1} decisions/s  K:T {s.ByK}:{s.ByT}  fill {Number(s.FillRatio, "F2")} " +
            $" p50 {Ms(state.Latency.P50 * 1000)} p90 {Ms(state.Latency.P90 * 1000)} p99 {Ms(state.Latency.P99 * 1000)}  tail " +
            $"{Number(state.Latency.TailFactor, "F2")} (last 10 s)  accuracy {Percent(DemoWatch.Accuracy(s))}");
    }

    /// <summary>The end of a run.</summary>
    public static IRenderable Summary(DemoSummary summary)
    {
        var figures = Figures();
        figures.AddRow(
            "decisions", $"{Count(summary.Decisions)} in {Number(summary.Seconds, "F1")} s ({Number(summary.DecisionsPerSecond, "F1")}/s)");
        figures.AddRow("cause K : T", $"{summary.ByK} : {summary.ByT}");
        figures.AddRow("fill", Number(summary.FillRatio, "F2"));
        AddLatency(figures, summary.P50Ms, summary.P90Ms, summary.P99Ms);
        figures.AddRow("", $"after the first {DemoWatch.WarmUp.TotalSeconds:F0} s, in which the runtime compiles");
        figures.AddRow("Δ = p99 − p50", Ms(summary.SpreadMs));
        figures.AddRow("tail factor p99/p50", Number(summary.TailFactor, "F2"));
        figures.AddRow("running accuracy", Percent(summary.Accuracy));
        figures.AddRow("kbps a view", string.Join(", ", summary.KbpsPerView.Select(view => $"{view.Key} {Number(view.Value, "F1")}")));
        figures.AddRow(
            "tokens",
            $"{Count(summary.Received)} received, {summary.Rejected} rejected, {summary.KernelDrops} dropped, {Count(summary.Late)} late");
        figures.AddRow("decision log", Markup.Escape(Path.GetRelativePath(Directory.GetCurrentDirectory(), summary.Database)));
        figures.AddRow("CSV", Markup.Escape(Path.GetRelativePath(Directory.GetCurrentDirectory(), summary.Csv)));
        return figures;
    }

    private static Table Figures() => new Table().Border(TableBorder.Rounded).AddColumns("figure", "value").HideHeaders();

    private static void AddLatency(Table table, double p50, double p90, double p99) =>
        table.AddRow("capture → decision", $"p50 {Ms(p50)}  p90 {Ms(p90)}  p99 {Ms(p99)}");

    private static string LastLine(Decision? decision, IReadOnlyList<string> classes) => decision is null
        ? "waiting for the first decision"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{decision.Label ?? Name(decision.Pred, classes)} ({decision.Confidence:P0}), truth {Name(decision.Gt, classes)}, " +
            $"by {decision.Cause} from views {string.Join(' ', decision.Views)}");

    private static string Name(int label, IReadOnlyList<string> classes) =>
        label < 0 ? "–" : label < classes.Count ? classes[label] : $"class {label}";

    private static string Ms(double milliseconds) => double.IsNaN(milliseconds) ? "–" : $"{Number(milliseconds, "F1")} ms";

    private static string Percent(double share) => double.IsNaN(share) ? "–" : share.ToString("P1", CultureInfo.InvariantCulture);

    private static string Number(double value, string format) =>
        double.IsNaN(value) ? "–" : value.ToString(format, CultureInfo.InvariantCulture);

    private static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
