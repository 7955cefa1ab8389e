using System.Net;
using Jtfa.Silo.Tests.Ingress;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;

namespace Jtfa.Silo.Tests.Telemetry;

/// <summary>Serves a silo's metrics on a free port of the loopback interface, and scrapes them there.</summary>
internal sealed class MetricsServer : IAsyncDisposable
{
    private const string Path = "/metrics";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly WebApplication _application;
    private readonly HttpClient _client = new();

    private MetricsServer(WebApplication application)
    {
        _application = application;
        var address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Uri = new Uri(new Uri(address), Path);
    }

    public Uri Uri { get; }

    public static async Task<MetricsServer> StartAsync(HostedSilo silo)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRouting();
        var application = builder.Build();
        application.MapPrometheusScrapingEndpoint(
            Path, silo.Services.GetRequiredService<MeterProvider>(), configureBranchedPipeline: null, optionsName: null);
        await application.StartAsync(TestContext.Current.CancellationToken);
        return new MetricsServer(application);
    }

    public async Task<Exposition> ScrapeAsync() =>
        Exposition.Read(await _client.GetStringAsync(Uri, TestContext.Current.CancellationToken));

    /// <summary>The text, in a format that is asked for.</summary>
    public async Task<string> TextAsync(string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Uri) { Headers = { { "Accept", accept } } };
        using var response = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        return await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Scrapes until what is seen is as it should be.</summary>
    /// <exception cref="TimeoutException">It never was; the message has the last scrape.</exception>
    public async Task<Exposition> ScrapeUntilAsync(Func<Exposition, bool> holds, string expected)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var seen = await ScrapeAsync();
            if (holds(seen)) return seen;
            if (TimeProvider.System.GetElapsedTime(started) > s_limit)
                throw new TimeoutException($"{expected}: not within {s_limit}; seen last:\n{seen.Text}");
        }
    }

    /// <summary>Waits until a counter, over all of its labels, has come to a value.</summary>
    public static async Task CountsAsync(HostedSilo silo, string counter, double value)
    {
        await using var server = await StartAsync(silo);
        await server.ScrapeUntilAsync(seen => seen[counter].Samples.Sum(sample => sample.Value) == value, $"{counter} is {value}");
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _application.StopAsync(CancellationToken.None);
        await _application.DisposeAsync();
    }
}
