using System.Globalization;
using System.Runtime.InteropServices;
using Jtfa.Core;

namespace Jtfa.Testing.Processes;

/// <summary>A <c>jtfa silo</c> of its own process that takes tokens on a free port of the loopback interface.</summary>
internal sealed class RunningSilo : IAsyncDisposable
{
    private static readonly string[] s_anyPort = ["--port", "0"];

    private RunningSilo(ProgramRun program, int port) => (Program, Port, Socket) = (program, port, new TokenSocket(port));

    public ProgramRun Program { get; }

    public int Port { get; }

    public TokenSocket Socket { get; }

    /// <summary>
    /// Starts a silo on the workspace's database, on any free port unless an option names one, and waits until it listens.
    /// </summary>
    public static Task<RunningSilo> StartAsync(Workspace workspace, params IEnumerable<string> options) =>
        StartAsync(workspace, new Dictionary<string, string>(), options);

    /// <summary>The same with environment variables of its own.</summary>
    public static async Task<RunningSilo> StartAsync(
        Workspace workspace, IReadOnlyDictionary<string, string> environment, IEnumerable<string> options)
    {
        var port = options.Contains("--port") ? [] : s_anyPort;
        var start = ProgramRun.StartOf(
            workspace,
            ["silo", .. port, .. options.Contains(
                "--http") ? Ports()[..2] : Ports(), "--head", workspace.WriteHead(), "--db", workspace.Database, .. options]);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var program = new ProgramRun(start);
        try
        {
            var listening = await program.Errors.MatchAsync(
                @"Tokens are taken on UDP 127\.0\.0\.1:(\d+)");
            return new RunningSilo(program, int.Parse(listening.Groups[1].Value, CultureInfo.InvariantCulture));
        }
        catch
        {
            await program.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where it serves HTTP, as its log says.</summary>
    public async Task<string> HttpAsync() => (await Program.Errors.MatchAsync(@"HTTP on (http://[^ ,]+),")).Groups[1].Value;

    /// <summary>Options of a silo whose windows are those of the packets' <c>did</c>, K = 3 of N = 4.</summary>
    public static string[] BySequence(double timeoutMs) =>
        ["--keying", nameof(WindowKeying.Sequence), "--k", "3", "--n", "4", "--timeout", timeoutMs.ToString(CultureInfo.InvariantCulture)];

    /// <summary>Options of a silo beside others of this machine: TCP ports of its own.</summary>
    public static string[] Ports() => ["--silo-port", $"{FreePorts.Next()}", "--http", "127.0.0.1:0"];

    /// <summary>Stops it as a service manager does and sees that it ends well.</summary>
    public async Task StopAsync(PosixSignal signal = PosixSignal.SIGTERM)
    {
        Program.Signal(signal);
        Assert.Equal(0, await Program.ExitAsync(TimeSpan.FromSeconds(10)));
    }

    public async ValueTask DisposeAsync()
    {
        Socket.Dispose();
        await Program.DisposeAsync();
    }
}
