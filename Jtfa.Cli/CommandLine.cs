using System.CommandLine;
using System.CommandLine.Help;
using Jtfa.Cli.Commands;
using Jtfa.Interfaces;

namespace Jtfa.Cli;

/// <summary>The <c>jtfa</c> command line: one command a file, in <c>Commands/</c>.</summary>
internal static class CommandLine
{
    /// <summary>Runs a command.</summary>
    /// <param name="args">The command and its arguments.</param>
    /// <param name="others">The laboratory's commands, shown before the last of the product's.</param>
    /// <param name="isFault">Whether an exception's message is for the user as it is; null where only the product's own are.</param>
    /// <returns>0 done; 1 a fault; 2 a wrong argument or configuration value, or a silo that cannot start.</returns>
    public static async Task<int> RunAsync(string[] args, IEnumerable<Command> others, Predicate<Exception>? isFault = null)
    {
        using var signals = new StopSignals();

        // Not a RootCommand: that takes the name of the program's file, and the laboratory's program has another.
        var root = new Command(
            "jtfa",
            "JTFA: several cheap cameras decide together, now, over a bad network. " +
            "Each camera view sends a 16-number token by UDP; a fusion node decides as soon as K of N are in.")
        {
            new HelpOption(),
            new VersionOption(),
            DemoCommand.Create(),
            SiloCommand.Create(),
            CameraCommand.Create(),
            DecisionsCommand.Create(),
            SceneCommand.Create(),
            CamerasCommand.Create(),
            StatusCommand.Create(),
            CertificatesCommand.Create(),
            KeyCommand.Create(),
            ModelCommand.Create(),
        };
        foreach (var command in others) root.Add(command);
        root.Add(DoctorCommand.Create());
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
            if (parsed.GetValue(Faults.Verbose)) await Console.Error.WriteLineAsync(Secrets.Mask(exception.ToString()));
            return await TellAsync(Faults.Explain(exception, isFault ?? (_ => false)));
        }
    }

    private static async Task<int> TellAsync(Faults faults)
    {
        foreach (var line in faults.Lines) await Console.Error.WriteLineAsync($"jtfa: {Secrets.Mask(line)}");
        return faults.ExitCode;
    }
}
