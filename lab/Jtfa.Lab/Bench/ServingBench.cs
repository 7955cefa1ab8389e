using System.Diagnostics;
using System.Globalization;
using Jtfa.Experiments.Statistics;
using Jtfa.Interfaces;
using Jtfa.Language.Serving;
using Jtfa.Silo.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Jtfa.Lab.Bench;

/// <summary>
/// What a silo adds to its engine: one reader's texts by the engine alone, by the grains, and by HTTP, all in one process and in turn, each
/// text of the same lengths. The silo's engine and the one alone are two of the same model and options.
/// </summary>
internal static class ServingBench
{
    private const string Model = "served";
    private const int WarmUps = 20;

    public static async Task<ServingFigures> RunAsync(ServingSettings settings, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("jtfa-bench-");
        try
        {
            using var host = await SiloBeside.StartAsync(Configuration(settings, folder.FullName), cancellationToken);
            var grains = host.Services.GetRequiredService<IGrainFactory>();
            await grains.GetGrain<IModelGrain>(Model).LoadAsync(cancellationToken);
            using var engine = LanguageEngine.Load(settings.Path, settings.Threads, new EngineOptions { Model = "alone" });
            using var client = new HttpClient { BaseAddress = new Uri(((WebApplication)host).HttpAddress()) };
            (string Name, Func<GenerationRequest, Task<TextTimes>> Read)[] ways =
            [
                ("engine", request => AloneAsync(engine, request, cancellationToken)),
                ("grains", request => ByGrainsAsync(grains, request, cancellationToken)),
                ("http", request => TextTimes.OfAsync(
                    StreamedText.ReadAsync(client, BenchTexts.BodyOf(request, Model), cancellationToken), Stopwatch.GetTimestamp(),
                    request.Options.MaxTokens)),
            ];
            var (texts, random, times) = (BenchTexts.Of(settings.Path), new Random(1), ways.Select(_ => new List<TextTimes>()).ToArray());
            for (var text = -WarmUps; text < settings.Texts; text++)
            {
                for (var turn = 0; turn < ways.Length; turn++)
                {
                    var way = (text + WarmUps + turn) % ways.Length;
                    var time = await ways[way].Read(texts.Draw(random, settings.Prompt, settings.Tokens));
                    if (text >= 0) times[way].Add(time);
                }
            }

            await host.StopAsync(CancellationToken.None);
            var (alone, byGrains, byHttp) = (WayFigures.Of(times[0]), WayFigures.Of(times[1]), WayFigures.Of(times[2]));
            return new(
                settings.Name, settings.Threads, settings.Texts, settings.Prompt, settings.Tokens, alone, byGrains, byHttp,
                byHttp.TtftP50Ms - alone.TtftP50Ms, byHttp.TpotP50Ms - alone.TpotP50Ms);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task<TextTimes> AloneAsync(LanguageEngine engine, GenerationRequest request, CancellationToken cancellationToken)
    {
        var asked = Stopwatch.GetTimestamp();
        return engine.Submit(request) is Accepted { Stream: var stream }
            ? TextTimes.OfAsync(stream.ReadAllAsync(cancellationToken), asked, request.Options.MaxTokens)
            : throw new InvalidOperationException("The engine found no place for a text.");
    }

    private static async Task<TextTimes> ByGrainsAsync(IGrainFactory grains, GenerationRequest request, CancellationToken cancellationToken)
    {
        var (asked, options) = (Stopwatch.GetTimestamp(), request.Options);
        var generation = grains.GetGrain<IGenerationGrain>($"{Model}/{Guid.NewGuid():N}");
        var start = await generation.StartAsync(
            new()
            {
                Model = Model,
                PromptTokens = [.. request.Prompt],
                MaxTokens = options.MaxTokens,
                Temperature = options.Sampling.Temperature,
                TopP = options.Sampling.TopP,
                Seed = options.Sampling.Seed,
                LogitBias = new(options.Sampling.LogitBias!),
            }, cancellationToken);
        if (start.Fault is { } fault) throw new InvalidOperationException(fault);
        var pieces = generation.ReadAllAsync(TimeProvider.System, cancellationToken: cancellationToken);
        return await TextTimes.OfAsync(pieces, asked, options.MaxTokens);
    }

    private static Dictionary<string, string?> Configuration(ServingSettings settings, string folder) => new()
    {
        ["Jtfa:Log:Path"] = Path.Combine(folder, "bench.db"),
        ["Jtfa:Http:Address"] = "127.0.0.1",
        ["Jtfa:Http:Port"] = "0",
        ["Jtfa:Ingress:Sockets:0:Port"] = "0",
        ["Jtfa:Language:Threads"] = settings.Threads.ToString(CultureInfo.InvariantCulture),
        ["Jtfa:Language:Models:0:Name"] = Model,
        ["Jtfa:Language:Models:0:File"] = settings.Path,
    };
}

/// <summary>What is measured.</summary>
/// <param name="Path">The model's file.</param>
/// <param name="Name">Its name.</param>
/// <param name="Threads">Threads that compute.</param>
/// <param name="Texts">Texts of each way, one after the other.</param>
/// <param name="Prompt">Text tokens of a prompt.</param>
/// <param name="Tokens">Text tokens of an answer.</param>
internal sealed record ServingSettings(string Path, string Name, int Threads, int Texts, int Prompt, int Tokens);

/// <summary>What one way to a text took, as its reader sees it.</summary>
internal sealed record WayFigures(double TtftP50Ms, double TtftP90Ms, double TpotP50Ms, double TpotP90Ms)
{
    public static WayFigures Of(IReadOnlyCollection<TextTimes> times)
    {
        List<double> first = [.. times.Select(time => time.FirstMs).Order()], perToken = [.. times.Select(time => time.PerTokenMs).Order()];
        return new(
            Quantiles.OfSorted(first, 0.5), Quantiles.OfSorted(first, 0.9), Quantiles.OfSorted(perToken, 0.5),
            Quantiles.OfSorted(perToken, 0.9));
    }
}

/// <summary>What came out; what is added is HTTP's median less the engine's.</summary>
internal sealed record ServingFigures(
    string Model, int Threads, int Texts, int Prompt, int Tokens, WayFigures Engine, WayFigures Grains, WayFigures Http, double AddedTtftMs,
    double AddedTpotMs);
