using System.Globalization;
using Jtfa.Interfaces;
using Jtfa.Silo.Http;
using Jtfa.Silo.Ingress;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Jtfa.Lab.Bench;

/// <summary>
/// A scene beside a language model: how late its decisions are while the model computes without a pause, and while it rests. The silo is
/// this process; cameras and readers of texts are two others.
/// </summary>
internal static class BesideBench
{
    private const string Model = "beside";
    private const double LongestWarmUp = 5;
    private const int Pages = 256;

    public static async Task<BesideFigures> RunAsync(BesideSettings settings, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("jtfa-bench-");
        try
        {
            var (database, head) = (Path.Combine(folder.FullName, "bench.db"), Path.Combine(folder.FullName, "head.npz"));
            LoadSender.WriteHead(head);
            using var host = await SiloBeside.StartAsync(Configuration(settings, database, head), cancellationToken);
            var model = host.Services.GetRequiredService<IGrainFactory>().GetGrain<IModelGrain>(Model);
            if (await model.LoadAsync(cancellationToken) is not { State: ModelState.Loaded } loaded)
                throw new InvalidOperationException((await model.GetStatusAsync(cancellationToken))?.Fault ?? "The model was not loaded.");
            var warmUp = Math.Min(settings.Seconds, LongestWarmUp);
            await SceneAsync(host, warmUp, cancellationToken);
            var without = await SceneAsync(host, settings.Seconds, cancellationToken);

            using var readers = BenchProcess.Start(
                [$"bench", $"read-texts", $"--server", $"{((WebApplication)host).HttpAddress()}", $"--model", $"{settings.Path}", $"--name",
                    $"{Model}", $"--streams", $"{settings.Streams}"]);
            using var kill = cancellationToken.Register(() => readers.Kill());
            while ((await model.GetStatusAsync(cancellationToken))!.Running < settings.Streams)
            {
                if (readers.HasExited) throw new InvalidOperationException($"The readers ended with exit code {readers.ExitCode}.");
                await Task.Delay(50, cancellationToken);
            }

            await SceneAsync(host, warmUp, cancellationToken);
            var before = (await model.GetStatusAsync(cancellationToken))!;
            var with = await SceneAsync(host, settings.Seconds, cancellationToken);
            var after = (await model.GetStatusAsync(cancellationToken))!;
            readers.StandardInput.Close();
            await BenchProcess.ReportOfAsync<TextLoad>(readers, "readers");
            await host.StopAsync(CancellationToken.None);
            return new(
                settings.Name, settings.Threads, settings.Streams, settings.Seconds, loaded.Bytes,
                (after.CompletionTokens - before.CompletionTokens) / settings.Seconds, without, with);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<SceneFigures> SceneAsync(IHost host, double seconds, CancellationToken cancellationToken)
    {
        using var latencies = new FireLatencies(ScenesBench.NameOf(0));
        var gateway = host.Services.GetRequiredService<UdpGateway>();
        using var sender = BenchProcess.Start(
            [$"bench", $"send-scenes", $"--to", $"127.0.0.1:{gateway.EndPoints[0].Port}", $"--scenes", $"1", $"--views", $"4",
                $"--scene-rate", $"10", $"--seconds", $"{seconds:R}"]);
        using var kill = cancellationToken.Register(() => sender.Kill());
        var sent = await BenchProcess.ReportOfAsync<SentLoad>(sender, "sender");
        await Task.Delay(TimeSpan.FromSeconds(0.5), cancellationToken); // the last windows fire
        return new(
            sent.Decisions, latencies.Count, latencies.Milliseconds(0.5), latencies.Milliseconds(0.99), latencies.Milliseconds(1));
    }

    private static Dictionary<string, string?> Configuration(BesideSettings settings, string database, string head) => new()
    {
        ["Jtfa:Log:Path"] = database,
        ["Jtfa:Http:Address"] = "127.0.0.1",
        ["Jtfa:Http:Port"] = "0",
        ["Jtfa:Ingress:Sockets:0:Port"] = "0",
        ["Jtfa:Scenes:0:Name"] = ScenesBench.NameOf(0),
        ["Jtfa:Scenes:0:K"] = "3",
        ["Jtfa:Scenes:0:N"] = "4",
        ["Jtfa:Scenes:0:W"] = "100",
        ["Jtfa:Scenes:0:Head"] = head,
        ["Jtfa:Language:Threads"] = settings.Threads.ToString(CultureInfo.InvariantCulture),
        ["Jtfa:Language:Models:0:Name"] = Model,
        ["Jtfa:Language:Models:0:File"] = settings.Path,
        ["Jtfa:Language:Models:0:Pages"] = Pages.ToString(CultureInfo.InvariantCulture),
    };
}

/// <summary>What is measured.</summary>
/// <param name="Path">The model's file.</param>
/// <param name="Name">Its name.</param>
/// <param name="Threads">Threads that compute texts.</param>
/// <param name="Streams">Texts that are read at once.</param>
/// <param name="Seconds">How long each of both is measured.</param>
internal sealed record BesideSettings(string Path, string Name, int Threads, int Streams, double Seconds);

/// <summary>A scene's decisions by K or T, and their fire latencies in milliseconds.</summary>
internal sealed record SceneFigures(long Sent, long Fired, double FireP50Ms, double FireP99Ms, double FireMaxMs);

/// <summary>What came out.</summary>
internal sealed record BesideFigures(
    string Model, int Threads, int Streams, double Seconds, long ModelBytes, double TextTokensPerS, SceneFigures Without,
    SceneFigures With);
