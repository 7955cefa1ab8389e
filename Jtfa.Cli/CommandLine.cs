using System.CommandLine;
using Jtfa.Cli.Commands;
using Jtfa.Cli.Commands.Language;
using Jtfa.Cli.Completion;
using Jtfa.Cli.Help;
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

        var root = Root(others);
        if (Suggestions.AreAsked(args))
        {
            foreach (var line in Suggestions.Lines(root, args)) await Console.Out.WriteLineAsync(line);
            return 0;
        }

        var parsed = root.Parse(args.Length > 0 ? args : ["--help"]);
        if (parsed.Action is HelpWithExamples && ParseFaults.OfHelp(parsed) is { } unknown)
            return await TellAsync(new Faults([unknown], Faults.UsageExitCode));
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpWithExamples) return await TellAsync(ParseFaults.Explain(parsed));
        var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        try
        {
            return await signals.WaitAsync(Task.Run(() => parsed.InvokeAsync(invocation, signals.Asked)));
        }
        catch (Exception exception)
        {
            if (parsed.GetValue(Faults.Verbose)) await Console.Error.WriteLineAsync(Secrets.Mask(exception.ToString()));
            return await TellAsync(FlagNames.In(Faults.Explain(exception, isFault ?? (_ => false)), parsed));
        }
    }

    /// <summary>The program's command, which has all others.</summary>
    /// <param name="others">The laboratory's commands, shown before the last of the product's.</param>
    public static Command Root(IEnumerable<Command> others)
    {
        // Not a RootCommand: that takes the name of the program's file, and the laboratory's program has another.
        var root = new Command(
            "jtfa",
            "JTFA: several cheap cameras decide together, now, over a bad network: each camera view sends a 16-number token by UDP, and " +
            "a fusion node decides as soon as K of N are in. And language models, in this process or served by the same silos.")
        {
            HelpWithExamples.Option(),
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
            ChatCommand.Create(),
            GenerateCommand.Create(),
        };
        foreach (var command in others) root.Add(command);
        root.Add(DoctorCommand.Create());
        root.Add(CompletionCommand.Create());
        root.Add(HelpCommand.Create(root));
        root.Add(Faults.Verbose);
        return root.WithExamples(
            "jtfa demo", "jtfa chat", "jtfa silo --scene lobby --head my-model/head.npz", "jtfa status", "jtfa help camera");
    }

    private static async Task<int> TellAsync(Faults faults)
    {
        foreach (var line in faults.Lines) await Console.Error.WriteLineAsync($"jtfa: {Secrets.Mask(line)}");
        return faults.ExitCode;
    }
}
