using System.Net;
using Jtfa.Silo.Tests.Ingress;
using Jtfa.Silo.Tests.Telemetry;

namespace Jtfa.Silo.Tests.Http;

/// <summary>A scrape of some scenes of a silo.</summary>
[Collection(WholeSilo.Name)]
public sealed class SceneScrapeTests
{
    private const string Odd = "a \"door\" \\ side";

    [Fact(Timeout = 120_000)]
    public async Task It_has_the_series_of_the_scenes_that_are_named_and_of_no_scene()
    {
        await using var silo = await HttpSilo.StartAsync(("Jtfa:Scenes:2:Name", Odd));
        await silo.DecideAsync(1, 3);
        await silo.DecideAsync(1, 2, HttpSilo.Other);

        var all = await ScrapeAsync(silo, "/metrics");
        var one = await ScrapeAsync(silo, $"/metrics?scene={HttpSilo.Other}");
        var two = await ScrapeAsync(silo, $"/metrics?scene={HttpSilo.Scene}&scene={Uri.EscapeDataString(Odd)}");

        Assert.Equal(3, all.Value("jtfa_decisions_total", $"scene={HttpSilo.Scene}", "cause=T") + all.Value(
            "jtfa_decisions_total", $"scene={HttpSilo.Scene}", "cause=K"));
        Assert.Equal([HttpSilo.Other], ScenesOf(one));
        Assert.Equal([Odd, HttpSilo.Scene], ScenesOf(two));
        Assert.Equal(SeriesWithoutScene(all), SeriesWithoutScene(one));
        Assert.Equal(SeriesOf(all, HttpSilo.Other), SeriesOf(one, HttpSilo.Other));
        Assert.Equal(SeriesOf(all, Odd), SeriesOf(two, Odd));
        Assert.NotEmpty(SeriesOf(two, Odd));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_scene_that_is_not_there_is_told()
    {
        await using var silo = await HttpSilo.StartAsync();
        using var response = await silo.Client.GetAsync("/metrics?scene=attic", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("attic", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static async Task<Exposition> ScrapeAsync(HttpSilo silo, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept-Encoding", "gzip" } } };
        using var response = await silo.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        if (response.Content.Headers.ContentEncoding.Contains("gzip"))
            body = new System.IO.Compression.GZipStream(body, System.IO.Compression.CompressionMode.Decompress);
        using var reader = new StreamReader(body);
        return Exposition.Read(await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    private static string[] ScenesOf(Exposition scrape) =>
    [
        .. scrape.Samples.Select(sample => sample.Labels.GetValueOrDefault("scene")).OfType<string>().Distinct()
            .Order(StringComparer.Ordinal),
    ];

    private static string[] SeriesOf(Exposition scrape, string scene) =>
        Series(scrape, sample => sample.Labels.GetValueOrDefault("scene") == scene);

    private static string[] SeriesWithoutScene(Exposition scrape) =>
        Series(scrape, sample => sample.Name.StartsWith("jtfa_", StringComparison.Ordinal) && !sample.Labels.ContainsKey("scene"));

    private static string[] Series(Exposition scrape, Func<Sample, bool> chosen) =>
    [
        .. scrape.Samples.Where(chosen).Select(
            sample => $"{sample.Name} {string.Join(',', sample.Labels.Select(label => $"{label.Key}={label.Value}").Order())}"),
    ];
}
