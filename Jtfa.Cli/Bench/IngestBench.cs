using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Jtfa.Interfaces;
using Jtfa.Silo.Ingress;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Jtfa.Cli.Bench;

/// <summary>
/// Runs a silo in this process and a sender in another, then counts: what was sent against what was received, decided and lost,
/// and every decision of the log against what its sender meant.
/// </summary>
internal static class IngestBench
{
    private const string Scene = "bench";
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    public static async Task<IngestResult> RunAsync(IngestSettings settings, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("jtfa-bench-");
        try
        {
            var database = Path.Combine(folder.FullName, "bench.db");
            var head = Path.Combine(folder.FullName, "head.npz");
            LoadSender.WriteHead(head);
            using var host = SiloHost.CreateBuilder(Configuration(settings, database, head), file: null, LogLevel.Warning).Build();
            await host.StartAsync(cancellationToken);
            var measured = await MeasureAsync(host, settings, cancellationToken);
            await host.StopAsync(CancellationToken.None);
            return IngestResult.Of(settings, measured, LoggedDecisions.Read(database));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<IngestMeasured> MeasureAsync(IHost host, IngestSettings settings, CancellationToken cancellationToken)
    {
        var gateway = host.Services.GetRequiredService<UdpGateway>();
        var scene = host.Services.GetRequiredService<IGrainFactory>().GetGrain<ISceneGrain>(Scene);
        var (allocated, cpu) = (GC.GetTotalAllocatedBytes(precise: true), Environment.CpuUsage.TotalTime);
        var sending = SendAsync(gateway.EndPoints[0].Port, settings, cancellationToken);
        var (openWindows, rssAtMost) = (0, 0L);
        using (var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100)))
        {
            while (!sending.IsCompleted && await timer.WaitForNextTickAsync(cancellationToken))
                (openWindows, rssAtMost) = (Math.Max(openWindows, gateway.OpenWindows), Math.Max(rssAtMost, Environment.WorkingSet));
        }

        var sent = await sending;
        await QuiesceAsync(gateway, settings, cancellationToken);
        return new IngestMeasured(
            sent, gateway.Counters, await scene.GetStatisticsAsync(cancellationToken), openWindows, rssAtMost,
            GC.GetTotalAllocatedBytes(precise: true) - allocated, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds, GC.CollectionCount(2));
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

    private static async Task<SentLoad> SendAsync(int port, IngestSettings settings, CancellationToken cancellationToken)
    {
        FormattableString[] arguments =
        [
            $"bench", $"send", $"--to", $"127.0.0.1:{port}", $"--width", $"{settings.WindowMs:R}", $"--mode", $"{settings.Mode}",
            $"--rate", $"{(settings.Rate is { } rate ? rate.ToString(CultureInfo.InvariantCulture) : "max")}",
            $"--seconds", $"{settings.Seconds}", $"--thin", $"{settings.Thin}",
        ];
        // Run by dotnet, the program is dotnet's first argument; as a file of its own it is not.
        var program = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(IngestBench).Assembly.Location] : Array.Empty<string>();
        var start = new ProcessStartInfo(Environment.ProcessPath!, [.. program, .. arguments.Select(FormattableString.Invariant)])
        {
            RedirectStandardOutput = true,
        };
        using var sender = Process.Start(start)!;
        using var kill = cancellationToken.Register(() => sender.Kill());
        var output = await sender.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await sender.WaitForExitAsync(CancellationToken.None);
        cancellationToken.ThrowIfCancellationRequested();
        if (sender.ExitCode != 0) throw new InvalidOperationException($"The sender ended with exit code {sender.ExitCode}.");
        return JsonSerializer.Deserialize<SentLoad>(output, s_json) ?? throw new InvalidOperationException("The sender reported nothing.");
    }

    private static Dictionary<string, string?> Configuration(IngestSettings settings, string database, string head) => new()
    {
        ["Jtfa:Ingress:Sockets:0:Port"] = "0",
        ["Jtfa:Scenes:0:Name"] = Scene,
        ["Jtfa:Scenes:0:K"] = IngestSettings.K.ToString(CultureInfo.InvariantCulture),
        ["Jtfa:Scenes:0:N"] = IngestSettings.N.ToString(CultureInfo.InvariantCulture),
        ["Jtfa:Scenes:0:T"] = settings.TimeoutMs.ToString("R", CultureInfo.InvariantCulture),
        ["Jtfa:Scenes:0:W"] = settings.WindowMs.ToString("R", CultureInfo.InvariantCulture),
        ["Jtfa:Scenes:0:Linger"] = settings.LingerMs.ToString("R", CultureInfo.InvariantCulture),
        ["Jtfa:Scenes:0:Head"] = head,
        ["Jtfa:Log:Path"] = database,
    };
}
