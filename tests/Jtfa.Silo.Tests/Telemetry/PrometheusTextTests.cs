using System.Buffers;
using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Jtfa.Silo.Telemetry;

namespace Jtfa.Silo.Tests.Telemetry;

public sealed class PrometheusTextTests
{
    private readonly ArrayBufferWriter<byte> _written = new();
    private readonly PrometheusText _text;

    public PrometheusTextTests() => _text = new PrometheusText(_written);

    [Fact]
    public void A_counter_looks_as_in_the_formats_description()
    {
        _text.Family("jobs_total", PrometheusText.CounterType, "Jobs, by\nkind \\ \"how\"");
        _text.Sample("jobs_total", PrometheusNames.Labels([new("kind", "a\\b\n\"c\"")]), 3);
        _text.Sample("jobs_total", "", 1.5e-7);

        Assert.Equal(
            """
            # HELP jobs_total Jobs, by\nkind \\ "how"
            # TYPE jobs_total counter
            jobs_total{kind="a\\b\n\"c\""} 3
            jobs_total 1.5E-07

            """.ReplaceLineEndings("\n"),
            Written());
    }

    [Fact]
    public void A_family_without_a_description_has_no_help()
    {
        _text.Family("x", PrometheusText.GaugeType, "");
        Assert.Equal("# TYPE x gauge\n", Written());
    }

    [Fact]
    public void Buckets_are_cumulative_and_end_with_all()
    {
        _text.Family("wait_seconds", PrometheusText.HistogramType, "Wait");
        _text.Histogram("wait_seconds", "scene=\"a\"", [(0.1, 2), (0.5, 0), (1, 3), (double.PositiveInfinity, 4)], 12.5, 9);

        var wait = Exposition.Read(Written());
        Assert.Equal(
            [("0.1", 2), ("0.5", 2), ("1", 5), ("+Inf", 9)],
            wait["wait_seconds"].Samples.Where(sample => sample.Name == "wait_seconds_bucket").Select(sample => (sample.Labels["le"], sample.Value)));
        Assert.Equal(12.5, wait.Value("wait_seconds_sum", "scene=a"));
        Assert.Equal(9, wait.Value("wait_seconds_count", "scene=a"));
    }

    [Fact]
    public void A_histogram_without_labels_or_buckets_has_the_last_one_all_the_same()
    {
        _text.Family("wait", PrometheusText.HistogramType, "Wait");
        _text.Histogram("wait", "", [], 0, 0);
        Assert.Equal("# HELP wait Wait\n# TYPE wait histogram\nwait_bucket{le=\"+Inf\"} 0\nwait_sum 0\nwait_count 0\n", Written());
    }

    [Theory]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(-0.25, "-0.25")]
    [InlineData(9007199254740991, "9007199254740991")]
    public void Numbers_are_written_as_prometheus_reads_them(double value, string expected)
    {
        _text.Sample("x", "", value);
        Assert.Equal($"x {expected}\n", Written());
    }

    [Fact]
    public void Any_labels_help_and_value_come_back()
    {
        var text = ArbMap.Default.GeneratorFor<string?>().Select(value => value ?? "");
        var samples = text.SelectMany(_ => text, (value, help) => (value, help)).SelectMany(_ => ArbMap.Default.GeneratorFor<double>(), (both, number) => (both.value, both.help, number));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(samples.ToArbitrary(), sample =>
        {
            var written = new ArrayBufferWriter<byte>();
            var writer = new PrometheusText(written);
            writer.Family("x", PrometheusText.GaugeType, sample.help);
            writer.Sample("x", PrometheusNames.Labels([new("a", sample.value), new("b", "\\n\n")]), sample.number);

            var read = Exposition.Read(Encoding.UTF8.GetString(written.WrittenSpan))["x"];

            // What is no text (half a surrogate pair) is replaced on its way to UTF-8.
            Assert.Equal(Utf8(sample.value), read.Samples.Single().Labels["a"]);
            Assert.Equal("\\n\n", read.Samples.Single().Labels["b"]);
            Assert.Equal(Utf8(sample.help), read.Help ?? "");
            Assert.Equal(sample.number, read.Samples.Single().Value);
        }));
    }

    [Fact]
    public void Values_of_any_kind_become_text_the_same_in_every_culture()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = "," } };
            Assert.Equal(
                "a=\"1.5\",b=\"true\",c=\"\",d=\"-7\"",
                PrometheusNames.Labels([new("d", -7L), new("c", null), new("b", true), new("a", 1.5)]));
            _text.Sample("x", "", 1.5);
            Assert.Equal("x 1.5\n", Written());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static string Utf8(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private string Written() => Encoding.UTF8.GetString(_written.WrittenSpan);
}
