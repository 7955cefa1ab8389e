using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Jtfa.System.Tests.Stage;

namespace Jtfa.System.Tests;

/// <summary>A silo on every network of IPv6 is on those of IPv4, too.</summary>
[Collection(nameof(AloneCollection))]
public sealed class NetworksTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task Tokens_and_callers_of_both_are_taken()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "This machine has no IPv6.");
        var http = FreePorts.Next();
        await using var silo = ProgramRun.Jtfa(
            _workspace,
            [
                "silo", "--bind", "::", "--port", "0", "--http", $"[::]:{http}", "--silo-port", $"{FreePorts.Next()}", "--head",
                _workspace.WriteHead(), "--db", _workspace.Database, "--keying", "Sequence", "--k", "2", "--timeout", "30000",
            ]);
        var listening = await silo.Errors.MatchAsync(@"UDP \[::\]:(\d+) \(scene");
        var port = int.Parse(listening.Groups[1].Value, CultureInfo.InvariantCulture);
        await silo.Errors.MatchAsync("Silo is up");
        using TokenSocket four = new(port), six = new(port, IPAddress.IPv6Loopback);
        four.Send(1, view: 0, label: 3);
        six.Send(1, view: 1, label: 3);
        await DecisionRows.ReachAsync(_workspace, 1);

        using var client = new HttpClient();
        foreach (var host in new[] { "127.0.0.1", "[::1]" })
            Assert.Equal("Healthy", await client.GetStringAsync($"http://{host}:{http}/healthz", TestContext.Current.CancellationToken));
    }
}
