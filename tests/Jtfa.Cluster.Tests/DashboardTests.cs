using System.Net;
using System.Net.Sockets;

namespace Jtfa.Cluster.Tests;

/// <summary>Orleans' dashboard on a silo's HTTP port, with a silo that was given nothing else to do.</summary>
public sealed class DashboardTests
{
    private const int TestTimeout = 60_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task The_dashboard_is_served_on_loopback_and_knows_the_silos_grains()
    {
        using var workspace = new Workspace();
        var port = FreePorts.Next();
        await using var silo = ProgramRun.Jtfa(
            workspace,
            ["silo", "--port", "0", "--silo-port", $"{FreePorts.Next()}", "--client-port", $"{FreePorts.Next()}", "--http",
                $"127.0.0.1:{port}"]);
        await silo.Errors.MatchAsync("Silo is up");

        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        Assert.Contains("<html", await http.GetStringAsync("/orleans/", Cancellation), StringComparison.OrdinalIgnoreCase);
        var counters = "";
        while (!counters.Contains("SceneGrain", StringComparison.Ordinal))
        {
            using var answer = await http.GetAsync("/orleans/DashboardCounters", Cancellation);
            counters = answer.StatusCode == HttpStatusCode.OK ? await answer.Content.ReadAsStringAsync(Cancellation) : "";
            await Task.Delay(200, Cancellation);
        }

        var other = (await Dns.GetHostAddressesAsync(Dns.GetHostName(), AddressFamily.InterNetwork, Cancellation))
            .FirstOrDefault(address => !IPAddress.IsLoopback(address));
        if (other is null) return;
        using var outside = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(async () => await outside.ConnectAsync(other, port, Cancellation));
    }
}
