using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Jtfa.System.Tests;

/// <summary>A silo as a service of systemd (deploy/): what it tells the service manager, and how it logs to the journal.</summary>
public sealed class ServiceManagerTests : IDisposable
{
    private const string Listening = "Tokens are taken on UDP";

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task It_is_told_when_the_silo_is_up_and_when_it_stops()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "systemd is Linux'.");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(_workspace["notify"]));
        var port = FreePorts.Next();
        var start = ProgramRun.StartOf(_workspace, ["silo", "--port", $"{port}", "--head", _workspace.WriteHead()]);
        start.Environment["NOTIFY_SOCKET"] = _workspace["notify"];
        await using var silo = new ProgramRun(start);

        Assert.Equal("READY=1", await HearAsync(manager));

        // Whoever takes tokens has the port.
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        Assert.Throws<SocketException>(() => other.Bind(new IPEndPoint(IPAddress.Loopback, port)));
        await silo.Errors.MatchAsync(Listening);
        silo.Signal(PosixSignal.SIGTERM);
        Assert.Equal("STOPPING=1", await HearAsync(manager));
        Assert.Equal(0, await silo.ExitAsync());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_journal_gets_levels_and_no_times()
    {
        var python = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : null;
        Assert.SkipWhen(python is null, "python3 is missing: it stands in for the journal.");
        var silo = ProgramRun.StartOf(_workspace, ["silo", "--port", "0", "--head", _workspace.WriteHead()]);
        var script = Path.Combine(AppContext.BaseDirectory, "python", "journal.py");

        var end = await ProgramRun.ToEndAsync(
            new(python, [script, Listening, silo.FileName, .. silo.ArgumentList]) { WorkingDirectory = _workspace.Path });

        Assert.True(end is { ExitCode: 0, Errors: [] }, end.ToString());
        Assert.Contains(end.Output, line => line.StartsWith("<6>Jtfa.", StringComparison.Ordinal) && line.Contains(Listening));
        Assert.All(end.Output, line => Assert.Matches(@"^<\d>[A-Z]", line));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_terminal_below_a_service_is_no_journal()
    {
        var start = ProgramRun.StartOf(_workspace, ["silo", "--port", "0", "--head", _workspace.WriteHead()]);
        start.Environment["JOURNAL_STREAM"] = "8:12345";
        await using var silo = new ProgramRun(start);

        await silo.Errors.MatchAsync(@"^\d\d:\d\d:\d\d\.\d{3} info: .*" + Listening);
        silo.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await silo.ExitAsync());
    }

    private static async Task<string> HearAsync(Socket manager)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(ProgramRun.Deadline);
        var buffer = new byte[256];
        return Encoding.UTF8.GetString(buffer, 0, await manager.ReceiveAsync(buffer, limit.Token));
    }
}
