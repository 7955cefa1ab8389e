using System.CommandLine;
using System.CommandLine.Help;
using Jtfa.Cli.Commands;

namespace Jtfa.Cli;

/// <summary>The <c>jtfa</c> program: one command a file, in <c>Commands/</c>.</summary>
public static class Program
{
    /// <summary>Runs a command.</summary>
    /// <returns>0 done; 1 a fault; 2 a wrong argument or configuration value, or a silo that cannot start.</returns>
    public static async Task<int> Main(string[] args)
    {
        using var signals = new StopSignals();
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
        var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        try
        {
            return await signals.WaitAsync(Task.Run(() => parsed.InvokeAsync(invocation, signals.Asked)));
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
