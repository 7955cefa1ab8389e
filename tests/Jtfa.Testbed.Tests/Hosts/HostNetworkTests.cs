using System.Net;
using System.Net.Sockets;
using Jtfa.Testbed.Hosts;

namespace Jtfa.Testbed.Tests.Hosts;

public sealed class HostNetworkTests
{
    private static readonly string s_probe = $"probe-{Environment.ProcessId}";

    private readonly CancellationToken _test = TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Hosts_reach_each_other_and_nobody_else_reaches_them()
    {
        await SkipUnlessAllowedAsync();
        await using var network = await HostNetwork.CreateAsync(2, _test);
        using var fusion = await network.Fusion.MakeAsync(() => new UdpClient(new IPEndPoint(network.Fusion.Address, 0)));
        var to = (IPEndPoint)fusion.Client.LocalEndPoint!;
        foreach (var (host, i) in ((TestHost[])[network.Air, .. network.Views]).Select((host, i) => (host, i)))
        {
            using var sender = await host.MakeAsync(() => new UdpClient(AddressFamily.InterNetwork));
            await sender.SendAsync(new byte[] { (byte)i }, to, _test);
            var came = await fusion.ReceiveAsync(_test);
            Assert.Equal([(byte)i], came.Buffer);
            Assert.Equal(host.Address, came.RemoteEndPoint.Address);
        }

        // This machine has another network, with no such address.
        Assert.Throws<SocketException>(() => new UdpClient(to));
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_goes_on_behind_something_made_on_a_host_is_where_he_was()
    {
        await SkipUnlessAllowedAsync();
        await using var network = await HostNetwork.CreateAsync(1, _test);
        var own = new FileInfo("/proc/self/ns/net").LinkTarget;
        for (var i = 0; i < 20; i++)
        {
            using var socket = await network.Air.MakeAsync(() =>
            {
                Assert.NotEqual(own, new FileInfo("/proc/thread-self/ns/net").LinkTarget);
                return new UdpClient(AddressFamily.InterNetwork);
            });
            Assert.Equal(own, new FileInfo("/proc/thread-self/ns/net").LinkTarget);
            await Assert.ThrowsAsync<TimeoutException>(() => network.Air.MakeAsync<int>(() => throw new TimeoutException()));
        }

        // A thread has its starter's: none may have been started over there, the pool's least of all.
        var threads = Directory.EnumerateDirectories("/proc/self/task")
            .Select(thread => new FileInfo(Path.Combine(thread, "ns", "net")).LinkTarget);
        Assert.All(threads.Where(there => there is not null), there => Assert.Equal(own, there));
    }

    [Fact(Timeout = 60_000)]
    public async Task Nothing_is_left_behind()
    {
        await SkipUnlessAllowedAsync();
        var network = await HostNetwork.CreateAsync(3, _test);
        var names = ((TestHost[])[network.Air, network.Fusion, .. network.Views]).Select(host => $"/run/netns/{host.Namespace!.Name}")
            .ToList();
        Assert.Equal(5, names.Count);
        Assert.All(names, name => Assert.True(File.Exists(name), name));
        await network.DisposeAsync();

        Assert.All(names, name => Assert.False(File.Exists(name), name));
        var gone = await Assert.ThrowsAsync<TestbedException>(() => network.Fusion.MakeAsync(() => 0));
        Assert.Contains("is gone", gone.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_program_on_a_host_has_that_hosts_network_and_ends_with_its_owner()
    {
        await SkipUnlessAllowedAsync();
        await using var network = await HostNetwork.CreateAsync(1, _test);
        int id;
        await using (
            var process = await HostProcess.StartAsync(
                network.Views[0], "a shell", Path.GetTempPath(), ["sh", "-c", "ip -4 -o address; echo ready; exec sleep 300"]))
        {
            await process.SaysAsync(new("ready"), _test);
            Assert.Contains(process.Lines, line => line.Contains($"inet {network.Views[0].Address}/24", StringComparison.Ordinal));
            Assert.NotNull(process.CpuSeconds);
            process.MustRun();
            id = process.Id;
        }

        Assert.False(File.Exists($"/proc/{id}/stat"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_program_that_ends_too_early_is_told_with_what_it_said()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Uses a POSIX shell.");
        await using var process = await HostProcess.StartAsync(
            HostNetwork.Loopback(1).Fusion, "the shell", Path.GetTempPath(), ["sh", "-c", "echo port in use >&2; exit 3"]);

        var fault = await Assert.ThrowsAsync<TestbedException>(() => process.SaysAsync(new("ready"), _test));
        Assert.Equal("the shell ended before its time: port in use", fault.Message);
        await Assert.ThrowsAsync<TestbedException>(() => process.EndsAsync(_test));
    }

    // Containers may forbid them even to root.
    private async Task SkipUnlessAllowedAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Network namespaces take Linux and root.");
        try
        {
            await IpCommand.RunAsync(["netns", "add", s_probe], _test);
            await IpCommand.RunAsync(["netns", "del", s_probe], _test);
        }
        catch (TestbedException exception)
        {
            Assert.Skip(exception.Message);
        }
    }
}
