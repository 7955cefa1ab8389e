using System.Net;
using Jtfa.Testbed.Sockets;

namespace Jtfa.Testbed.Tests;

/// <summary>Receive times and waits.</summary>
public sealed class TimedSocketTests
{
    private const long Ms = 1_000_000;

    // The kernel begins to note times a moment after the first socket of the machine has asked for them.
    [Fact(Timeout = 60_000)]
    public async Task The_time_is_the_kernels_and_not_the_readers()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells when its kernel took a datagram.");
        using var socket = new TimedSocket(new IPEndPoint(IPAddress.Loopback, 0));
        using var sender = new UdpEnd();
        var wait = new SocketWait([]);
        long sent;
        do
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            var before = TestbedClock.Wall;
            sender.Send(socket.LocalEndPoint, 1, 2, 3);
            sent = TestbedClock.Wall;
            var due = TestbedClock.Elapsed + (5 * Ms);
            while (TestbedClock.Elapsed < due) wait.Until(due);
            Assert.True(socket.TryReceive() && socket.Datagram.SequenceEqual((byte[])[1, 2, 3]));
            Assert.Equal(sender.EndPoint, socket.Source);
            Assert.True(socket.ReceivedAt >= before - Ms, "The kernel's clock is another.");
            await Task.Yield();
        }
        while (socket.ReceivedAt > sent);
    }

    [Fact]
    public void A_wait_ends_with_a_datagram_or_in_time_and_never_early()
    {
        using var socket = new TimedSocket(new IPEndPoint(IPAddress.Loopback, 0));
        using var sender = new UdpEnd();
        var wait = new SocketWait([socket]);
        var due = TestbedClock.Elapsed + (20 * Ms);
        wait.Until(due);
        Assert.InRange(TestbedClock.Elapsed, due - SocketWait.Margin, long.MaxValue);
        wait.Until(due);
        Assert.InRange(TestbedClock.Elapsed, due, long.MaxValue);

        sender.Send(socket.LocalEndPoint, 1);
        wait.Until(long.MaxValue / 2);
        Assert.True(socket.TryReceive());
        Assert.False(socket.TryReceive());
    }

    [Theory]
    [InlineData("5005", "127.0.0.1:5005")]
    [InlineData("0", "127.0.0.1:0")]
    [InlineData("0.0.0.0:65535", "0.0.0.0:65535")]
    public void Where_to_listen_is_read(string text, string expected) => Assert.Equal(expected, HostPort.Listen(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("65536")]
    [InlineData("-1")]
    [InlineData("here:5005")]
    [InlineData("[::]:5005")]
    [InlineData("127.0.0.1:")]
    public void Where_one_cannot_listen_is_named(string text) =>
        Assert.Contains($"'{text}': allowed is a port", Assert.Throws<ArgumentException>(() => HostPort.Listen(text)).Message);

    [Theory]
    [InlineData("127.0.0.1:5005", "127.0.0.1:5005")]
    [InlineData("localhost:1", "127.0.0.1:1")]
    public async Task A_destination_is_found(string text, string expected) =>
        Assert.Equal(expected, (await HostPort.FindAsync(text, TestContext.Current.CancellationToken)).ToString());

    [Theory]
    [InlineData("5005")]
    [InlineData(":5005")]
    [InlineData("host:0")]
    [InlineData("host:x")]
    public async Task A_wrong_destination_is_named(string text)
    {
        var fault = await Assert.ThrowsAsync<ArgumentException>(() => HostPort.FindAsync(text, TestContext.Current.CancellationToken));
        Assert.Contains($"'{text}': allowed is host:port", fault.Message);
    }
}
