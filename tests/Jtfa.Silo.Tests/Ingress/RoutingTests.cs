using System.Net;
using System.Net.Sockets;
using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Silo.Ingress;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>Which scene a datagram belongs to, and what keeps a gateway from listening.</summary>
public class RoutingTests
{
    [Fact(Timeout = 120_000)]
    public async Task Each_socket_has_a_scene_for_packets_that_name_none()
    {
        SceneOptions[] scenes = [GatewayStage.BySequence("yard"), GatewayStage.BySequence("hall"), GatewayStage.BySequence("Küche 2")];
        var options = new IngressOptions
        {
            Sockets = [GatewayStage.Socket(), GatewayStage.Socket(scene: "hall"), GatewayStage.Socket(scene: "Küche 2")],
        };
        await using var stage = await GatewayStage.StartAsync(options, scenes);
        for (var i = 0; i < 3; i++)
        {
            var sender = stage.Sender(i);
            sender.Send(i, view: 0);
            foreach (var scene in scenes) sender.Send(10 + i, view: 1, scene: scene.Name);
        }

        await stage.TakenAsync();

        var expected = new[] { "yard/0", "hall/1", "Küche 2/2" }
            .Concat(from scene in scenes from i in Enumerable.Range(10, 3) select $"{scene.Name}/{i}");
        Assert.Equal(
            expected.Order(StringComparer.Ordinal), stage.Lanes.Calls.SelectMany(call => call.Windows).Order(StringComparer.Ordinal));
        Assert.Equal(3, stage.Gateway.EndPoints.Select(endpoint => endpoint.Port).Distinct().Count());
    }

    [Fact(Timeout = 120_000)]
    public async Task Two_sockets_feed_one_scene()
    {
        var options = new IngressOptions { Sockets = [GatewayStage.Socket(), GatewayStage.Socket(scene: "yard")] };
        await using var stage = await GatewayStage.StartAsync(options);
        stage.Sender(0).Send(5, view: 0);
        stage.Sender(1).Send(5, view: 1);

        await stage.TakenAsync();

        Assert.All(stage.Lanes.Calls, call => Assert.Equal("yard/1", call.Lane));
        Assert.All(stage.Lanes.Calls.SelectMany(call => call.Windows), window => Assert.Equal("yard/5", window));
        Assert.Equal([0, 1], stage.Lanes.Calls.SelectMany(call => call.Tokens).Select(token => token.View).Order());
        Assert.Equal(1, stage.Gateway.OpenWindows);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_scene_that_is_not_served_is_counted_and_told_of()
    {
        await using var stage = await GatewayStage.StartAsync();
        var sender = stage.Sender();
        string[] unknown = ["attic", "Yard", "yard ", new('x', TokenPacket.MaxSceneBytes)];
        foreach (var scene in unknown) sender.Send(1, 0, scene: scene);

        await stage.TakenAsync();

        Assert.Equal(4, stage.Counters[RejectReason.UnknownScene]);
        Assert.Empty(stage.Lanes.Calls);
        Assert.Contains(stage.Log.From(LogLevel.Warning), line => line.Contains("from 127.0.0.1:") && line.Contains("UnknownScene"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_flood_of_bad_datagrams_is_told_of_once_a_second_and_reason()
    {
        await using var stage = await GatewayStage.StartAsync();
        var sender = stage.Sender();
        var begin = TimeProvider.System.GetTimestamp();
        for (var round = 0; round < 20; round++)
        {
            for (var i = 0; i < 100; i++)
            {
                sender.Send([0xc1]);
                sender.Send(null, view: 0);
            }

            await stage.TakenAsync();
        }

        var seconds = TimeProvider.System.GetElapsedTime(begin).TotalSeconds;
        Assert.Equal((2000, 2000), (stage.Counters[RejectReason.NotMsgPack], stage.Counters[RejectReason.NoDecisionId]));
        foreach (var reason in new[] { "NotMsgPack", "NoDecisionId" })
            Assert.InRange(stage.Log.Lines.Count(line => line.Contains(reason)), 1, 1 + (int)seconds);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_port_in_use_is_said_with_what_to_do()
    {
        using var other = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var endpoint = (IPEndPoint)other.Client.LocalEndPoint!;

        var fault = await FaultAsync(new IngressOptions { Sockets = [GatewayStage.Socket(endpoint.Port)] });

        Assert.Equal($"UDP {endpoint} is in use: stop what listens there, or choose another port (--port, Jtfa:Ingress:Sockets).", fault);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_sockets_of_a_gateway_that_could_not_start_are_free_again()
    {
        using var other = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var free = FreePort();
        var options = new IngressOptions
        {
            Sockets = [GatewayStage.Socket(free), GatewayStage.Socket(((IPEndPoint)other.Client.LocalEndPoint!).Port)],
        };

        await FaultAsync(options);

        using var again = new UdpClient(new IPEndPoint(IPAddress.Loopback, free));
        Assert.Equal(free, ((IPEndPoint)again.Client.LocalEndPoint!).Port);
    }

    [Fact(Timeout = 120_000)]
    public async Task An_address_of_another_machine_is_said()
    {
        // Of a block that is for documentation only (RFC 5737).
        var fault = await FaultAsync(new IngressOptions { Address = "192.0.2.1", Sockets = GatewayStage.AnyPort });
        Assert.Contains("this machine does not have that address (Jtfa:Ingress:Address)", fault);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_socket_for_a_scene_that_is_not_configured_is_said()
    {
        var fault = await FaultAsync(new IngressOptions { Sockets = [GatewayStage.Socket(scene: "attic")] });
        Assert.Contains("'attic'", fault);
        Assert.Contains("Jtfa:Scenes", fault);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_buffer_that_was_asked_for_and_granted_is_logged()
    {
        await using var stage = await GatewayStage.StartAsync(
            new IngressOptions { Sockets = GatewayStage.AnyPort, ReceiveBufferBytes = 100_000 });

        // Linux tells twice what it grants.
        var line = Assert.Single(stage.Log.Lines, line => line.Contains("Tokens are taken on UDP"));
        Assert.Contains($"UDP {stage.Gateway.EndPoints[0]} (scene yard", line);
        Assert.EndsWith($"asked 100000 bytes, granted {(OperatingSystem.IsLinux() ? 200_000 : 100_000)}", line);
    }

    [Fact(Timeout = 120_000)]
    public async Task It_listens_on_ipv6_too()
    {
        SkipWithoutIPv6();
        await using var stage = await GatewayStage.StartAsync(new IngressOptions { Address = "::1", Sockets = GatewayStage.AnyPort });
        var sender = stage.Sender();
        sender.Send(5, view: 0);
        sender.Send(5, view: 0, scene: "attic");

        await stage.TakenAsync();

        Assert.Equal("yard/5", Assert.Single(Assert.Single(stage.Lanes.Calls).Windows));
        Assert.Contains(stage.Log.Lines, line => line.Contains("from [::1]:") && line.Contains("UnknownScene"));
    }

    [Fact(Timeout = 120_000)]
    public async Task On_every_network_of_ipv6_it_listens_on_those_of_ipv4_too_and_answers_there()
    {
        SkipWithoutIPv6();
        await using var stage = await GatewayStage.StartAsync(new IngressOptions { Address = "::", Sockets = GatewayStage.AnyPort });
        var port = stage.Gateway.EndPoints[0].Port;
        using TokenSender four = new(new IPEndPoint(IPAddress.Loopback, port)), six = new(new IPEndPoint(IPAddress.IPv6Loopback, port));
        four.Send(5, view: 0);
        six.Send(5, view: 1);
        four.Send(5, view: 0, scene: "attic");
        six.Send([0xc1]);
        await Condition.HoldsAsync(() => stage.Counters.Rejected, rejected => rejected == 2, "all are looked at");

        Assert.Equal([0, 1], stage.Lanes.Calls.SelectMany(call => call.Tokens).Select(token => token.View).Order());
        Assert.Contains(stage.Log.Lines, line => line.Contains("from 127.0.0.1:") && line.Contains("UnknownScene"));
        Assert.Contains(stage.Log.Lines, line => line.Contains("from [::1]:") && line.Contains("NotMsgPack"));
        foreach (var (sender, view) in new[] { (four, 0), (six, 1) })
        {
            var answer = await Condition.HoldsAsync(sender.Received, received => received is not null, "a receipt");
            Assert.True(ReceiptCodec.TryParse(answer, out var receipt));
            Assert.Equal(view, receipt.View);
        }
    }

    // Of two addresses of this machine the route to the camera takes the other one.
    [Theory(Timeout = 120_000)]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public async Task Bound_to_every_address_it_answers_from_the_one_that_a_token_came_to(string bound)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells where a datagram came to.");
        if (bound == "::") SkipWithoutIPv6();
        await using var stage = await GatewayStage.StartAsync(new IngressOptions { Address = bound, Sockets = GatewayStage.AnyPort });
        var other = new IPEndPoint(IPAddress.Parse("127.0.0.2"), stage.Gateway.EndPoints[0].Port);
        using var sender = new TokenSender(other, from: IPAddress.Loopback);
        sender.Send(5, view: 0);
        var answer = await Condition.HoldsAsync(sender.Received, received => received is not null, "a receipt");
        Assert.True(ReceiptCodec.TryParse(answer, out var receipt));
        Assert.Equal(0, receipt.View);
    }

    private static async Task<string> FaultAsync(IngressOptions options) =>
        (await Assert.ThrowsAsync<IngressException>(() => GatewayStage.StartAsync(options))).Message;

    private static void SkipWithoutIPv6()
    {
        try
        {
            using var socket = new UdpClient(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        }
        catch (SocketException)
        {
            Assert.Skip("This machine has no IPv6.");
        }
    }

    private static int FreePort()
    {
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.Client.LocalEndPoint!).Port;
    }
}
