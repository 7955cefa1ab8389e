using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Jtfa.Core;
using Jtfa.Silo.Ingress;
using Jtfa.Silo.Time;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Jtfa.Lab.Bench;

/// <summary>The figures of a flood. Memory in MB, latencies in milliseconds.</summary>
internal sealed record FloodResult(
    long FloodTokens, long FloodDropped, int Expected, int Decided, double NeighbourP99Ms, double PeakRssMb, double RssBefore,
    double RssAfter);

/// <summary>
/// Floods one scene with fresh decision ids, beside a scene of four cameras at 10 Hz, and counts what the second one decides.
/// </summary>
internal static class FloodBench
{
    private const string Flooded = "flooded";
    private const string Neighbour = "neighbour";
    private const int Rate = 10;

    private static readonly TimeSpan s_afterwards = TimeSpan.FromSeconds(10);

    public static async Task<FloodResult> RunAsync(double rate, double seconds, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("jtfa-bench-");
        try
        {
            var (database, head) = (Path.Combine(folder.FullName, "bench.db"), Path.Combine(folder.FullName, "head.npz"));
            LoadSender.WriteHead(head);
            using var latencies = new FireLatencies(Neighbour);
            using var host = await SiloBeside.StartAsync(Configuration(database, head), cancellationToken);
            var gateway = host.Services.GetRequiredService<UdpGateway>();
            var rss = new RssWatch();
            await SendNeighbourAsync(gateway, 2, rss, cancellationToken); // until its code is compiled
            latencies.Clear();
            var (from, before) = (TimeProvider.System.UnixSeconds(), Environment.WorkingSet);
            using var sender = BenchProcess.Start(
                [$"bench", $"send-flood", $"--to", $"127.0.0.1:{gateway.EndPoints[0].Port}", $"--rate", $"{rate:R}", $"--seconds",
                    $"{seconds:R}"]);
            using var kill = cancellationToken.Register(() => sender.Kill());
            var flood = BenchProcess.ReportOfAsync<SentLoad>(sender, "sender");
            var expected = await SendNeighbourAsync(gateway, seconds - 0.5, rss, cancellationToken);
            var sent = await flood;
            var dropped = gateway.Counters.Rejected;
            await Task.Delay(s_afterwards, cancellationToken);
            var after = Environment.WorkingSet;
            await host.StopAsync(CancellationToken.None);
            return new FloodResult(
                sent.Tokens, dropped, expected, Decided(database, from), latencies.Milliseconds(0.99), rss.Peak / 1e6, before / 1e6,
                after / 1e6);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Sends tokens, each of another decision.</summary>
    public static SentLoad Send(string gateway, double rate, double seconds, CancellationToken cancellationToken)
    {
        using var socket = Open(gateway);
        ShortSleep.Prepare();
        var pool = LoadSender.EncodePool(TokenEncoding.HMix);
        var packet = new byte[TokenPacket.MaxDatagramBytes];
        var clock = Stopwatch.StartNew();
        var sent = 0L;
        while (clock.Elapsed.TotalSeconds < seconds && !cancellationToken.IsCancellationRequested)
        {
            for (var due = (long)(clock.Elapsed.TotalSeconds * rate); sent < due; sent++)
                socket.Send(
                    packet.AsSpan(
                        0,
                        LoadSender.Write(
                            pool, TokenEncoding.HMix, sent, 0, (int)(sent % IngestSettings.Classes), Now(), [], packet, did: sent)));
            ShortSleep.Wait(200);
        }

        return new SentLoad(sent, sent, clock.Elapsed.TotalSeconds, Environment.CpuUsage.TotalTime.TotalSeconds);
    }

    // Four cameras, on multiples of the period.
    private static async Task<int> SendNeighbourAsync(UdpGateway gateway, double seconds, RssWatch rss, CancellationToken cancellationToken)
    {
        using var socket = Open($"127.0.0.1:{gateway.EndPoints[1].Port}");
        var pool = LoadSender.EncodePool(TokenEncoding.HMix);
        var packet = new byte[TokenPacket.MaxDatagramBytes];
        var count = (int)(seconds * Rate);
        var tick = (long)Math.Ceiling(Now() * Rate) + 1;
        for (var i = 0; i < count; i++, tick++)
        {
            for (double left; (left = ((double)tick / Rate) - Now()) > 0;)
                await Task.Delay(TimeSpan.FromSeconds(Math.Min(left, 0.02)), cancellationToken);
            for (var view = 0; view < 4; view++)
                socket.Send(
                    packet.AsSpan(
                        0,
                        LoadSender.Write(
                            pool, TokenEncoding.HMix, tick, view, (int)(tick % IngestSettings.Classes), (double)tick / Rate, [], packet)));
            rss.Look();
        }

        return count;
    }

    private static Socket Open(string gateway)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { SendBufferSize = 4 << 20 };
        socket.Connect(IPEndPoint.Parse(gateway));
        return socket;
    }

    private static double Now() => TimeProvider.System.UnixSeconds();

    private static int Decided(string database, double from)
    {
        using var connection = new SqliteConnection($"Data Source={database};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM decisions WHERE scene = @scene AND timestamp >= @from AND correct = 1 AND m >= 3";
        command.Parameters.AddWithValue("@scene", Neighbour);
        command.Parameters.AddWithValue("@from", from);
        return Convert.ToInt32(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private static Dictionary<string, string?> Configuration(string database, string head)
    {
        var configuration = new Dictionary<string, string?> { ["Jtfa:Log:Path"] = database, ["Jtfa:Http:Enabled"] = "false" };
        foreach (var (i, scene) in new[] { Flooded, Neighbour }.Index())
        {
            configuration[$"Jtfa:Ingress:Sockets:{i}:Port"] = "0";
            configuration[$"Jtfa:Ingress:Sockets:{i}:Scene"] = scene;
            configuration[$"Jtfa:Scenes:{i}:Name"] = scene;
            configuration[$"Jtfa:Scenes:{i}:Head"] = head;
        }

        configuration["Jtfa:Scenes:0:Keying"] = nameof(WindowKeying.Sequence);
        return configuration;
    }
}
