using System.Globalization;
using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using Jtfa.Experiments.Report;
using Jtfa.Experiments.Report.Drawing;
using Jtfa.Experiments.Results;

namespace Jtfa.Experiments.Tests.Report;

/// <summary>Axes and figures of any numbers.</summary>
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
    public void Axes_hold_all_values_in_order_and_have_two_to_eight_ticks() =>
        Holds(s_numbers.NonEmptyListOf().Select(list => list.ToArray()), values =>
    {
        foreach (var axis in new[] { Axis.Linear("x", values), Axis.Linear("x", values, fromZero: true), Axis.Log("x", values) })
        {
            Assert.InRange(axis.Ticks.Count, 2, 8);
            Assert.Equal(axis.Ticks.Order(), axis.Ticks);
            double[] shown = [.. values.Where(axis.CanShow).Order()];
            double[] at = [.. shown.Select(value => axis.At(value, 10, 110))];
            Assert.Equal(at.Order(), at);
            Assert.All(at, x => Assert.InRange(x, 10, 110));
        }
    });

    [Theory]
    [InlineData(0.0001, 20)]
    [InlineData(-7, 1e6)]
    [InlineData(41.9, 42)]
    public void A_linear_axis_is_linear(double low, double high)
    {
        var axis = Axis.Linear("x", [low, high]);
        double At(double value) => axis.At(value, 0, 1000);
        Assert.Equal((At(low) + At(high)) / 2, At((low + high) / 2), 6);
        Assert.True(At(high) - At(low) > 550);
    }

    [Theory]
    [InlineData(0.0001, 20)]
    [InlineData(3, 3.5)]
    public void A_logarithmic_axis_has_the_geometric_mean_in_the_middle(double low, double high)
    {
        var axis = Axis.Log("x", [low, high]);
        double At(double value) => axis.At(value, 0, 1000);
        Assert.Equal((At(low) + At(high)) / 2, At(Math.Sqrt(low * high)), 6);
    }

    [Fact]
    public void All_that_a_dot_plot_draws_lies_in_its_view_box() => Holds(s_estimates.Zip(Gen.Elements(true, false)), drawn =>
    {
        var (estimates, isLog) = drawn;
        DotRow[] rows = [.. estimates.Select((estimate, i) =>
            new DotRow(i < 3 ? "group" : "", $"row {i}", [estimate, i % 2 == 0 ? null : estimates[0]]))];
        LiesInside(new DotPlot("title", Quantity.Latency, ["one", "two"], rows) { IsLog = isLog, Bar = (0.3, "the bar") }.Draw());
    });

    [Fact]
    public void All_that_a_line_plot_draws_lies_in_its_view_box() => Holds(s_estimates.Zip(Gen.Choose(1, 7)), drawn =>
    {
        var (estimates, panels) = drawn;
        PlotLine[] lines = [new(0, "", true, Points(estimates)), new(1, " live", false, Points([.. estimates.Take(2)]))];
        LinePanel[] all = [.. Enumerable.Range(0, panels)
            .Select(i => new LinePanel($"panel {i}", Quantity.Of(ValueNames.Accuracy), i % 2 == 0, lines))];
        LiesInside(new LinePlot("title", "T, ms", ["K=3", "K=4"], all) { IsLogX = true, SharesY = panels % 2 == 0 }.Draw());
    });

    [Fact]
    public void All_that_a_scatter_plot_draws_lies_in_its_view_box() => Holds(s_estimates.Zip(s_estimates), drawn =>
    {
        var (x, y) = drawn;
        ScatterPoint[] points = [.. x.Zip(y, (x, y) => new ScatterPoint(x.Median > y.Median ? 0 : 5, "label", "tip", x, y, x.Median < 2))];
        LiesInside(new ScatterPlot("title", Quantity.Of(ValueNames.PayloadKbps), Quantity.Of(ValueNames.Accuracy),
            ["a", "b", "c", "d", "e", "f"], [new("one", points), new("two", points), new("none", [])]).Draw());
    });

    [Fact]
    public void All_that_stacked_bars_draw_lies_in_their_view_box() => Holds(s_estimates, estimates =>
        LiesInside(new StackedBars("title", Quantity.Latency, [.. estimates.Select((_, i) => $"stage {i}")],
            [new("a", "middle", [.. estimates]), new("a", "slowest", [null, .. estimates.Skip(1)])]).Draw()));

    [Fact]
    public void Figures_of_a_report_lie_in_their_view_boxes_and_their_marks_say_what_they_are()
    {
        foreach (var figure in HtmlReport.Of(SyntheticRecord.Make()).Figures)
        {
            LiesInside(figure.Svg);
            Assert.All(figure.Svg.Descendants(Svg.Namespace + "g"), mark =>
                Assert.Contains("[", mark.Element(Svg.Namespace + "title")!.Value, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Text_is_escaped()
    {
        var svg = new DotPlot("<a> & \"b\"", Quantity.Latency, ["x"], [new("<g>", "<r>", [new Estimate(1, 1, 1, 1)])]).Draw().ToString();
        Assert.Contains("&lt;g&gt;", svg, StringComparison.Ordinal);
        Assert.Contains("<a> & \"b\"", XDocument.Parse(svg).Root!.Value, StringComparison.Ordinal);
    }

    private static void Holds<T>(Gen<T> cases, Action<T> statement) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(cases.ToArbitrary(), statement));

    private static (double X, Estimate Y)[] Points(Estimate[] estimates) =>
        [.. estimates.Select((estimate, i) => (Math.Abs(estimate.High) + i, estimate))];

    // Marks with their radius, lines with their ends, text with the width that it is reckoned with.
    private static void LiesInside(XElement svg)
    {
        var height = Of(svg, "height");
        foreach (var element in svg.Descendants())
        {
            foreach (var (x, y) in Corners(element))
            {
                Assert.True(x is >= 0 and <= Svg.Width && y >= 0 && y <= height, $"({x}, {y}) of {element} in {Svg.Width} × {height}");
            }
        }
    }

    private static IEnumerable<(double X, double Y)> Corners(XElement element) => element.Name.LocalName switch
    {
        "circle" => [(Of(element, "cx") - Of(element, "r"), Of(element, "cy") - Of(element, "r")),
            (Of(element, "cx") + Of(element, "r"), Of(element, "cy") + Of(element, "r"))],
        "rect" => [(Of(element, "x"), Of(element, "y")),
            (Of(element, "x") + Of(element, "width"), Of(element, "y") + Of(element, "height"))],
        "line" => [(Of(element, "x1"), Of(element, "y1")), (Of(element, "x2"), Of(element, "y2"))],
        "polygon" or "polyline" => element.Attribute("points")!.Value.Split(' ').Select(point => point.Split(','))
            .Select(point => (Number(point[0]), Number(point[1]))),
        "text" => TextCorners(element),
        _ => [],
    };

    private static (double X, double Y)[] TextCorners(XElement text)
    {
        var (x, y, size) = (Of(text, "x"), Of(text, "y"), Of(text, "font-size"));
        var width = Svg.WidthOf(text.Value, size);
        var before = text.Attribute("text-anchor")?.Value switch { "middle" => width / 2, "end" => width, _ => 0 };
        return text.Attribute("transform") is null ? [(x - before, y - size), (x - before + width, y)]
            : [(x - size, y - before), (x, y + before)];
    }

    private static double Of(XElement element, string attribute) => Number(element.Attribute(attribute)!.Value);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
