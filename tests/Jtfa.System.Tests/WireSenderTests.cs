using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Jtfa.Core;
using Jtfa.System.Tests.Stage;

namespace Jtfa.System.Tests;

/// <summary>The senders of docs/wire.md, as they stand there.</summary>
public sealed class WireSenderTests : IDisposable
{
    private const int Class = 8; // of the ten that a head knows here, where sin(i) is largest

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task The_one_in_Python_is_decided_for()
    {
        await SkipWithoutAsync("python3", "--version");
        _workspace.Write("sender.py", Code("python"));
        await using var silo = await RunningSilo.StartAsync(_workspace, "--k", "3", "--n", "3", "--window", "100", "--timeout", "3000");
        var senders = Enumerable.Range(0, 3).Select(view => new ProgramRun(
            new ProcessStartInfo("python3", [_workspace["sender.py"], "127.0.0.1", $"{silo.Port}", $"{view}"]))).ToArray();
        try
        {
            await DecisionRows.ReachAsync(_workspace, 10, "cause = 'K'");
        }
        finally
        {
            foreach (var sender in senders) await sender.DisposeAsync();
        }

        await silo.StopAsync();
        Assert.Contains(", 0 rejected", silo.Program.Errors.Lines[^1]);
        Assert.All(senders, sender => Assert.Empty(sender.Errors.Lines));
        var decisions = (await LoggedDecision.AllAsync(_workspace)).Where(decision => decision.Cause == "K");
        Assert.All(decisions, decision => Assert.Equal((3, Class), (decision.M, decision.Pred)));
    }

    [Fact(Timeout = 120_000)]
    public async Task The_one_for_Arduino_compiles_and_its_tokens_are_read()
    {
        await SkipWithoutAsync("g++", "--version");
        _workspace.Write("sender.ino", Code("cpp"));
        var board = Path.Combine(AppContext.BaseDirectory, "arduino");
        string[] options = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-I", board, "-I", _workspace.Path, "-o", _workspace["sender"]];
        var built = await ProgramRun.ToEndAsync(new ProcessStartInfo("g++", [.. options, Path.Combine(board, "main.cpp")]));
        Assert.True(built.ExitCode == 0, built.ToString());

        using var gateway = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var start = new ProcessStartInfo(_workspace["sender"]);
        start.Environment["JTFA_PORT"] = $"{((IPEndPoint)gateway.Client.LocalEndPoint!).Port}";
        var before = TokenSocket.Now;
        Assert.Equal(0, (await ProgramRun.ToEndAsync(start)).ExitCode);
        for (var i = 0; i < 3; i++)
        {
            var datagram = (await gateway.ReceiveAsync(TestContext.Current.CancellationToken)).Buffer;
            Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, out var packet));
            Assert.Equal((0, TokenEncoding.Plain, -1), (packet.View, packet.Encoding, packet.Label));
            Assert.InRange(packet.Timestamp, before, TokenSocket.Now);
            before = packet.Timestamp;
            var z = new float[16];
            TokenCodec.Decode(packet.Values, packet.Encoding, packet.Seed, packet.Scale, z);
            Assert.All(z.Select((value, index) => value - Math.Sin(index)), error => Assert.InRange(error, -0.005, 0.005));
        }
    }

    // The document's code in a language: there is one piece of each.
    private static string Code(string language)
    {
        var document = File.ReadAllText(Path.Combine(Repository.Folder, "docs", "wire.md"));
        var pieces = Regex.Matches(document, $"^```{language}\n(?<code>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline);
        return Assert.Single(pieces).Groups["code"].Value;
    }

    private static async Task SkipWithoutAsync(string program, string argument)
    {
        var found = false;
        try
        {
            found = (await ProgramRun.ToEndAsync(new ProcessStartInfo(program, [argument]))).ExitCode == 0;
        }
        catch (Win32Exception)
        {
            // It is not there.
        }

        Assert.SkipUnless(found, $"Needs {program} (apt-get install {program}).");
    }
}
