using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Jtfa.Testbed.Hosts;

/// <summary>
/// The testbed's hosts and what joins them. Either network namespaces, each with one end of a veth pair whose other end is a port of a
/// bridge (in the namespace <c>air</c>, where the relay listens), so that a camera's datagrams cross two kernels' worth of network as
/// between machines; or all hosts are this one, on the loopback. Whatever a killed run left is removed first, by names that only we give.
/// </summary>
public sealed partial class HostNetwork : IAsyncDisposable
{
    private const string Bridge = "bridge";
    private const string HostDevice = "eth0";
    private const string Subnet = "10.77.0.";
    private const int AirNumber = 1;
    private const int FusionNumber = 2;
    private const int FirstViewNumber = 10;

    private readonly List<NetworkNamespace> _made = [];
    private readonly string _prefix = $"jtfa-{Environment.ProcessId}-";

    private HostNetwork(TestHost air, TestHost fusion, IReadOnlyList<TestHost> views) => (Air, Fusion, Views) = (air, fusion, views);

    /// <summary>Where the relay is.</summary>
    public TestHost Air { get; private set; }

    /// <summary>The fusion node's host.</summary>
    public TestHost Fusion { get; private set; }

    /// <summary>The cameras' hosts, by view.</summary>
    public IReadOnlyList<TestHost> Views { get; private set; }

    /// <summary>Whether the hosts are namespaces.</summary>
    public bool IsApart => Fusion.Namespace is not null;

    /// <summary>All hosts are this machine, which needs no rights and leaves nothing behind.</summary>
    public static HostNetwork Loopback(int views) =>
        new(TestHost.Here("air"), TestHost.Here("fusion"), [.. Enumerable.Range(0, views).Select(view => TestHost.Here($"view{view}"))]);

    /// <summary>Throws where namespaces cannot be made.</summary>
    /// <exception cref="TestbedException">Not Linux, or not root.</exception>
    public static void CheckRights()
    {
        if (!OperatingSystem.IsLinux())
            throw new TestbedException("Hosts of their own are network namespaces, which only Linux has: use --no-netns");
        if (!Environment.IsPrivilegedProcess)
            throw new TestbedException(
                "Hosts of their own are network namespaces, and making them takes root: run it as root, or use --no-netns");
    }

    /// <summary>Makes a namespace for each host.</summary>
    /// <exception cref="TestbedException">Not Linux, not root, no <c>ip</c>; the message says which. Nothing is left behind.</exception>
    public static async Task<HostNetwork> CreateAsync(int views, CancellationToken cancellationToken)
    {
        CheckRights();
        await RemoveLeftAsync(cancellationToken);
        var network = Loopback(views);
        try
        {
            await network.BuildAsync(views, cancellationToken);
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Cuts a host off from all others, or joins it to them again.</summary>
    /// <exception cref="TestbedException">It is no host of this network.</exception>
    public Task ConnectAsync(TestHost host, bool isConnected, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        return IpCommand.BatchAsync(
            Air.Namespace!.Name, [$"link set {PortOf(host)} {(isConnected ? "up" : "down")}"], cancellationToken);
    }

    /// <summary>Gives a host's link a rate, both ways; what waits for more than 0.4 s is dropped.</summary>
    /// <exception cref="TestbedException">It has one already, or the kernel has no token bucket (sch_tbf).</exception>
    public async Task SlowAsync(TestHost host, int kilobitsPerSecond, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        var rate = string.Create(CultureInfo.InvariantCulture, $"root tbf rate {kilobitsPerSecond}kbit burst 16kb latency 400ms");
        await IpCommand.TrafficAsync(Air.Namespace!.Name, $"qdisc add dev {PortOf(host)} {rate}", cancellationToken);
        await IpCommand.TrafficAsync(host.Namespace!.Name, $"qdisc add dev {HostDevice} {rate}", cancellationToken);
    }

    /// <summary>Takes the rate away again.</summary>
    /// <exception cref="TestbedException">It has none.</exception>
    public async Task HastenAsync(TestHost host, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        await IpCommand.TrafficAsync(Air.Namespace!.Name, $"qdisc del dev {PortOf(host)} root", cancellationToken);
        await IpCommand.TrafficAsync(host.Namespace!.Name, $"qdisc del dev {HostDevice} root", cancellationToken);
    }

    /// <summary>Removes the namespaces; the processes in them must have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        // The name goes at once; the namespace itself stays until the last socket in it is closed.
        foreach (var made in _made) await IpCommand.RunAsync(["netns", "del", made.Name], CancellationToken.None);
        _made.Clear();
    }

    /// <summary>
    /// Removes the namespaces of runs that were killed, and ends the processes in them by their ids. These are the namespaces that have our
    /// names and whose run is not there any more.
    /// </summary>
    internal static async Task RemoveLeftAsync(CancellationToken cancellationToken)
    {
        var list = await IpCommand.RunAsync(["netns", "list"], cancellationToken);
        foreach (var name in list.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0]))
        {
            if (OurName().Match(name) is not { Success: true } ours || IsRunning(ours.Groups[1].Value)) continue;
            foreach (
                var id in (await IpCommand.RunAsync(["netns", "pids", name], cancellationToken))
                    .Split('\n', StringSplitOptions.RemoveEmptyEntries))
                ProcessSignal.Kill(int.Parse(id, CultureInfo.InvariantCulture));
            await IpCommand.RunAsync(["netns", "del", name], cancellationToken);
        }
    }

    // The bridge's end of a host's link.
    private static string Port(int number) => string.Create(CultureInfo.InvariantCulture, $"port{number}");

    private static string PortOf(TestHost host) => Port(host.Address.GetAddressBytes()[3]);

    // The system may give a process id again, but hardly to another jtfa.
    private static bool IsRunning(string id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline").Contains("jtfa", StringComparison.OrdinalIgnoreCase);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private async Task BuildAsync(int views, CancellationToken cancellationToken)
    {
        var air = await AddNamespaceAsync("air", cancellationToken);
        await IpCommand.BatchAsync(
            air.Name,
            [$"link add {Bridge} type bridge forward_delay 0", $"address add {Subnet}{AirNumber}/24 dev {Bridge}", $"link set {Bridge} up",
                "link set lo up"],
            cancellationToken);
        Air = new TestHost("air", IPAddress.Parse($"{Subnet}{AirNumber}"), air);
        Fusion = await AddHostAsync(air, "fusion", FusionNumber, cancellationToken);
        var hosts = new List<TestHost>();
        for (var view = 0; view < views; view++)
            hosts.Add(await AddHostAsync(air, $"view{view}", FirstViewNumber + view, cancellationToken));
        Views = hosts;
    }

    private async Task<TestHost> AddHostAsync(NetworkNamespace air, string name, int number, CancellationToken cancellationToken)
    {
        var own = await AddNamespaceAsync(name, cancellationToken);
        await IpCommand.BatchAsync(
            air.Name,
            [$"link add {Port(number)} type veth peer name {HostDevice} netns {own.Name}", $"link set {Port(number)} master {Bridge}",
                $"link set {Port(number)} up"],
            cancellationToken);
        await IpCommand.BatchAsync(
            own.Name, [$"address add {Subnet}{number}/24 dev {HostDevice}", $"link set {HostDevice} up", "link set lo up"],
            cancellationToken);
        return new TestHost(name, IPAddress.Parse($"{Subnet}{number}"), own);
    }

    private async Task<NetworkNamespace> AddNamespaceAsync(string name, CancellationToken cancellationToken)
    {
        var made = new NetworkNamespace(_prefix + name);
        await IpCommand.RunAsync(["netns", "add", made.Name], cancellationToken);
        _made.Add(made);
        return made;
    }

    [GeneratedRegex("^jtfa-([0-9]+)-(air|fusion|view[0-9]+)$")]
    private static partial Regex OurName();
}
