using System.Net;
using System.Net.Sockets;
using Jtfa.System.Tests.Stage;

namespace Jtfa.System.Tests;

/// <summary>A silo whose configuration gives it cameras of its own.</summary>
public sealed class SiloCameraTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task Its_cameras_are_decided_and_one_that_fails_harms_nobody()
    {
        var port = UnusedPort();
        var cameras = string.Join(", ", Enumerable.Range(0, 3).Select(view => Camera($"camera{view}", view, port, "\"Kind\": \"Random\"")));
        var broken = Camera("broken", 3, port, "\"Kind\": \"Replay\", \"Path\": \"none.npy\"");
        var configuration = _workspace.Write("cameras.json", $$"""{ "Jtfa": { "Cameras": [ {{cameras}}, {{broken}} ] } }""");

        await using var silo = await RunningSilo.StartAsync(
            _workspace, [.. RunningSilo.BySequence(3000), "--port", $"{port}", "--config", configuration]);
        await DecisionRows.ReachAsync(_workspace, 10, "cause = 'K'");
        await silo.Program.Errors.MatchAsync("Camera default/broken stopped: .*none.npy");
        await silo.StopAsync();

        var byK = (await LoggedDecision.AllAsync(_workspace)).Where(decision => decision.Cause == "K");
        Assert.All(byK, decision => Assert.Equal([0, 1, 2], decision.Views));
    }

    private static string Camera(string name, int view, int port, string source) =>
        $$"""{ "Camera": "{{name}}", "View": {{view}}, "RateHz": 20, "Destination": "127.0.0.1:{{port}}", "Source": { {{source}} } }""";

    private static int UnusedPort()
    {
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.Client.LocalEndPoint!).Port;
    }
}
