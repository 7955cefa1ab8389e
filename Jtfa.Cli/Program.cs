using System.CommandLine;
using Jtfa.Cli.Commands;

namespace Jtfa.Cli;

/// <summary>The <c>jtfa</c> program: one command a file, in <c>Commands/</c>.</summary>
public static class Program
{
    /// <summary>Long enough for open windows to fire and the log to be flushed after Ctrl-C.</summary>
    private static readonly TimeSpan s_stopTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Runs a command.</summary>
    /// <returns>0 done; 1 a fault; 2 a wrong argument or configuration value.</returns>
    public static async Task<int> Main(string[] args)
    {
        var root = new RootCommand(
            "JTFA: several cheap cameras decide together, now, over a bad network. " +
            "Each camera view sends a 16-number token by UDP; a fusion node decides as soon as K of N are in.")
        {
            DemoCommand.Create(),
            SiloCommand.Create(),
            CameraCommand.Create(),
            DecisionsCommand.Create(),
            BenchCommand.Create(),
            DoctorCommand.Create(),
        };
        root.Add(Faults.Verbose);
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0 && parsed.Action is System.CommandLine.Help.HelpAction or null) return await parsed.InvokeAsync();
        var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = s_stopTimeout };
        try
        {
            var code = await parsed.InvokeAsync(invocation);
            return parsed.Errors.Count > 0 ? Faults.UsageExitCode : code;
        }
        catch (Exception exception) when (!parsed.GetValue(Faults.Verbose) && Faults.Explain(exception) is { } fault)
        {
            foreach (var line in fault.Lines) await Console.Error.WriteLineAsync($"jtfa: {line}");
            return fault.ExitCode;
        }
    }
}
