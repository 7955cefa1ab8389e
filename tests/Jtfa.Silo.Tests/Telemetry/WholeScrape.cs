using System.Diagnostics.Metrics;
using System.Reflection;
using System.Runtime.CompilerServices;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Language.Serving;
using Jtfa.Silo.Telemetry;
using Jtfa.Silo.Tests.Ingress;
using Jtfa.Testing.Language;
using Microsoft.Extensions.DependencyInjection;

namespace Jtfa.Silo.Tests.Telemetry;

/// <summary>A scrape that has every metric: of a silo that has a camera, decides, writes its log, and a text.</summary>
internal static class WholeScrape
{
    public static async Task<Exposition> TakeAsync()
    {
        var model = Path.GetTempFileName();
        RandomModel.Write(model, "llama:mqa");
        await using var silo = await HostedSilo.StartAsync(null, new()
        {
            ["Jtfa:Scenes:0:T"] = "100",
            ["Jtfa:Cameras:0:Scene"] = HostedSilo.Scene,
            ["Jtfa:Cameras:0:Camera"] = "door",
            ["Jtfa:Cameras:0:RateHz"] = "50",
            ["Jtfa:Cameras:0:Dimension"] = $"{AxisHead.Dimension}",
            ["Jtfa:Cameras:0:Destination"] = "127.0.0.1:9", // whoever is there
            ["Jtfa:Cameras:0:Source:Kind"] = "Random",
            ["Jtfa:Webhook:Url"] = "http://127.0.0.1:9/",
            ["Jtfa:Language:Threads"] = "1",
            ["Jtfa:Language:Models:0:Name"] = "small",
            ["Jtfa:Language:Models:0:File"] = model,
            ["Jtfa:Language:Models:0:Plan"] = "blocks 0: sole; 1: sole",
            ["Jtfa:Cluster:SiloName"] = "sole",
        });
        await using var server = await MetricsServer.StartAsync(silo);
        using var sender = new TokenSender(silo.Gateway.EndPoints[0]);
        for (var view = 0; view < 4; view++) sender.Send(1, view);
        sender.Send(2, view: 0);
        await WriteAsync(silo);
        File.Delete(model);
        return await server.ScrapeUntilAsync(
            seen => seen.Value("jtfa_log_written_total") == 2
                && seen.Samples.Any(sample => sample is { Name: "jtfa_camera_prepare_seconds_count", Value: > 0 }),
            "two decisions in the log, and a token of the camera sent");
    }

    // A text that comes to its end, and one that does not.
    private static async Task WriteAsync(HostedSilo silo)
    {
        var models = silo.Services.GetRequiredService<ILanguageModels>();
        foreach (var isWhole in new[] { true, false })
        {
            var request = new TextRequest
            {
                Model = "small",
                Prompt = "Once",
                MaxTokens = isWhole ? 20 : null,
                LogitBias = new() { [2] = -100 },
            };
            var (start, text) = await models.SubmitAsync($"small/{isWhole}", request, TestContext.Current.CancellationToken);
            Assert.True(text is not null, start.Fault);
            if (!isWhole) text.Cancel();
            await text.Completion;
        }
    }

    /// <summary>All of JTFA's instruments that there can be.</summary>
    public static IReadOnlyList<Instrument> Instruments()
    {
        var all = new List<Instrument>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name is MetricViews.Language || instrument.Meter == JtfaNames.Meter) all.Add(instrument);
            },
        };
        listener.Start();

        // They are made where they are used first: use them all.
        var types = new[] { typeof(JtfaNames), typeof(SceneCatalog), typeof(JtfaSilo), typeof(LanguageEngine) }
            .SelectMany(type => type.Assembly.GetTypes());
        foreach (var type in types.Where(HasInstruments)) RuntimeHelpers.RunClassConstructor(type.TypeHandle);
        return all;
    }

    private static bool HasInstruments(Type type) => !type.ContainsGenericParameters
        && (type.Name.EndsWith("Gauges", StringComparison.Ordinal)
            || type.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)
                .Any(field => field.FieldType.IsAssignableTo(typeof(Instrument))));
}
