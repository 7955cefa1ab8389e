using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Jtfa.Testbed.Hosts;
using Microsoft.Data.Sqlite;

namespace Jtfa.System.Tests;

/// <summary>
/// A gateway's machine dies, and the cameras of another machine have to notice. Between network namespaces, with the kernel's own limit on
/// port-unreachables (6 at once, then 1 a second a destination), which does not hold on the loopback.
/// </summary>
[Collection(nameof(AloneCollection))]
public sealed partial class GatewayDeathTests(ITestOutputHelper output)
{
    private const int Cameras = 16;
    private const int Port = 5005;

    private readonly CancellationToken _test = TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task Sixteen_cameras_of_one_host_move_within_a_second_of_their_gateways_death_and_lose_no_window()
    {
        await using var network = await Namespaces.CreateAsync(2, _test);
        var (first, second, cameras) = (network.Fusion, network.Views[0], network.Views[1]);
        using var workspace = new Workspace();
        var head = workspace.WriteHead();
        var database = workspace["second.db"];
        await using var dying = await StartAsync(first, Gateway("first", head));
        await using var living = await StartAsync(second, Gateway("second", head));
        await using var capturing = await StartAsync(cameras, CamerasOf("cameras", head, [first, second]));
        await Task.Delay(TimeSpan.FromSeconds(4), _test); // every camera has been answered

        var killed = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).TotalSeconds;
        using (var process = Process.GetProcessById(dying.Id)) process.Kill();
        await Task.Delay(TimeSpan.FromSeconds(3), _test);
        await capturing.DisposeAsync();
        await living.DisposeAsync();

        var decided = Decisions(database);
        var whole = decided.Where(decision => decision.M == Cameras).ToList();
        var moved = whole.Min(decision => decision.FiredAt) - killed;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"all {Cameras} cameras had moved {moved:F2} s after the kill"));
        Assert.InRange(moved, 0, 1);

        // What was under way when it died, and all since, was decided by the other gateway with every view.
        var from = (long)Math.Ceiling(killed * 10) + 1;
        Assert.Equal(Enumerable.Range(0, 20).Select(i => from + i), whole.Select(decision => decision.Id).Intersect(
            Enumerable.Range(0, 20).Select(i => from + i)).Order());

        object Gateway(string name, string path) => new
        {
            Ingress = new { Address = "0.0.0.0", Sockets = new[] { new { Port } } },
            Scenes = new[] { new { Name = "yard", K = Cameras, N = Cameras, T = 1500, W = 100, Linger = 200, Head = path } },
            Log = new { Path = workspace[$"{name}.db"] },
            Http = new { Enabled = false },
        };

        object CamerasOf(string name, string path, TestHost[] gateways) => new
        {
            Log = new { Path = workspace[$"{name}.db"] },
            Scenes = new[] { new { Name = "yard", Head = path } },
            Http = new { Enabled = false },
            Cameras = Enumerable.Range(0, Cameras).Select(view => new
            {
                Scene = "yard",
                Camera = $"view-{view}",
                View = view,
                RateHz = 10,
                Destination = string.Join(',', gateways.Select(gateway => $"{gateway.Address}:{Port}")),
                Source = new { Kind = "Random", Seed = view },
            }),
        };

        async Task<HostProcess> StartAsync(TestHost host, object configuration)
        {
            var file = workspace.Write($"{host.Name}.json", JsonSerializer.Serialize(new { Jtfa = configuration }));
            var silo = await HostProcess.StartAsync(
                host, host.Name, workspace.Path, [.. Jtfa.Experiments.Nodes.JtfaProgram.Own.With(["silo", "--config", file])]);
            await silo.SaysAsync(Up(), _test);
            return silo;
        }
    }

    private static List<(long Id, double FiredAt, int M)> Decisions(string database)
    {
        using var connection = new SqliteConnection($"Data Source={database};Mode=ReadOnly;Pooling=false");
        connection.Open();
        using var command = new SqliteCommand("SELECT decision, timestamp, m FROM decisions", connection);
        using var rows = command.ExecuteReader();
        var decided = new List<(long, double, int)>();
        while (rows.Read()) decided.Add((rows.GetInt64(0), rows.GetDouble(1), rows.GetInt32(2)));
        return decided;
    }

    [GeneratedRegex("Silo is up")]
    private static partial Regex Up();
}
