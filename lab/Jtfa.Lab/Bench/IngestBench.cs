using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Jtfa.Interfaces;
using Jtfa.Silo.Cluster;
using Jtfa.Silo.Http;
using Jtfa.Silo.Ingress;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Jtfa.Lab.Bench;

/// <summary>
/// Runs a silo in this process and a sender in another, then counts: what was sent against what was received, decided and lost,
/// and every decision of the log against what its sender meant.
/// </summary>
internal static class IngestBench
{
    private const string Scene = "bench";
    private const string WarmUpScene = "warm-up";

    private static readonly string s_secret = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));

    public static async Task<IngestResult> RunAsync(IngestSettings settings, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("jtfa-bench-");
        try
        {
            var database = Path.Combine(folder.FullName, "bench.db");
            var head = Path.Combine(folder.FullName, "head.npz");
            LoadSender.WriteHead(head);
            var keys = settings.IsSigned ? Path.Combine(folder.FullName, "keys") : null;
            if (keys is not null) LoadSigner.WriteKeys(keys, [Scene, WarmUpScene]);
            using var host = await SiloBeside.StartAsync(Configuration(settings, database, head, keys), cancellationToken);
            using var readers = settings.Readers > 0 ? StartReaders(((WebApplication)host).HttpAddress(), settings) : null;
            using var kill = cancellationToken.Register(() => readers?.Kill());
            await WarmUpAsync(host, settings, keys, cancellationToken);
            var measured = await MeasureAsync(host, settings, keys, cancellationToken);
            if (readers is not null) measured = measured with { Read = await EndReadersAsync(readers) };
            if (settings.StreamSeconds > 0)
                measured = measured with { Stream = await MeasureStreamAsync(host, settings, keys, cancellationToken) };
            await host.StopAsync(CancellationToken.None);
            return IngestResult.Create(settings, measured, LoggedDecisions.Read(database, Scene));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // The same load on a scene and a socket of its own: what it counts stays apart.
    private static async Task WarmUpAsync(
        IHost host, IngestSettings settings, string? keys, CancellationToken cancellationToken)
    {
        if (settings.WarmUpSeconds == 0) return;
        var gateway = host.Services.GetRequiredService<UdpGateway>();
        await SendAsync(
            gateway.EndPoints[1].Port, WarmUpScene, settings with { Seconds = settings.WarmUpSeconds }, keys, cancellationToken);
        await QuiesceAsync(gateway, settings, cancellationToken);
        GC.Collect();
    }

    private static async Task<IngestMeasured> MeasureAsync(
        IHost host, IngestSettings settings, string? keys, CancellationToken cancellationToken)
    {
        var gateway = host.Services.GetRequiredService<UdpGateway>();
        var scene = host.Services.GetRequiredService<IGrainFactory>().GetGrain<ISceneGrain>(Scene);
        var before = ProcessFigures.Now(gateway.Counters);
        var sending = SendAsync(gateway.EndPoints[0].Port, Scene, settings, keys, cancellationToken);
        var (openWindows, rss) = (0, new RssWatch());
        using (var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100)))
        {
            while (!sending.IsCompleted && await timer.WaitForNextTickAsync(cancellationToken))
            {
                openWindows = Math.Max(openWindows, gateway.OpenWindows);
                rss.Look();
            }
        }

        var sent = await sending;
        await QuiesceAsync(gateway, settings, cancellationToken);
        var after = ProcessFigures.Now(gateway.Counters);
        return new IngestMeasured(sent, before, after, await scene.GetStatisticsAsync(cancellationToken), openWindows, rss);
    }

    // Until nothing more comes in, then until the last windows have fired and gone.
    private static async Task QuiesceAsync(UdpGateway gateway, IngestSettings settings, CancellationToken cancellationToken)
    {
        for (var received = -1L; received != gateway.Counters.Received || gateway.Pending > 0;)
        {
            received = gateway.Counters.Received;
            await Task.Delay(200, cancellationToken);
        }

        await Task.Delay(TimeSpan.FromMilliseconds(settings.TimeoutMs + settings.LingerMs + 300), cancellationToken);
    }

    private static async Task<SentLoad> SendAsync(
        int port, string scene, IngestSettings settings, string? keys, CancellationToken cancellationToken)
    {
        using var sender = BenchProcess.Start(
        [
            $"bench", $"send", $"--to", $"127.0.0.1:{port}", $"--width", $"{settings.WindowMs:R}", $"--mode", $"{settings.Mode}",
            $"--rate", $"{(settings.Rate is { } rate ? rate.ToString(CultureInfo.InvariantCulture) : "max")}",
            $"--seconds", $"{settings.Seconds}", $"--thin", $"{settings.Thin}",
            $"--wire", $"{settings.Wire}", $"--quantiser", $"{settings.Quantiser}",
            $"--scene", $"{scene}", .. keys is null ? Array.Empty<FormattableString>() : [$"--keys", $"{keys}"],
        ]);
        using var kill = cancellationToken.Register(() => sender.Kill());
        var sent = await BenchProcess.ReportOfAsync<SentLoad>(sender, "sender");
        cancellationToken.ThrowIfCancellationRequested();
        return sent;
    }

    // In a phase of its own, on the warm-up scene: the subscriber is another program on the same cores.
    private static async Task<StreamLoad> MeasureStreamAsync(
        IHost host, IngestSettings settings, string? keys, CancellationToken cancellationToken)
    {
        var gateway = host.Services.GetRequiredService<UdpGateway>();
        var clients = host.Services.GetRequiredService<SiloClusterOptions>().ClientPort;
        using var subscriber = BenchProcess.Start(
            [$"bench", $"subscribe", $"--gateway", $"127.0.0.1:{clients}", $"--scene", $"{WarmUpScene}", $"--client-secret",
                $"{new ClusterSecret(s_secret).ClientSecret}"]);
        using var kill = cancellationToken.Register(() => subscriber.Kill());
        // until it has subscribed and is compiled
        await SendAsync(gateway.EndPoints[1].Port, WarmUpScene, settings with { Seconds = 2 }, keys, cancellationToken);
        await subscriber.StandardInput.WriteLineAsync("begin");
        await subscriber.StandardInput.FlushAsync(cancellationToken);
        await SendAsync(
            gateway.EndPoints[1].Port, WarmUpScene, settings with { Seconds = settings.StreamSeconds }, keys, cancellationToken);
        await QuiesceAsync(gateway, settings, cancellationToken);
        subscriber.StandardInput.Close();
        return await BenchProcess.ReportOfAsync<StreamLoad>(subscriber, "subscriber");
    }

    // They read until their standard input ends.
    private static Process StartReaders(string server, IngestSettings settings) => BenchProcess.Start(
        [$"bench", $"read", $"--server", $"{server}", $"--scene", $"{Scene}", $"--pages", $"{settings.Pages}", $"--followers",
            $"{settings.Followers}"]);

    private static Task<ReadLoad> EndReadersAsync(Process readers)
    {
        readers.StandardInput.Close();
        return BenchProcess.ReportOfAsync<ReadLoad>(readers, "readers");
    }

    private static Dictionary<string, string?> Configuration(
        IngestSettings settings, string database, string head, string? keys)
    {
        var configuration = new Dictionary<string, string?>
        {
            ["Jtfa:Log:Path"] = database,
            ["Jtfa:Keys:File"] = keys ?? "",
            ["Jtfa:Cluster:ClientPort"] = $"{(settings.StreamSeconds > 0 ? SiloBeside.FreePort() : 0)}",
            ["Jtfa:Cluster:Secret"] = s_secret,
            ["Jtfa:Http:Enabled"] = settings.Readers > 0 ? "true" : "false",
            ["Jtfa:Http:Address"] = "127.0.0.1",
            ["Jtfa:Http:Port"] = "0",
            ["Jtfa:Http:MaxReaders"] = $"{Math.Max(settings.Readers, 1)}",
        };
        foreach (var (i, scene) in new[] { Scene, WarmUpScene }.Index())
        {
            configuration[$"Jtfa:Ingress:Sockets:{i}:Port"] = "0";
            configuration[$"Jtfa:Ingress:Sockets:{i}:Scene"] = scene;
            configuration[$"Jtfa:Scenes:{i}:Name"] = scene;
            configuration[$"Jtfa:Scenes:{i}:K"] = IngestSettings.K.ToString(CultureInfo.InvariantCulture);
            configuration[$"Jtfa:Scenes:{i}:N"] = IngestSettings.N.ToString(CultureInfo.InvariantCulture);
            configuration[$"Jtfa:Scenes:{i}:T"] = settings.TimeoutMs.ToString("R", CultureInfo.InvariantCulture);
            configuration[$"Jtfa:Scenes:{i}:W"] = settings.WindowMs.ToString("R", CultureInfo.InvariantCulture);
            configuration[$"Jtfa:Scenes:{i}:Linger"] = settings.LingerMs.ToString("R", CultureInfo.InvariantCulture);
            configuration[$"Jtfa:Scenes:{i}:Head"] = head;
            configuration[$"Jtfa:Scenes:{i}:Authentication"] = settings.Authentication.ToString();
        }

        return configuration;
    }
}
