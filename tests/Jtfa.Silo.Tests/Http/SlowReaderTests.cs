using System.Net;
using System.Net.Sockets;
using System.Text;
using Jtfa.Silo.Tests.Ingress;

namespace Jtfa.Silo.Tests.Http;

/// <summary>Thousands of readers who ask and never read.</summary>
[Collection(WholeSilo.Name)]
public class SlowReaderTests
{
    private const int Many = 10_000;

    private static readonly byte[] s_request = Encoding.ASCII.GetBytes(
        "GET /v1/scenes/yard/decisions/live?last=1000 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");

    [Fact(Timeout = 120_000)]
    public async Task They_take_little_memory_and_every_window_is_decided()
    {
        await using var silo = await HttpSilo.StartAsync();
        await silo.DecideAsync(0, 2_000);
        GC.Collect();
        var before = Environment.WorkingSet;
        var sockets = new List<Socket>(Many);
        try
        {
            for (var i = 0; i < Many; i++) sockets.Add(await AskAsync(silo.Address));
            await Condition.HoldsAsync(() => silo.Readers.Count, count => count >= 200, "many readers are served");

            var sender = silo.Sender();
            for (var decision = 10_000; decision < 11_000; decision++)
                for (var view = 0; view < 3; view++) sender.Send(decision, view, scene: HttpSilo.Scene);
            await ApiTests.UntilAsync(
                () => silo.Grain().GetStatisticsAsync(TestContext.Current.CancellationToken), statistics => statistics.Decisions == 3_000);

            Assert.InRange(silo.Readers.Count, 1, 256);
            Assert.Equal((0, 0), (silo.Gateway.Counters.Rejected, silo.Gateway.Counters.KernelDrops));
            Assert.InRange(Environment.WorkingSet - before, long.MinValue, 150_000_000);
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }

        Assert.Equal("Healthy", await ApiTests.UntilAsync(() => HealthAsync(silo), answer => answer == "Healthy"));
    }

    // While the server still closes what has gone it may refuse connections.
    private static async Task<string> HealthAsync(HttpSilo silo)
    {
        try
        {
            return await silo.Client.GetStringAsync("/healthz", TestContext.Current.CancellationToken);
        }
        catch (HttpRequestException refused)
        {
            return refused.Message;
        }
    }

    private static async Task<Socket> AskAsync(Uri address)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4_096 };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, address.Port), TestContext.Current.CancellationToken);
            await socket.SendAsync(s_request, TestContext.Current.CancellationToken);
        }
        catch (SocketException)
        {
            // It was refused at once: that costs nothing at all.
        }

        return socket;
    }
}
