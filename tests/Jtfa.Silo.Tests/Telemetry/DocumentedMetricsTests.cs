using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Jtfa.Core;
using Jtfa.Silo.Tests.Ingress;

namespace Jtfa.Silo.Tests.Telemetry;

/// <summary>What is written about metrics elsewhere: the page, the board, and what Prometheus says to their names.</summary>
[Collection(WholeSilo.Name)]
public sealed partial class DocumentedMetricsTests
{
    /// <summary>A line of the page's table.</summary>
    private sealed record Documented(string Name, string Prometheus, string Unit, string Labels)
    {
        public override string ToString() => $"{Name} | {Prometheus} | {Unit} | {Labels}";
    }

    [Fact(Timeout = 120_000)]
    public async Task The_page_lists_every_instrument_and_no_other()
    {
        var scrape = await WholeScrape.TakeAsync();
        var listed = Row().Matches(await ReadAsync("docs/metrics.md")).Select(row => new Documented(
            row.Groups["name"].Value, row.Groups["prometheus"].Value, row.Groups["unit"].Value,
            string.Join(", ", row.Groups["labels"].Value.Split(", ", StringSplitOptions.RemoveEmptyEntries).Order()))).ToList();

        Assert.Equal(WholeScrape.Instruments().Select(instrument => instrument.Name).Order(), listed.Select(metric => metric.Name).Order());
        Assert.Equal(
            scrape.Families.Where(family => IsOurs(family.Name)).Select(family => family.Name)
                .Order(), listed.Select(metric => metric.Prometheus).Order());
        var there = WholeScrape.Instruments().Join(listed, instrument => instrument.Name, metric => metric.Name, (instrument, metric) =>
        {
            var family = scrape[metric.Prometheus];
            var labels = family.Samples.SelectMany(sample => sample.Labels.Keys).Distinct().Where(label => label != "le").Order();
            Assert.False(string.IsNullOrEmpty(instrument.Description));
            Assert.Equal((instrument.Description, TypeOf(instrument)), (family.Help, family.Type));
            return new Documented(instrument.Name, family.Name, instrument.Unit ?? "", string.Join(", ", labels));
        });
        Assert.Equal(there.Select(metric => metric.ToString()).Order(), listed.Select(metric => metric.ToString()).Order());
    }

    [Fact]
    public async Task The_page_explains_every_reason_of_a_rejection()
    {
        var explained = ReasonRow().Matches(await ReadAsync("docs/metrics.md"))
            .SelectMany(row => row.Groups["reason"].Captures.Select(reason => reason.Value));
        Assert.Equal(Enum.GetNames<RejectReason>().Where(name => name != nameof(RejectReason.None)).Order(), explained.Order());
    }

    [Fact(Timeout = 120_000)]
    public async Task Names_are_the_same_in_every_format_that_Prometheus_asks_for()
    {
        await using var silo = await HostedSilo.StartAsync(new KeptDecisions(), []);
        await using var server = await MetricsServer.StartAsync(silo);
        var plain = await server.TextAsync("text/plain;version=0.0.4");
        var asked = await server.TextAsync(
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
            + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2");

        Assert.EndsWith("# EOF\n", asked, StringComparison.Ordinal);
        var names = Names(plain);
        Assert.Contains("jtfa_decisions_total", names);

        // In the newer ones a counter has when it began, too.
        Assert.Equal(names, Names(asked).Where(name => !name.EndsWith("_created", StringComparison.Ordinal)));

        static List<string> Names(string text) =>
            [.. Sampled().Matches(text).Select(sample => sample.Value).Where(IsOurs).Distinct().Order()];
    }

    [Fact(Timeout = 120_000)]
    public async Task The_board_asks_for_metrics_that_there_are()
    {
        var scrape = await WholeScrape.TakeAsync();
        var samples = scrape.Samples.Select(sample => sample.Name).ToHashSet();
        using var board = JsonDocument.Parse(await ReadAsync("deploy/grafana-board.json"));
        var queries = Texts(board.RootElement).Where(text => text.Name is "expr" or "query" or "definition").Select(text => text.Text)
            .ToList();
        var asked = queries.SelectMany(query => Metric().Matches(query).Select(match => match.Value)).ToHashSet();

        Assert.InRange(queries.Count, 15, int.MaxValue);
        Assert.Empty(asked.Except(samples));

        // By which labels, too: "cause" of a metric without it would be an empty panel.
        foreach (var selector in queries.SelectMany(query => Selector().Matches(query)))
        {
            var labels = scrape.Samples.Where(sample => sample.Name == selector.Groups["metric"].Value)
                .SelectMany(sample => sample.Labels.Keys).ToHashSet();
            Assert.Empty(
                Label().Matches(selector.Groups["labels"].Value).Select(label => label.Groups["label"].Value)
                    .Except([.. labels, "job", "instance"]));
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Prometheus_own_check_has_nothing_to_say()
    {
        SkipWithoutPromtool();
        var scrape = await WholeScrape.TakeAsync();
        string[] others = ["target_info", "dotnet_gc_collections_total", "orleans_catalog_activations"];
        Assert.Superset(others.ToHashSet(), scrape.Families.Select(family => family.Name).ToHashSet());
        var (says, exitCode) = await PromtoolAsync("check metrics", scrape.Text);
        Assert.Equal((0, ""), (exitCode, says));
    }

    [Fact(Timeout = 120_000)]
    public async Task The_boards_queries_can_be_asked()
    {
        SkipWithoutPromtool();
        using var board = JsonDocument.Parse(await ReadAsync("deploy/grafana-board.json"));
        var queries = Texts(board.RootElement).Where(text => text.Name == "expr").Select(text => Variable().Replace(text.Text, "1m"));
        var rules = queries.Select((query, i) => new { record = $"query_{i}", expr = query });

        // Rules are YAML, of which JSON is a part.
        var (says, exitCode) = await PromtoolAsync(
            "check rules /dev/stdin", JsonSerializer.Serialize(new { groups = new[] { new { name = "board", rules } } }));
        Assert.True(exitCode == 0, says);
        Assert.Contains($"{rules.Count()} rules found", says, StringComparison.Ordinal);
    }

    private static void SkipWithoutPromtool()
    {
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, "promtool")));
        if (!found) Assert.Skip("promtool is not installed (it is in Debian's package prometheus; .ci/run gets it without the server)");
    }

    private static async Task<(string Says, int ExitCode)> PromtoolAsync(string arguments, string input)
    {
        using var promtool = Process.Start(new ProcessStartInfo("promtool", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var says = Task.WhenAll(
            promtool.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken),
            promtool.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await promtool.StandardInput.WriteAsync(input);
        promtool.StandardInput.Close();
        await promtool.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (string.Concat(await says), promtool.ExitCode);
    }

    private static bool IsOurs(string name) =>
        name.StartsWith("jtfa_", StringComparison.Ordinal) || name.StartsWith("gen_ai_", StringComparison.Ordinal);

    private static string TypeOf(Instrument instrument) => instrument switch
    {
        Counter<long> or Counter<double> => "counter",
        Histogram<double> or Histogram<int> => "histogram",
        _ => "gauge",
    };

    private static IEnumerable<(string Name, string Text)> Texts(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property =>
            property.Value.ValueKind == JsonValueKind.String ? [(property.Name, property.Value.GetString()!)] : Texts(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Texts),
        _ => [],
    };

    private static Task<string> ReadAsync(string file) =>
        File.ReadAllTextAsync(Path.Combine(Repository.Folder, file), TestContext.Current.CancellationToken);

    [GeneratedRegex(@"^\| (`(?<reason>[A-Z][A-Za-z]+)`(, )?)+ \|", RegexOptions.Multiline)]
    private static partial Regex ReasonRow();

    [GeneratedRegex(
        @"^\| `(?<name>(jtfa|gen_ai)\.[a-z_.]+)` \| `(?<prometheus>[a-z_]+)` \| `?(?<unit>[^`|]*)`? \| ?(?<labels>[a-z_, ]*?) \|",
        RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("^[a-z0-9_]+", RegexOptions.Multiline)]
    private static partial Regex Sampled();

    [GeneratedRegex(@"\b(jtfa|gen_ai_server|dotnet|http|kestrel|aspnetcore|target)_[a-z0-9_]+\b")]
    private static partial Regex Metric();

    [GeneratedRegex(@"\$[a-z_]+")]
    private static partial Regex Variable();

    [GeneratedRegex(@"(?<metric>\b(jtfa|gen_ai_server|dotnet)_[a-z0-9_]+)\{(?<labels>[^}]*)\}")]
    private static partial Regex Selector();

    [GeneratedRegex("""(?<label>[a-z_]+)\s*=~?\s*"[^"]*"[^,]*""")]
    private static partial Regex Label();
}
