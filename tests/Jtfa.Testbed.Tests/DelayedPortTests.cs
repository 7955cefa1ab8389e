using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Jtfa.Testbed.Links;

namespace Jtfa.Testbed.Tests;

/// <summary>A TCP port with a delay, with real sockets.</summary>
public sealed class DelayedPortTests
{
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Bytes_come_whole_and_in_order_each_way_and_none_before_the_delay()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();

        // Jitter would have later packets overtake earlier ones where order was not kept.
        var profile = new LinkProfile
        {
            Delay = new DelayProfile(DelayDistribution.Pareto, s_delay.TotalMilliseconds, 5, 3, MaxMs: 80),
        };
        await using var port = new DelayedPort((IPEndPoint)server.LocalEndpoint, profile, seed: 1);
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, port.Port, Cancellation);
        using var served = await server.AcceptTcpClientAsync(Cancellation);
        var echo = served.GetStream().CopyToAsync(served.GetStream(), Cancellation);

        var stream = client.GetStream();
        var began = Stopwatch.GetTimestamp();
        await stream.WriteAsync(new byte[1], Cancellation);
        await stream.ReadExactlyAsync(new byte[1], Cancellation);
        Assert.InRange(Stopwatch.GetElapsedTime(began), 2 * s_delay, TimeSpan.FromSeconds(20));

        var sent = new byte[3_000_000];
        new Random(1).NextBytes(sent);
        var received = new byte[sent.Length];
        var reading = stream.ReadExactlyAsync(received, Cancellation).AsTask();
        await stream.WriteAsync(sent, Cancellation);
        await reading;
        Assert.Equal(sent, received);
        Assert.Equal(2 * (sent.Length + 1), port.Bytes);

        // Whoever closes ends it for the other.
        client.Close();
        await Task.WhenAny(echo).WaitAsync(Cancellation);
    }
}
