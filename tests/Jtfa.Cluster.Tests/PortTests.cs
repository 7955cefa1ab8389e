using System.Diagnostics;
using System.Text.Json;
using Jtfa.Cluster.Tests.Processes;
using Jtfa.Testbed.Hosts;

namespace Jtfa.Cluster.Tests;

/// <summary>Where silos listen, as <c>ss</c> shows it: each in a network namespace of its own, where nothing else does.</summary>
[Collection(nameof(AloneCollection))]
public sealed class PortTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task Silos_listen_where_docs_cluster_md_says_and_nowhere_else()
    {
        LongForm.Needed(seconds: 40);
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        Assert.SkipUnless(File.Exists("/usr/bin/ss"), "ss is not installed (Debian: iproute2).");
        await using var network = await Namespaces.CreateAsync(3, Cancellation);
        await using var database = await PostgresServer.StartAsync(Cancellation);
        using var workspace = new Workspace();
        Assert.Equal(0, (await ProgramRun.JtfaToEndAsync(workspace, "certificates", "silo")).ExitCode);
        var connection = database.SocketConnectionString(await database.CreateDatabaseAsync(Cancellation));
        var camera = new { Scene = "default", Camera = "door", View = 0, RateHz = 10.0, Source = new { Kind = "Random" } };
        var cameras = workspace.Write("cameras.json", JsonSerializer.Serialize(new { Jtfa = new { Cameras = new[] { camera } } }));

        string[] Member(TestHost host, params string[] options) =>
        [
            "silo", "--cluster", "postgres", "--address", $"{host.Address}",
            "--set", "Jtfa:Cluster:Tls:Certificate=certificates/silo.pem", "--set", "Jtfa:Cluster:Tls:Key=certificates/silo.key",
            "--set", "Jtfa:Cluster:Tls:Authority=certificates/authority.pem", .. options,
        ];
        var (fusion, clients, door, alone) = (network.Fusion, network.Views[0], network.Views[1], network.Views[2]);
        (TestHost Host, string[] Arguments, string[] Expected)[] silos =
        [
            (fusion, Member(fusion, "--role", "fusion", "--bind", "0.0.0.0"),
                [$"tcp {fusion.Address}:11111", "tcp 127.0.0.1:5080", "udp 0.0.0.0:5005"]),
            (clients, Member(clients, "--client-port", "30000"),
                [$"tcp {clients.Address}:11111", $"tcp {clients.Address}:30000", "tcp 127.0.0.1:5080", "udp 127.0.0.1:5005"]),
            (door, Member(door, "--role", "camera", "--config", cameras), [$"tcp {door.Address}:11111"]),
            (alone, ["silo", "--scene", "lobby"], ["tcp 127.0.0.1:11111", "tcp 127.0.0.1:5080", "udp 127.0.0.1:5005"]),
        ];
        foreach (var (host, arguments, expected) in silos)
        {
            var start = ProgramRun.StartOf(workspace, arguments);
            start.Environment["Jtfa__Cluster__ConnectionString"] = connection;
            start.Precede(host.Namespace!.Prefix());
            await using var silo = new ProgramRun(start);
            await silo.Errors.MatchAsync("Silo is up");
            Assert.Equal(expected, await ListeningAsync(host.Namespace!));
        }
    }

    private static async Task<string[]> ListeningAsync(NetworkNamespace network)
    {
        var start = new ProcessStartInfo("ss", ["-H", "-l", "-n", "-t", "-u"]);
        start.Precede(network.Prefix());
        var end = await ProgramRun.ToEndAsync(start);
        Assert.Equal(0, end.ExitCode);
        return [.. end.Output.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(columns => $"{columns[0]} {columns[4]}").Order(StringComparer.Ordinal)];
    }
}
