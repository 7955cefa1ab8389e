using System.CommandLine;
using System.Runtime.CompilerServices;

namespace Jtfa.Cli.Help;

/// <summary>
/// Lines of a shell that show how a command is used, at the end of its help. Each command has some, said where the command is made:
/// <c>command.WithExamples("jtfa scene list")</c>.
/// </summary>
internal static class Examples
{
    private static readonly ConditionalWeakTable<Command, string[]> s_examples = [];

    /// <summary>Gives a command its examples.</summary>
    /// <param name="command">The command.</param>
    /// <param name="examples">Each a whole line that a shell takes, from <c>jtfa</c> on.</param>
    /// <returns>The same command.</returns>
    public static Command WithExamples(this Command command, params string[] examples)
    {
        s_examples.AddOrUpdate(command, examples);
        return command;
    }

    /// <summary>A command's examples; none where it was not given any.</summary>
    public static IReadOnlyList<string> Of(Command command) => s_examples.TryGetValue(command, out var examples) ? examples : [];
}
