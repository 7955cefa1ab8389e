using System.CommandLine;
using System.CommandLine.Help;
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
            VectorCameraCommand.Create(),
            DecisionsCommand.Create(),
            SceneCommand.Create(),
            CamerasCommand.Create(),
            StatusCommand.Create(),
            BenchCommand.Create(),
            RecordCommand.Create(),
            ReplayTraceCommand.Create(),
            RelayCommand.Create(),
            ExperimentCommand.Create(),
            DoctorCommand.Create(),
        };
        root.Add(Faults.Verbose);
        var parsed = root.Parse(args.Length > 0 ? args : ["--help"]);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction) return await TellAsync(ParseFaults.Explain(parsed));
        var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = s_stopTimeout };
        try
        {
            return await parsed.InvokeAsync(invocation);
        }
        catch (Exception exception)
        {
            if (parsed.GetValue(Faults.Verbose)) await Console.Error.WriteLineAsync(exception.ToString());
            return await TellAsync(Faults.Explain(exception));
        }
    }

    private static async Task<int> TellAsync(Faults faults)
    {
        foreach (var line in faults.Lines) await Console.Error.WriteLineAsync($"jtfa: {line}");
        return faults.ExitCode;
    }
}
