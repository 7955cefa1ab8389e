using System.Diagnostics;
using System.Globalization;
using Jtfa.Silo.Ingress;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Jtfa.Lab.Bench;

/// <summary>Runs a silo with many scenes in this process and their cameras in another, and counts every decision in the log.</summary>
internal static class ScenesBench
{
    /// <summary>A scene's name.</summary>
    public static string NameOf(int scene) => string.Create(CultureInfo.InvariantCulture, $"scene-{scene:D4}");

    public static async Task<ScenesResult> RunAsync(ScenesSettings settings, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("jtfa-bench-");
        try
        {
            var (database, head) = (Path.Combine(folder.FullName, "bench.db"), Path.Combine(folder.FullName, "head.npz"));
            LoadSender.WriteHead(head);
            using var latencies = new FireLatencies();
            var start = Stopwatch.GetTimestamp();
            using var host = await SiloBeside.StartAsync(Configuration(settings, database, head), cancellationToken);
            var ready = Stopwatch.GetElapsedTime(start);
            var gateway = host.Services.GetRequiredService<UdpGateway>();
            if (settings.WarmUpSeconds > 0) await SendAsync(gateway, settings with { Seconds = settings.WarmUpSeconds }, cancellationToken);
            latencies.Clear();
            var (from, before) = (Now(), ProcessFigures.Now(gateway.Counters));
            var (sent, rss) = await SendAsync(gateway, settings, cancellationToken);
            var after = ProcessFigures.Now(gateway.Counters);
            await host.StopAsync(CancellationToken.None);
            var (decisions, correct) = ReadLog(database, from, settings);
            var received = after.Received - before.Received;
            return new ScenesResult(
                settings.Scenes, sent.Tokens, sent.Tokens - received, decisions, correct, sent.Decisions, latencies.Milliseconds(0.5),
                latencies.Milliseconds(0.99),
                sent.Tokens / sent.Seconds, (after.Cpu - before.Cpu).TotalSeconds / received * 1e6, sent.CpuSeconds / sent.Tokens * 1e6,
                rss / 1e6,
                (after.GcPause - before.GcPause).TotalMilliseconds, ready.TotalSeconds);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static double Now() => (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;

    private static async Task<(SentLoad Sent, long Rss)> SendAsync(
        UdpGateway gateway, ScenesSettings settings, CancellationToken cancellationToken)
    {
        using var sender = BenchProcess.Start(
        [
            $"bench", $"send-scenes", $"--to", $"127.0.0.1:{gateway.EndPoints[0].Port}", $"--scenes", $"{settings.Scenes}", $"--views",
            $"{settings.Views}",
            $"--scene-rate", $"{settings.Rate:R}", $"--seconds", $"{settings.Seconds:R}",
        ]);
        using var kill = cancellationToken.Register(() => sender.Kill());
        var sending = BenchProcess.ReportOfAsync<SentLoad>(sender, "sender");
        var rss = 0L;
        using (var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100)))
        {
            while (!sending.IsCompleted && await timer.WaitForNextTickAsync(cancellationToken)) rss = Math.Max(rss, Environment.WorkingSet);
        }

        var sent = await sending;
        await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken); // the last windows fire, linger and go
        return (sent, rss);
    }

    private static (long Decisions, long Correct) ReadLog(string database, double from, ScenesSettings settings)
    {
        using var connection = new SqliteConnection($"Data Source={database};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*), sum(correct = 1 AND m >= @k) FROM decisions WHERE timestamp >= @from";
        command.Parameters.AddWithValue("@k", settings.K);
        command.Parameters.AddWithValue("@from", from);
        using var row = command.ExecuteReader();
        row.Read();
        return (row.GetInt64(0), row.IsDBNull(1) ? 0 : row.GetInt64(1));
    }

    private static Dictionary<string, string?> Configuration(ScenesSettings settings, string database, string head)
    {
        var configuration = new Dictionary<string, string?>
        {
            ["Jtfa:Log:Path"] = database,
            ["Jtfa:Http:Enabled"] = "false",
            ["Jtfa:Ingress:Sockets:0:Port"] = "0",
        };
        for (var i = 0; i < settings.Scenes; i++)
        {
            configuration[$"Jtfa:Scenes:{i}:Name"] = NameOf(i);
            configuration[$"Jtfa:Scenes:{i}:K"] = settings.K.ToString(CultureInfo.InvariantCulture);
            configuration[$"Jtfa:Scenes:{i}:N"] = settings.Views.ToString(CultureInfo.InvariantCulture);
            configuration[$"Jtfa:Scenes:{i}:W"] = (settings.Period * 1000).ToString("R", CultureInfo.InvariantCulture);
            configuration[$"Jtfa:Scenes:{i}:Head"] = head;
        }

        return configuration;
    }
}
