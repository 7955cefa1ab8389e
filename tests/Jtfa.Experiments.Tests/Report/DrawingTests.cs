using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using Jtfa.Experiments.Report;
using Jtfa.Experiments.Report.Drawing;
using Jtfa.Experiments.Results;
using ScottPlot;

namespace Jtfa.Experiments.Tests.Report;

/// <summary>Scales and figures of any numbers.</summary>
public sealed class DrawingTests
{
    private static readonly Gen<double> s_numbers = Gen.OneOf(
        Gen.Elements(0, 1, -1, 0.1, 1e-12, 1e12, -1e12, 1e12 + 1, 99.999999, 3),
        Gen.Choose(-1_000_000, 1_000_000).Select(number => number / 1000.0),
        Gen.Choose(-120, 120).Select(power => Math.Pow(10, power / 10.0)));

    private static readonly Gen<Estimate[]> s_estimates = s_numbers.Three()
        .Select(ends => new[] { ends.Item1, ends.Item2, ends.Item3 }.Order().ToArray())
        .Select(ends => new Estimate(ends[1], ends[0], ends[2], 5)).NonEmptyListOf().Select(list => list.Take(12).ToArray());

    [Fact]
    public void Scales_hold_all_values_in_order_and_have_two_to_ten_ticks() =>
        Holds(s_numbers.NonEmptyListOf().Select(list => list.ToArray()), values =>
    {
        foreach (
            var scale in new[] { Scale.Fit("x", values), Scale.Fit("x", [.. values, 0], room: 0), Scale.Fit("x", values, isLog: true) })
        {
            double[] shown = [.. values.Where(scale.CanShow).Order()];
            double[] at = [.. shown.Select(scale.At)];
            Assert.Equal(at.Order(), at);
            Assert.All(at, x => Assert.InRange(x, scale.Low, scale.High));
            var ticks = TicksOf(scale);
            Assert.InRange(ticks.Length, 2, 10);
            Assert.All(ticks, tick => Assert.InRange(tick.Position, scale.Low, scale.High));
            Assert.All(ticks, tick => Assert.NotEmpty(tick.Label));
        }
    });

    [Theory]
    [InlineData(0.0001, 20, false)]
    [InlineData(-7, 1e6, false)]
    [InlineData(41.9, 42, false)]
    [InlineData(0.0001, 20, true)]
    [InlineData(3, 3.5, true)]
    public void A_scale_has_the_mean_in_the_middle_and_a_logarithmic_one_the_geometric_mean(double low, double high, bool isLog)
    {
        var mean = isLog ? Math.Sqrt(low * high) : (low + high) / 2;
        PlotRow[] rows = [.. new[] { low, mean, high }.Select(value => new PlotRow("", "row", [new Estimate(value, value, value, 1)]))];
        var shapes = new SvgShapes(new RowPlot("title", Quantity.Latency, ["series"], rows) { IsLog = isLog }.Draw());
        double[] at = [.. shapes.Tips.Select(tip => shapes.Mark(tip, 0).X)];
        Assert.Equal((at[0] + at[2]) / 2, at[1], 0.05);
        Assert.True(at[2] - at[0] > (isLog ? 100 : 550), $"{at[2] - at[0]} of {shapes.Width}");
    }

    [Fact]
    public void Every_mark_of_every_series_is_drawn_with_its_interval_from_end_to_end()
    {
        Estimate[][] marks =
        [
            [new(10, 5, 20, 5), new(40, 38, 41, 5)],
            [new(80, 60, 100, 5), new(55, 20, 70, 5)],
        ];
        PlotRow[] rows = [.. marks.Select((row, i) => new PlotRow("group", $"row {i}", [row[0], row[1]]))];
        var shapes = new SvgShapes(new RowPlot("title", Quantity.Latency, ["one", "two"], rows).Draw());
        Assert.Equal(4, shapes.Tips.Count);
        Estimate[] all = [.. marks.SelectMany(row => row)];
        var perUnit = (shapes.Tips[2].X - shapes.Tips[0].X) / (80 - 10);
        Assert.True(perUnit > 5);
        foreach (var (i, (tip, mark)) in shapes.Tips.Zip(all).Index())
        {
            var interval = shapes.Interval(tip, i % 2);
            Assert.Equal(tip.X - ((mark.Median - mark.Low) * perUnit), interval.Left, 0.1);
            Assert.Equal(tip.X + ((mark.High - mark.Median) * perUnit), interval.Right, 0.1);
            var series = i % 2 == 0 ? "one" : "two";
            Assert.Equal($"group row {i / 2}, {series}: {Quantity.Latency.Text(mark)}, runs: 5", SvgShapes.TextOf(tip));
            Assert.Equal(tip.X, shapes.Mark(tip, i % 2).X, 0.1);
        }

        Assert.Superset(
            new HashSet<string> { "title", "one", "two", "group", "row 0", "row 1", "decision latency, ms" }, shapes.Words.ToHashSet());
    }

    [Fact]
    public void A_bar_s_parts_are_as_wide_as_their_values_and_follow_one_another()
    {
        Estimate?[] parts = [new(10, 9, 11, 5), null, new(30, 29, 31, 5), new(20, 19, 21, 5)];
        var plot = new RowPlot("title", Quantity.Latency, ["a", "b", "c", "d"], [new("group", "row", parts)]) { IsStacked = true };
        var shapes = new SvgShapes(plot.Draw());
        SvgShape[] drawn = [.. new[] { 0, 2, 3 }.Select((series, i) => shapes.Mark(shapes.Tips[i], series))];
        Assert.Equal([1, 3, 2], drawn.Select(part => Math.Round((part.Right - part.Left) / (drawn[0].Right - drawn[0].Left), 3)));
        Assert.Equal(drawn[0].Right, drawn[1].Left, 0.01);
        Assert.Equal(drawn[1].Right, drawn[2].Left, 0.01);
        Assert.Contains("60.0 ms", shapes.Words);
    }

    [Fact]
    public void A_line_joins_its_series_points_and_dots_are_hollow()
    {
        Estimate[] estimates = [new(1, 1, 1, 5), new(3, 2, 4, 5), new(2, 1, 3, 5)];
        PlotLine[] lines = [new(0, "", true, Points(estimates)), new(1, " live", false, Points(estimates))];
        var panel = new LinePanel("panel", Quantity.Latency, false, lines);
        var shapes = new SvgShapes(new LinePlot("title", "T, ms", ["K=3", "K=4"], [panel]) { IsLogX = true }.Draw());
        Assert.Equal(6, shapes.Tips.Count);
        var line = Assert.Single(shapes.Drawn, shape =>
            shape.Element.Attribute("stroke-width")?.Value == "1.5" && shape.Colour == "#0072B2");
        Assert.Equal(shapes.Tips[0].X, line.Left, 0.1);
        Assert.Equal(shapes.Tips[2].X, line.Right, 0.1);
        Assert.Equal(shapes.Tips[1].Y, line.Top, 0.1);
        Assert.All(shapes.Tips.Take(3), tip => Assert.Equal(tip.X, shapes.Mark(tip, 0).X, 0.1));
        Assert.All(shapes.Tips.Skip(3), tip => Assert.Contains(shapes.Drawn, shape =>
            shape.Colour == "white" && Math.Abs(shape.X - tip.X) < 0.1 && Math.Abs(shape.Y - tip.Y) < 0.1));
        Assert.Superset(
            new HashSet<string> { "K=3", "K=4", "lines: replayed", "hollow dots: live", "T, ms (log)", "decision latency, ms", "panel" },
            shapes.Words.ToHashSet());
    }

    [Fact]
    public void All_that_rows_draw_lies_in_the_view_box() => Holds(s_estimates.Zip(Gen.Elements(true, false)), drawn =>
    {
        var (estimates, isLog) = drawn;
        PlotRow[] rows = [.. estimates.Select((estimate, i) =>
            new PlotRow(i < 3 ? "group" : "", $"row {i}", [estimate, i % 2 == 0 ? null : estimates[0]]))];
        var shapes = new SvgShapes(
            new RowPlot("title", Quantity.Latency, ["one", "two"], rows) { IsLog = isLog, Bar = (0.3, "the bar") }.Draw());
        shapes.LieInside();
        Assert.Equal(rows.SelectMany(row => row.Marks).OfType<Estimate>().Count(mark => !isLog || mark.Median > 0), shapes.Tips.Count);
        Assert.Contains("the bar", shapes.Words);
    });

    [Fact]
    public void All_that_a_line_plot_draws_lies_in_its_view_box() => Holds(s_estimates.Zip(Gen.Choose(1, 7)), drawn =>
    {
        var (estimates, panels) = drawn;
        PlotLine[] lines = [new(0, "", true, Points(estimates)), new(1, " live", false, Points([.. estimates.Take(2)]))];
        LinePanel[] all = [.. Enumerable.Range(0, panels)
            .Select(i => new LinePanel($"panel {i}", Quantity.For(ValueNames.Accuracy), i % 2 == 0, lines))];
        var shapes = new SvgShapes(new LinePlot("title", "T, ms", ["K=3", "K=4"], all) { IsLogX = true, SharesY = panels % 2 == 0 }.Draw());
        shapes.LieInside();
        Assert.Superset(all.Select(panel => panel.Title).ToHashSet(), shapes.Words.ToHashSet());
    });

    [Fact]
    public void All_that_a_scatter_plot_draws_lies_in_its_view_box() => Holds(s_estimates.Zip(s_estimates), drawn =>
    {
        var (x, y) = drawn;
        ScatterPoint[] points = [.. x.Zip(y, (x, y) => new ScatterPoint(x.Median > y.Median ? 0 : 5, "label", "tip", x, y, x.Median < 2))];
        var shapes = new SvgShapes(new ScatterPlot("title", Quantity.For(ValueNames.PayloadKbps), Quantity.For(ValueNames.Accuracy),
            ["a", "b", "c", "d", "e", "f"], [new("one", points), new("two", points), new("none", [])]).Draw());
        shapes.LieInside();
        Assert.Equal(2 * points.Count(point => point.X.Median > 0 || points.All(other => other.X.High <= 0)), shapes.Tips.Count);
    });

    [Fact]
    public void All_that_stacked_bars_draw_lies_in_their_view_box() => Holds(s_estimates, estimates =>
    {
        PlotRow[] rows = [new("a", "middle", [.. estimates]), new("a", "slowest", [null, .. estimates.Skip(1)])];
        var shapes = new SvgShapes(
            new RowPlot("title", Quantity.Latency, [.. estimates.Select((_, i) => $"stage {i}")], rows) { IsStacked = true }.Draw());
        shapes.LieInside();
        Assert.Equal(rows.SelectMany(row => row.Marks).OfType<Estimate>().Count(mark => mark.Median > 0), shapes.Tips.Count);
    });

    [Fact]
    public void Labels_of_points_cover_no_point_and_no_other_label()
    {
        ScatterPoint[] points = [.. Enumerable.Range(0, 40).Select(i => new ScatterPoint(
            i % 5, $"P{i}", "tip", Estimate.Exactly(1 + (i % 4 * 0.01)), Estimate.Exactly(0.5 + (i / 400.0)), i % 3 == 0))];
        var (x, y) = (Quantity.For(ValueNames.PayloadKbps), Quantity.For(ValueNames.Accuracy));
        var shapes = new SvgShapes(new ScatterPlot("title", x, y, ["a", "b", "c", "d", "e"], [new("", points)]).Draw());
        SvgShape[] labels = [.. shapes.Texts.Where(text => text.Element.Value.StartsWith('P'))];
        Assert.InRange(labels.Length, 10, 40);
        foreach (var label in labels)
        {
            Assert.DoesNotContain(shapes.Tips, label.Covers);
            Assert.DoesNotContain(labels, other => other != label && other.Left < label.Right && other.Right > label.Left
                && other.Top < label.Bottom && other.Bottom > label.Top);
        }
    }

    [Fact]
    public void Names_that_are_too_long_are_cut()
    {
        var name = new string('W', 200);
        PlotRow row = new(name, name, [Estimate.Exactly(1), null]);
        new SvgShapes(new RowPlot(name, Quantity.Latency, [name, "two"], [row]).Draw()).LieInside();
        LinePanel panel = new(name, Quantity.Latency, false, [new(0, "", true, [(1, Estimate.Exactly(1))])]);
        LinePanel[] panels = [panel, panel, panel];
        var shapes = new SvgShapes(new LinePlot(name, "T, ms", ["one"], panels).Draw());
        shapes.LieInside();
        SvgShape[] titles = [.. shapes.Texts.Where(text => text.Element.Value.EndsWith('…')).Skip(1)];
        Assert.Equal(3, titles.Length);
        Assert.True(titles[0].Right < titles[1].Left && titles[1].Right < titles[2].Left);
    }

    [Theory]
    [InlineData("relay-error", 3, "error, ms (log)", "p99", "bar: p99 ≤ 0.3 ms")]
    [InlineData("a1-latency", 54, "decision latency, ms (log)", "wifi-busy", "psmix", "p90")]
    [InlineData("a1-accuracy", 18, "accuracy, %", "burst-loss", "hmix")]
    [InlineData("a2-p99", 144, "p99, ms (log)", "T, ms (log)", "one-dead", "K=4", "20", "60")]
    [InlineData("a3-fill", 108, "fill ratio, %", "T, ms (log)", "wired", "K=2", "240")]
    [InlineData("a4-bandwidth", 88, "accuracy, %", "payload, kbit/s (log)", "10 Hz", "P576", "128", "fp32")]
    [InlineData("tail-stages", 96, "mean time from due capture to publication, ms", "one-straggler", "slowest", "kernel queue")]
    [InlineData("reference", 96, "times the paper's rate (log)", "CPU a million tokens, s (log)", "published, jtfa-cameras", "1,000")]
    public void A_figure_of_a_report_has_all_its_marks_and_words(string name, int marks, params string[] words)
    {
        var figure = Assert.Single(HtmlReport.Create(SyntheticRecord.Make()).Figures, figure => figure.Name == name);
        var shapes = new SvgShapes(XDocument.Parse(figure.Svg.ToString()).Root!);
        shapes.LieInside();
        Assert.Equal(marks, shapes.Tips.Count);
        Assert.All(shapes.Tips, tip =>
        {
            Assert.Matches(@"\[.+\], runs: 5$", SvgShapes.TextOf(tip));
            Assert.Contains(shapes.Drawn, shape =>
                shape.Element.Attribute("stroke-width") is null && shape.Covers(tip) && shape.Bottom - shape.Top < 20);
        });
        Assert.Superset(words.ToHashSet(), shapes.Words.ToHashSet());
    }

    [Fact]
    public void Text_is_escaped()
    {
        var svg = new RowPlot("<a> & \"b\"", Quantity.Latency, ["x"], [new("<g>", "<r>", [new Estimate(1, 1, 1, 1)])]).Draw().ToString();
        Assert.Contains("&lt;g&gt;", svg, StringComparison.Ordinal);
        Assert.Contains("<a> & \"b\"", XDocument.Parse(svg).Root!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void The_font_is_one_that_is_installed()
    {
        Assert.Equal("DejaVu Sans", ChartFont.Choose(["Arial", "DejaVu Sans"], byDefault: "Arial"));
        Assert.Equal("Arial", ChartFont.Choose(["Arial"], byDefault: "Arial"));
        Assert.Null(ChartFont.Choose([""], byDefault: ""));
    }

    private static Tick[] TicksOf(Scale scale)
    {
        const float Length = 700;
        using var plot = new Plot();
        using var paint = Paint.NewDisposablePaint();
        scale.Set(plot.Axes.Bottom);
        plot.Axes.Bottom.RegenerateTicks(new PixelLength(Length), paint);
        return [.. plot.Axes.Bottom.TickGenerator.Ticks.Where(tick => tick.IsMajor)];
    }

    private static void Holds<T>(Gen<T> cases, Action<T> statement) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(cases.ToArbitrary(), statement));

    private static (double X, Estimate Y)[] Points(Estimate[] estimates) =>
        [.. estimates.Select((estimate, i) => (Math.Abs(estimate.High) + i, estimate))];
}
