using System.Net;
using System.Net.Sockets;
using System.Text;
using Jtfa.Silo.Http;
using Jtfa.Silo.Tests.Ingress;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Tests.Http;

/// <summary>How many connections one address may have.</summary>
[Collection(WholeSilo.Name)]
public class AddressLimitTests
{
    private static readonly byte[] s_request = Encoding.ASCII.GetBytes("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task An_address_with_its_share_gets_no_more_and_others_are_served()
    {
        using var log = new CollectedLog();
        var clock = new ManualClock();
        var limit = new AddressLimit(3, _ => false, clock, log.CreateLogger<AddressLimit>());
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Any, 0, endpoint => endpoint.Use(limit.Guard)));
        await using var server = builder.Build();
        server.Run(context => context.Response.WriteAsync("served", Cancel));
        await server.StartAsync(Cancel);
        var port = new Uri(server.HttpAddress()).Port;

        var held = new List<Socket>();
        for (var i = 0; i < 3; i++) held.Add(await ConnectAsync("127.0.0.1", port));
        foreach (var one in held) Assert.True(await IsServedAsync(one));
        for (var i = 0; i < 5; i++)
        {
            using var refused = await ConnectAsync("127.0.0.1", port);
            Assert.False(await IsServedAsync(refused));
        }

        using var other = await ConnectAsync("127.0.0.2", port);
        Assert.True(await IsServedAsync(other));
        Assert.Single(log.Lines, line => line.Contains("127.0.0.1 has 3 HTTP connections", StringComparison.Ordinal));

        held[0].Dispose(); // the server learns of it in its time
        await ApiTests.UntilAsync(
            async () =>
            {
                using var next = await ConnectAsync("127.0.0.1", port);
                return await IsServedAsync(next);
            },
            served => served);
        held.ForEach(one => one.Dispose());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_silo_limits_other_machines_and_not_its_own()
    {
        var own = (await Dns.GetHostAddressesAsync(Dns.GetHostName(), AddressFamily.InterNetwork, Cancel))
            .FirstOrDefault(address => !IPAddress.IsLoopback(address));
        await using var silo = await HttpSilo.StartAsync(("Jtfa:Http:Address", "0.0.0.0"), ("Jtfa:Http:MaxConnectionsPerAddress", "2"));
        var held = new List<Socket>();
        for (var i = 0; i < 10; i++) held.Add(await ConnectAsync("127.0.0.1", silo.Address.Port));
        foreach (var one in held) Assert.True(await IsServedAsync(one));
        if (own is not null) // with it as both ends, the silo sees another address than loopback
        {
            for (var i = 0; i < 3; i++) held.Add(await ConnectAsync($"{own}", silo.Address.Port, $"{own}"));
            Assert.True(await IsServedAsync(held[10]));
            Assert.True(await IsServedAsync(held[11]));
            Assert.False(await IsServedAsync(held[12]));
        }

        held.ForEach(one => one.Dispose());
    }

    [Theory]
    [InlineData("192.168.1.5", "192.168.1.5")]
    [InlineData("::ffff:192.168.1.5", "192.168.1.5")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")]
    [InlineData("fe80::1", "fe80::")]
    public void A_machine_is_an_IPv4_address_or_an_IPv6_network(string address, string host) =>
        Assert.Equal(IPAddress.Parse(host), AddressLimit.HostOf(IPAddress.Parse(address)));

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(10_000, true)]
    [InlineData(10_001, false)]
    public void Its_setting_is_checked(int most, bool allowed) =>
        Assert.Equal(allowed, !new HttpOptions { MaxConnectionsPerAddress = most }.Faults().Any(
            fault => fault == $"Jtfa:Http:MaxConnectionsPerAddress={most}: allowed is 1 … 10000"));

    private static async Task<Socket> ConnectAsync(string from, int port, string to = "127.0.0.1")
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(to), port), Cancel);
        }
        catch (SocketException)
        {
            // It was closed at once; nothing can be sent on it.
        }

        return socket;
    }

    // It is answered, or closed.
    private static async Task<bool> IsServedAsync(Socket socket)
    {
        try
        {
            await socket.SendAsync(s_request, Cancel);
            return await socket.ReceiveAsync(new byte[1024], Cancel) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
