using System.CommandLine;
using Jtfa.Cli.Help;

namespace Jtfa.Cli.Commands;

/// <summary><c>jtfa help</c>: the same as --help behind a command.</summary>
internal static class HelpCommand
{
    /// <summary>Its name.</summary>
    public const string Name = "help";

    private static readonly Argument<string[]> s_path = new("command")
    {
        Description = "The command, such as 'scene set' (default: all commands in a line each).",
        Arity = ArgumentArity.ZeroOrMore,
    };

    /// <summary>The command.</summary>
    /// <param name="root">What it helps with; the command is to be added to it.</param>
    public static Command Create(Command root)
    {
        var command = new Command(Name, "Show how a command is used.") { s_path }
            .WithExamples("jtfa help", "jtfa help scene", "jtfa help scene set");
        command.SetAction(parsed =>
        {
            var wanted = root.Parse([.. parsed.GetValue(s_path) ?? [], "--help"]);
            if (ParseFaults.OfHelp(wanted) is { } unknown) throw new UsageException(unknown);
            return wanted.Invoke(parsed.InvocationConfiguration);
        });
        return command;
    }
}
