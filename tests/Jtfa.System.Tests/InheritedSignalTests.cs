using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Jtfa.System.Tests;

/// <summary>
/// Programs that were started with SIGINT ignored, as a script's shell starts what stands before an <c>&amp;</c>. They end by it all the
/// same.
/// </summary>
public sealed class InheritedSignalTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    /// <summary>A command line, and what of its output says that it runs.</summary>
    [Theory(Timeout = 120_000)]
    [InlineData("silo --head head.npz --port 0", "Silo is up")]
    [InlineData("demo", "^live page")]
    [InlineData("camera --source random --to 127.0.0.1:{0}", "cannot be sent")]
    [InlineData("relay --profile wired --link 0=127.0.0.1:5005", "^Link 0")]
    [InlineData("record a.pcap --listen 0", "^Recording")]
    public async Task They_end_by_it_in_order(string commandLine, string running)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are POSIX.");
        _workspace.WriteHead();
        var arguments = commandLine.Replace("{0}", $"{FreePorts.Next()}").Split(' ').ToList();
        if (arguments[0] == "silo") arguments.AddRange(RunningSilo.Ports());
        await using var program = new ProgramRun(Ignoring(ProgramRun.StartOf(_workspace, arguments)));
        await (running.StartsWith("^live", StringComparison.Ordinal) ? program.Output : program.Errors).MatchAsync(running);
        Assert.False(IsIgnored(program.Id));

        program.Signal(PosixSignal.SIGINT);

        Assert.Equal(0, await program.ExitAsync(TimeSpan.FromSeconds(30)));
        Assert.All(["warn: Microsoft", "fail:", "crit:"], level => Assert.DoesNotContain(level, program.Errors.Text));
    }

    // An ignored signal stays ignored across exec.
    private static ProcessStartInfo Ignoring(ProcessStartInfo start) =>
        new("sh", ["-c", "trap '' INT; exec \"$@\"", "sh", start.FileName, .. start.ArgumentList])
        {
            WorkingDirectory = start.WorkingDirectory,
        };

    private static bool IsIgnored(int process)
    {
        const string mask = "SigIgn:\t";
        var status = $"/proc/{process}/status";
        if (!File.Exists(status)) return false; // not Linux
        var ignored = File.ReadLines(status).Single(line => line.StartsWith(mask, StringComparison.Ordinal))[mask.Length..];
        return (Convert.ToUInt64(ignored, 16) & 2) != 0;
    }
}
