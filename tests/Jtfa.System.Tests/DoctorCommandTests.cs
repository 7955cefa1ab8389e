using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Jtfa.System.Tests;

/// <summary><c>jtfa doctor</c>: what it says of this build and this machine.</summary>
public sealed class DoctorCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task It_names_the_version_of_Orleans_and_all_else_that_it_checks()
    {
        WriteConfiguration(FreePorts.Next(), FreePorts.Next(), FreePorts.Next());
        var modelIsThere = File.Exists(Path.Combine(AppContext.BaseDirectory, "models", "backbone.onnx"));

        var end = await ProgramRun.JtfaToEndAsync(_workspace, "doctor");

        Assert.True(end.Errors.Length == 0 && end.ExitCode == (modelIsThere ? 0 : 1), end.ToString());
        string[] subjects =
            ["Orleans", "ONNX Runtime", "model", "kernels", "ffmpeg", "UDP buffer", "HTTP", "cluster", "silo", "ports", "machine"];
        Assert.Equal(subjects, end.Output.Select(line => line[4..17].Trim()));
        Assert.Matches(@"^10\.\d+\.\d+$", end.Output[0][18..]);
        Assert.Equal(modelIsThere ? "ok  " : "!   ", end.Output[2][..4]);
    }

    [Theory(Timeout = 120_000), InlineData("plain", "^ok  kernels +Plain: "), InlineData("mmx", "^!   kernels +JTFA_KERNELS=mmx: ")]
    public async Task It_computes_as_it_is_told_to(string kernels, string line)
    {
        WriteConfiguration(FreePorts.Next(), FreePorts.Next(), FreePorts.Next());
        var start = ProgramRun.StartOf(_workspace, ["doctor"]);
        start.Environment["JTFA_KERNELS"] = kernels;
        var end = await ProgramRun.ToEndAsync(start);
        Assert.Single(end.Output, said => Regex.IsMatch(said, line));
    }

    [Fact(Timeout = 120_000)]
    public async Task It_sees_the_silo_that_runs_and_who_else_has_a_port()
    {
        var (udp, http, silos) = (FreePorts.Next(), FreePorts.Next(), FreePorts.Next());
        WriteConfiguration(udp, http, silos);
        Assert.Matches($@"^ok  ports +UDP .*:{udp}, TCP .*:{http}, TCP .*:{silos} are free$", await LineAsync("ports"));
        Assert.Matches($"^ok  silo +none runs at http://127.0.0.1:{http}/", await LineAsync("silo"));

        await using (var silo = ProgramRun.Jtfa(_workspace, "silo", "--head", _workspace.WriteHead()))
        {
            await silo.Errors.MatchAsync("HTTP on");
            Assert.Matches($"^ok  silo +answers at http://127.0.0.1:{http}/: Healthy$", await LineAsync("silo"));
            Assert.Matches(
                $@"^ok  ports +UDP .*:{udp}, TCP .*:{http}, TCP .*:{silos} are that silo's, dotnet \S+\.dll silo \(process {silo.Id}\)$",
                await LineAsync("ports"));
            silo.Signal(PosixSignal.SIGTERM);
            Assert.Equal(0, await silo.ExitAsync());
        }

        // Somebody else, who has the page's port and one for tokens; in JSON as well.
        using var other = new TcpListener(IPAddress.Loopback, http);
        other.Start();
        using var tokens = new UdpClient(new IPEndPoint(IPAddress.Loopback, udp));
        var end = await ProgramRun.JtfaToEndAsync(_workspace, "doctor", "--json");
        Assert.Equal(1, end.ExitCode);
        var found = JsonDocument.Parse(Assert.Single(end.Output)).RootElement;
        Assert.False(found.GetProperty("ok").GetBoolean());
        Assert.False(found.GetProperty("silo").GetProperty("answers").GetBoolean());
        var ports = found.GetProperty("ports").EnumerateArray().ToList();
        Assert.Equal([false, false, true], ports.Select(port => port.GetProperty("isFree").GetBoolean()));
        Assert.All(ports[..2], port => Assert.Equal(Environment.ProcessId, port.GetProperty("holder").GetProperty("id").GetInt32()));
        var said = found.GetProperty("checks").EnumerateArray().Single(check => check.GetProperty("subject").GetString() == "ports");
        Assert.Contains("stop it, or choose another (--port)", said.GetProperty("finding").GetString());
        Assert.Contains("stop it, or choose another (--http)", said.GetProperty("finding").GetString());
    }

    private async Task<string> LineAsync(string subject)
    {
        var end = await ProgramRun.JtfaToEndAsync(_workspace, "doctor");
        return Assert.Single(end.Output, line => line[4..].StartsWith($"{subject} ", StringComparison.Ordinal));
    }

    private void WriteConfiguration(int udp, int http, int silos) => _workspace.Write("appsettings.json", $$"""
        { "Jtfa": {
          "Ingress": { "Sockets": [ { "Port": {{udp}} } ] }, "Http": { "Port": {{http}} }, "Cluster": { "SiloPort": {{silos}} } } }
        """);

    [Fact(Timeout = 120_000)]
    public async Task It_says_how_to_get_an_ffmpeg_that_is_missing()
    {
        var start = ProgramRun.StartOf(_workspace, ["doctor"]);
        start.Environment["PATH"] = _workspace["empty"];

        var end = await ProgramRun.ToEndAsync(start);

        Assert.Contains(end.Output, line => line.Contains("ffmpeg        not installed") && line.Contains("apt-get install ffmpeg"));
        Assert.Empty(end.Errors);
    }

    [Fact(Timeout = 120_000)]
    public async Task It_says_that_an_ffmpeg_is_too_old()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The stand-in is a shell script.");
        var program = _workspace.Write("ffmpeg", "#!/bin/sh\necho 'ffmpeg version 3.4.8-0ubuntu0.2 Copyright'\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var start = ProgramRun.StartOf(_workspace, ["doctor"]);
        start.Environment["PATH"] = $"{_workspace.Path}:{Environment.GetEnvironmentVariable("PATH")}";

        var end = await ProgramRun.ToEndAsync(start);

        Assert.Contains(end.Output, line => line.StartsWith("!   ffmpeg") && line.Contains("3.4.8") && line.Contains("4.0 or later"));
        Assert.Equal(1, end.ExitCode);
    }
}
