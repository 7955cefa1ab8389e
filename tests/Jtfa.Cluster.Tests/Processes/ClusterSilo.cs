using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Jtfa.Testbed.Hosts;

namespace Jtfa.Cluster.Tests.Processes;

/// <summary>One silo of a cluster, as a process that can be killed, stopped and started again.</summary>
internal sealed class ClusterSilo(
    string name, string role, Workspace workspace, string[] arguments, string connection, TestHost? host = null, string? disk = null)
    : IAsyncDisposable
{
    // What a silo says once it is up.
    private const string Up = "Silo is up";

    private ProgramRun? _program;

    public string Name => name;

    public string Role => role;

    /// <summary>Where the other silos reach it.</summary>
    public required int SiloPort { get; init; }

    /// <summary>The host that it is on; null: this one.</summary>
    public TestHost? Host => host;

    /// <summary>Where its host's loopback has its HTTP API.</summary>
    public required int HttpPort { get; init; }

    /// <summary>Where clients reach it.</summary>
    public required int ClientPort { get; init; }

    /// <summary>Where it takes tokens, if it is a fusion silo.</summary>
    public required int UdpPort { get; init; }

    /// <summary>The running process, or the one that ran last.</summary>
    public ProgramRun Program => _program ?? throw new InvalidOperationException($"{name} was not started.");

    /// <summary>Memory that the process holds, megabytes.</summary>
    public double ResidentMegabytes
    {
        get
        {
            var line = File.ReadLines($"/proc/{Program.Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
            return long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024.0;
        }
    }

    /// <summary>Starts it, for the first time or again, and waits until it is up.</summary>
    public async Task StartAsync()
    {
        Launch();
        try
        {
            await Program.Errors.MatchAsync(Up);
        }
        catch (TimeoutException)
        {
            Keep(Program);
            throw;
        }
    }

    /// <summary>Starts it and waits for nothing.</summary>
    public void Launch()
    {
        var start = StartOf(workspace, connection, arguments);
        if (host?.Namespace is { } network) start.Precede(network.Prefix());
        if (disk is not null)
            start.Precede("unshare", "--mount", "sh", "-c", "mount -t tmpfs -o size=16m none \"$0\" && exec \"$@\"", disk);

        // As the units in deploy/ do: by default the collector takes its first generation as large as this machine's cache.
        start.Environment["DOTNET_GCgen0size"] = "0x1000000";
        _program = new ProgramRun(start);
    }

    /// <summary>Fills the silo's own disk to the last byte, which only its process sees.</summary>
    /// <returns>The file that does, to be deleted.</returns>
    public string FillDisk()
    {
        var ballast = $"/proc/{Program.Id}/root{disk}/ballast";
        Ballast.Fill(ballast);
        return ballast;
    }

    /// <summary>
    /// How a silo is started on a database: the environment has the connection string, so that no list of processes shows it.
    /// </summary>
    public static ProcessStartInfo StartOf(Workspace workspace, string connection, IEnumerable<string> arguments)
    {
        var start = ProgramRun.StartOf(workspace, ["silo", "--cluster", "postgres", .. arguments]);
        start.Environment["Jtfa__Cluster__ConnectionString"] = connection;
        return start;
    }

    /// <summary>Options of a silo that takes TCP ports of its own on the loopback.</summary>
    public static string[] AtFreePorts() =>
    [
        "--address", "127.0.0.1", "--silo-port", $"{FreePorts.Next()}", "--client-port", $"{FreePorts.Next()}", "--http", "127.0.0.1:0",
    ];

    /// <summary>Ends it as a power cut would.</summary>
    public async Task KillAsync()
    {
        if (Program.HasExited)
            Assert.Fail($"The silo {Name} has ended by itself, with the code {await Program.ExitAsync()}:\n{Program.Errors.Text}");
        Program.Kill();
        await Program.ExitAsync();
        Keep(Program);
    }

    /// <summary>Stops it as a service manager does.</summary>
    public async Task StopAsync()
    {
        Program.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await Program.ExitAsync());
        Keep(Program);
    }

    public async ValueTask DisposeAsync()
    {
        if (_program is null) return;
        if (!_program.HasExited) Keep(_program);
        await _program.DisposeAsync();
    }

    // What each silo has said, for who looks into a failed run.
    private void Keep(ProgramRun program)
    {
        var folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "logs"));
        File.AppendAllText(Path.Combine(folder.FullName, $"{name}.log"), $"{program.Errors.Text}\n---- end of this process\n");
    }
}
