using System.CommandLine;

namespace Jtfa.Cli.Help;

/// <summary>What somebody may have meant by a word that a command does not know.</summary>
internal static class Nearest
{
    /// <summary>The nearest name of a subcommand or an option.</summary>
    /// <param name="word">The word; an option's begins with a dash.</param>
    /// <param name="command">The command that does not know it.</param>
    /// <param name="options">The options that the command takes.</param>
    /// <returns>Null where none is near. Of a command that is found elsewhere, how it is called from the root.</returns>
    public static string? To(string word, Command command, IEnumerable<Option> options)
    {
        if (word.StartsWith('-'))
        {
            var name = word.Split('=', 2)[0];
            return Of(name, options.Where(option => !option.Hidden).Select(option => option.Name));
        }

        return Of(word, Visible(command).Select(sub => sub.Name)) ?? Elsewhere(word, command);
    }

    // As in 'jtfa list' for 'jtfa scene list'.
    private static string? Elsewhere(string word, Command command) =>
        Visible(command).SelectMany(group => Visible(group).Where(sub => sub.Name == word).Select(sub => $"{group.Name} {sub.Name}"))
            .FirstOrDefault();

    private static IEnumerable<Command> Visible(Command command) => command.Subcommands.Where(sub => !sub.Hidden);

    private static string? Of(string word, IEnumerable<string> names)
    {
        var lower = word.ToLowerInvariant();
        var most = Math.Max(1, lower.TrimStart('-').Length / 3);
        var near = names.Select(name => (Name: name, Distance: Distance(lower, name.ToLowerInvariant())))
            .Where(one => one.Distance <= most).OrderBy(one => one.Distance).FirstOrDefault();
        return near.Name ?? (lower.TrimStart('-').Length > 1
            ? names.FirstOrDefault(name => name.StartsWith(lower, StringComparison.OrdinalIgnoreCase))
            : null);
    }

    // Letters added, left out, replaced, or swapped with their neighbour: optimal string alignment.
    private static int Distance(string one, string other)
    {
        var costs = new int[one.Length + 1, other.Length + 1];
        for (var i = 0; i <= one.Length; i++) costs[i, 0] = i;
        for (var j = 0; j <= other.Length; j++) costs[0, j] = j;
        for (var i = 1; i <= one.Length; i++)
        {
            for (var j = 1; j <= other.Length; j++)
            {
                var replaced = costs[i - 1, j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1);
                costs[i, j] = Math.Min(replaced, Math.Min(costs[i - 1, j], costs[i, j - 1]) + 1);
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                    costs[i, j] = Math.Min(costs[i, j], costs[i - 2, j - 2] + 1);
            }
        }

        return costs[one.Length, other.Length];
    }
}
