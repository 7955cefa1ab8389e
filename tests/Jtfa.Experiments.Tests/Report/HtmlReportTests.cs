using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Jtfa.Experiments.Report;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Tests.Report;

/// <summary>The report of made-up records: whole, thinned out, and of few repeats.</summary>
public sealed class HtmlReportTests
{
    private static readonly string[] s_all =
        [ExperimentNames.Relay, ExperimentNames.Encodings, ExperimentNames.Conservative, ExperimentNames.Relaxed, ExperimentNames.Bandwidth,
            ExperimentNames.Tail, ExperimentNames.Strategies, ExperimentNames.Adaptive, ExperimentNames.Loss,
            ExperimentNames.Rate, ExperimentNames.Wire, ExperimentNames.Ring, ExperimentNames.Reference];

    [Fact]
    public void It_has_every_experiment_in_order_with_a_finding_a_figure_and_a_table()
    {
        var html = XDocument.Parse(HtmlReport.Create(SyntheticRecord.Make()).Html);
        Assert.Equal(s_all, html.Descendants("h2").Select(heading => heading.Attribute("id")!.Value));
        foreach (var heading in html.Descendants("h2"))
        {
            var section = heading.ElementsAfterSelf().TakeWhile(element => element.Name != "h2").ToList();
            Assert.Contains(section, element => element.Name == "figure");
            Assert.Contains(section, element => element.DescendantsAndSelf("table").Any());
            Assert.Contains(section, element => element.Attribute("class")?.Value == "finding" && element.Value.Length > 80);
            Assert.DoesNotContain(section, element => element.Value.Contains('{')); // a value that was not filled in
        }
    }

    [Fact]
    public void It_asks_for_nothing_from_elsewhere()
    {
        var text = HtmlReport.Create(SyntheticRecord.Make()).Html;
        Assert.DoesNotContain("http", text.Replace("http://www.w3.org/2000/svg", ""), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("url(", text, StringComparison.OrdinalIgnoreCase);
        var html = XDocument.Parse(text);
        Assert.DoesNotContain(html.Descendants(), element => element.Name.LocalName is "script" or "link" or "img" or "iframe" or "object");
        var ids = html.Descendants().Attributes("id").Select(id => $"#{id.Value}").ToHashSet();
        Assert.All(html.Descendants().Attributes().Where(attribute => attribute.Name.LocalName is "src" or "href"), link =>
            Assert.Contains(link.Value, ids));
    }

    [Fact]
    public void Elements_that_browsers_would_leave_open_are_closed() =>
        Assert.DoesNotMatch("<(?!meta|rect|path|ellipse)[a-z0-9]+[^>]*/>", HtmlReport.Create(SyntheticRecord.Make()).Html);

    [Fact]
    public void It_is_the_same_again_and_of_runs_in_any_order()
    {
        var record = SyntheticRecord.Make(repeats: 3);
        var html = HtmlReport.Create(record).Html;
        Assert.Equal(html, HtmlReport.Create(record).Html);
        Assert.Equal(html, HtmlReport.Create(record with { Results = [.. record.Results.Reverse()] }).Html);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Of_few_repeats_nothing_is_told(int repeats)
    {
        var html = XDocument.Parse(HtmlReport.Create(SyntheticRecord.Make(repeats)).Html);
        var verdicts = html.Descendants("tr").Where(row => row.Elements("td").Count() == 6).Select(row => row.Elements("td").Last().Value)
            .ToList();
        Assert.NotEmpty(verdicts);
        Assert.Empty(verdicts.Intersect(["higher", "lower", "more accurate", "less accurate"]));

        // Neither for a claim nor against it.
        Assert.DoesNotContain("NOT", html.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("nothing speaks against", html.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void It_survives_missing_cells_values_and_experiments()
    {
        for (var seed = 0; seed < 12; seed++)
        {
            var random = new Random(seed);
            var keep = random.NextDouble();
            var record = SyntheticRecord.Make(random.Next(1, 6), seed, _ => random.NextDouble() < keep * keep);
            record = record with { Results = [.. record.Results.Select(run => Thin(run, random))] };
            var html = XDocument.Parse(HtmlReport.Create(record).Html);
            Assert.Equal(s_all.Where(experiment => record.Results.Any(run => run.Experiment == experiment)), html.Descendants("h2")
                .Select(heading => heading.Attribute("id")!.Value));
            Assert.DoesNotContain("NaN", html.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Of_nothing_it_says_so_and_why_experiments_were_skipped()
    {
        var html = XDocument.Parse(HtmlReport.Create(
            SyntheticRecord.Make(keep: _ =>
                false) with
            { Skipped = new Dictionary<string, string> { [ExperimentNames.Reference] = "not <given>" } }).Html);
        Assert.Empty(html.Descendants("h2"));
        Assert.Contains("Beside the published implementation: not <given>", html.Descendants("li").Select(item => item.Value));
    }

    [Theory]
    [InlineData(0.2, "met:")]
    [InlineData(0.31, "missed:")]
    public void The_relay_s_bar_is_said_to_be_met_or_missed(double p99, string word)
    {
        var record = SyntheticRecord.Make(keep: run => run.Experiment == ExperimentNames.Relay);
        var html = HtmlReport.Create(record with
        {
            Results = [.. record.Results.Select(run =>
            run with { Values = new Dictionary<string, double> { [ValueNames.ErrorP99] = p99 } })]
        }).Html;
        Assert.Contains($"is {word}", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, 5, true)]
    [InlineData(true, 4, false)]
    [InlineData(false, 5, false)]
    public void The_claim_of_A1_is_denied_only_where_all_runs_speak_against_it(bool isWorse, int repeats, bool isDenied)
    {
        RunResult Run(string encoding, int repeat) => new(
            ExperimentNames.Encodings, new Dictionary<string,
                string>
            { [FactorNames.Profile] = "wired", [FactorNames.Encoding] = encoding }, repeat, 1,
            new Dictionary<string, double>
            {
                [ValueNames.LatencyP99] = 20 + repeat
                + (encoding == "hmix" ? isWorse || repeat > 0 ? 5 : -1 : 0)
            });
        RunResult[] runs = [.. Enumerable.Range(0, repeats).SelectMany(repeat => new[] { Run("plain", repeat), Run("hmix", repeat) })];
        var html = HtmlReport.Create(SyntheticRecord.Make(1) with { Results = runs }).Html;
        Assert.Equal(isDenied, html.Contains("does NOT hold for us for p99 of hmix − plain at the only one (+5.00 ms [5.00, 5.00])",
            StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(-10, "K=3 instead of K=4 lowers p99 at one-straggler (−10.0 ms [−10.0, −10.0])")]
    [InlineData(10, "K=3 instead of K=4 raises p99 at one-straggler (+10.0 ms [10.0, 10.0]): there the claim does NOT hold for us")]
    [InlineData(0, "that it cuts the tail is NOT shown for p99 at one-straggler (0 ms [0, 0])")]
    public void The_claim_of_A2_is_judged_at_the_largest_T_by_its_verdict(double difference, string sentence)
    {
        RunResult Run(string k, string t, int repeat, double p99) => new(
            ExperimentNames.Conservative,
            new Dictionary<string, string>
            {
                [FactorNames.Profile] = "one-straggler",
                [FactorNames.K] = k,
                [FactorNames.T] = t,
                [FactorNames.W] = "50",
                [FactorNames.How] = "live"
            }, repeat, 1,
            new Dictionary<string, double> { [ValueNames.LatencyP99] = p99 });
        RunResult[] runs =
        [
            .. Enumerable.Range(0, 5).SelectMany(i =>
                new[] { Run("3", "80", i, 60 + i + difference), Run("4", "80", i, 60 + i), Run("3", "9", i, 1), Run("4", "9", i, 2),
                    Run("2", "80", i, 3) }),
        ];
        Assert.Contains(sentence, XDocument.Parse(HtmlReport.Create(SyntheticRecord.Make(1) with { Results = runs }).Html).Root!.Value,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Baselines_are_compared_with_d_16_hmix_at_their_own_rate()
    {
        RunResult Run(string what, string d, string encoding, string rate, int repeat, double kbps, double accuracy) => new(
            ExperimentNames.Bandwidth,
            new Dictionary<string, string>
            {
                [FactorNames.What] = what,
                [FactorNames.Dimension] = d,
                [FactorNames.Encoding] = encoding,
                [FactorNames.Rate] = rate
            }, repeat, 1,
            new Dictionary<string, double>
            {
                [ValueNames.PayloadKbps] = kbps,
                [ValueNames.WireKbps] = kbps
                + 1,
                [ValueNames.Accuracy] = accuracy
            });
        RunResult[] runs =
        [
            .. Enumerable.Range(0, 5).SelectMany(i => new[]
            {
                Run("token", "16", "hmix", "5", i, 2, 0.8), Run("token", "16", "hmix", "10", i, 4, 0.8),
                    Run("token", "16", "plain", "10", i, 7, 0.1),
                Run("penultimate", "64", "fp32", "5", i, 29, 0.85), Run("penultimate", "64", "fp32", "10", i, 60, 0.79),
            }),
        ];
        var rows = XDocument.Parse(HtmlReport.Create(SyntheticRecord.Make(1) with { Results = runs }).Html).Descendants("tr")
            .Select(row => row.Elements("td").Select(field => field.Value).ToArray()).ToList();
        Assert.Contains(["penultimate d=64 fp32", "5 Hz", "16.0", "14.5 [14.5, 14.5]", "10.0 [10.0, 10.0]", "+5.00 points [5.00, 5.00]",
            "more accurate"], rows);
        Assert.Contains(["penultimate d=64 fp32", "10 Hz", "16.0", "15.0 [15.0, 15.0]", "12.2 [12.2, 12.2]", "−1.00 points [−1.00, −1.00]",
            "less accurate"], rows);
    }

    [Fact]
    public void Every_number_of_a_claim_has_its_interval()
    {
        var findings = XDocument.Parse(HtmlReport.Create(SyntheticRecord.Make()).Html).Descendants()
            .Where(element => element.Attribute("class")?.Value == "finding");
        foreach (var finding in findings)
        {
            // Signed differences are measured numbers: each is followed by an interval, or is an end of a span of intervals.
            foreach (Match number in Regex.Matches(finding.Value, @"\(\+[0-9.,]+ (ms|points|kbit/s|s)(?<rest>.{0,3})"))
                Assert.True(number.Groups["rest"].Value.StartsWith(" [", StringComparison.Ordinal)
                    || number.Groups["rest"].Value.StartsWith(" …", StringComparison.Ordinal), number.Value);
        }
    }

    [Fact]
    public void The_folder_has_the_report_its_figures_and_all_runs()
    {
        var folder = Directory.CreateTempSubdirectory("jtfa-report-").FullName;
        try
        {
            var record = SyntheticRecord.Make(2);
            ReportFolder.Write(record, folder);
            var report = HtmlReport.Create(record);
            Assert.Equal(report.Html, File.ReadAllText(Path.Combine(folder, "report.html")));
            foreach (var figure in report.Figures) Assert.Equal("svg",
                XDocument.Load(Path.Combine(folder, "figures", $"{figure.Name}.svg")).Root!.Name.LocalName);
            foreach (var experiment in s_all)
                Assert.Equal(record.Results.Count(run => run.Experiment == experiment)
                    + 1, File.ReadLines(Path.Combine(folder, $"{experiment}.csv")).Count());
            Assert.StartsWith("experiment,factors,value,median,low,high,runs\n", File.ReadAllText(Path.Combine(folder, "estimates.csv")),
                StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_CSV_gives_back_the_runs()
    {
        var runs = SyntheticRecord.Make(2, keep: run => run.Experiment == ExperimentNames.Encodings).Results;
        var lines = ResultsCsv.OfRuns(runs).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(',')).ToList();
        Assert.Equal(["profile", "encoding", "repeat", "seed"], lines[0][..4]);
        foreach (var line in lines.Skip(1))
        {
            var run = runs.Single(run => run.Factors[FactorNames.Profile] == line[0] && run.Factors[FactorNames.Encoding] == line[1]
                && $"{run.Repeat}" == line[2]);
            Assert.All(run.Values, value =>
                Assert.Equal(value.Value, double.Parse(line[Array.IndexOf(lines[0], value.Key)], CultureInfo.InvariantCulture)));
        }
    }

    [Fact]
    public void Fields_of_a_CSV_are_quoted_and_what_was_not_measured_is_empty()
    {
        RunResult[] runs =
        [
            new("e", new Dictionary<string, string> { ["x"] = "a,\"b\"" }, 0, 7, new Dictionary<string, double> { ["v"] = 0.1 }),
            new("e", new Dictionary<string, string> { ["x"] = "c" }, 0, ulong.MaxValue, new Dictionary<string, double> { ["w"] = 1e-9 }),
        ];
        Assert.Equal("x,repeat,seed,v,w\n\"a,\"\"b\"\"\",0,7,0.1,\nc,0,18446744073709551615,,1E-09\n", ResultsCsv.OfRuns(runs));
        Assert.Equal("experiment,factors,value,median,low,high,runs\ne,\"x=a,\"\"b\"\"\",v,0.1,0.1,0.1,1\ne,x=c,w,1E-09,1E-09,1E-09,1\n",
            ResultsCsv.OfEstimates(Cells.Group(runs)));
    }

    private static RunResult Thin(RunResult run, Random random) =>
        run with
        {
            Values = run.Values.Where(_ => random.NextDouble() < 0.7)
            .ToDictionary(value => value.Key, value => random.Next(40) == 0 ? 0 : value.Value)
        };
}
