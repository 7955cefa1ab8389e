using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using Jtfa.Cli.Commands;

namespace Jtfa.Cli.Completion;

/// <summary>
/// What may stand where somebody types: <c>jtfa [suggest] "jtfa scene s"</c>, which the scripts of <c>jtfa completion</c> call. It is the
/// call of System.CommandLine's own directive, which takes a root with the name of the program's file; here names begin with what was
/// typed, and what a name means stands behind it after a tab.
/// </summary>
internal static class Suggestions
{
    private const string Directive = "[suggest";

    /// <summary>Whether a command line asks for suggestions.</summary>
    public static bool AreAsked(string[] args) => args is [var first, ..] && first.StartsWith(Directive, StringComparison.Ordinal);

    /// <summary>A line each.</summary>
    /// <param name="root">The program's command.</param>
    /// <param name="args">The directive, with or without the cursor's position, and the line that is typed.</param>
    public static IEnumerable<string> Lines(Command root, string[] args)
    {
        var line = args.ElementAtOrDefault(1) ?? "";
        var position = args[0].Split(':', ']') is [_, var number, _, ..] && int.TryParse(number, out var asked) ? asked : line.Length;
        return For(root, line[..Math.Clamp(position, 0, line.Length)])
            .Select(item => item.Detail is { Length: > 0 } meaning ? $"{item.Label}\t{meaning.ReplaceLineEndings(" ")}" : item.Label);
    }

    /// <summary>What may stand at the end of a line.</summary>
    private static IEnumerable<CompletionItem> For(Command root, string line)
    {
        if (line.Count(letter => letter == '"') % 2 == 1) return []; // within quotes
        List<string> words = [.. CommandLineParser.SplitCommandLine(line).Skip(1)];
        var word = "";
        if (words.Count > 0 && !char.IsWhiteSpace(line[^1]))
        {
            word = words[^1];
            words.RemoveAt(words.Count - 1);
        }

        // There is help on what may be called.
        var isHelp = words is [HelpCommand.Name, ..];
        var parsed = root.Parse(isHelp ? words[1..] : words);
        if (isHelp) return Fitting(parsed.CommandResult.Command.Subcommands.Where(sub => !sub.Hidden).Select(ItemOf), word);

        // An option's value, joined to it or behind it: nothing else may stand there.
        if (word.StartsWith("--", StringComparison.Ordinal) && word.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
            return Fitting(ValuesOf(Find(parsed, word[..equals])), word[(equals + 1)..]);
        var last = words.Count > 0 ? Find(parsed, words[^1]) : null;
        if (last is { Arity.MinimumNumberOfValues: > 0 }) return Fitting(ValuesOf(last), word);
        var values = last is { ValueType: var type } && type != typeof(bool) ? ValuesOf(last) : []; // which may be left out

        var given = Given(parsed).ToHashSet();
        var others = parsed.CommandResult.Command.GetCompletions(CompletionContext.Empty)
            .Where(item => word.StartsWith('-') == item.Label.StartsWith('-') && !given.Contains(item.Label));
        return Fitting(values.Concat(others), word);
    }

    // What stands there already and may stand there once.
    private static IEnumerable<string> Given(ParseResult parsed)
    {
        foreach (var result in parsed.CommandResult.Children)
        {
            if (result is OptionResult { Implicit: false, Option: { Arity.MaximumNumberOfValues: <= 1 } option })
                foreach (var name in option.Aliases.Prepend(option.Name)) yield return name;
            else if (result is ArgumentResult { Tokens.Count: > 0, Argument: { Arity.MaximumNumberOfValues: <= 1 } argument })
                foreach (var item in argument.GetCompletions(CompletionContext.Empty)) yield return item.Label;
        }
    }

    private static CompletionItem ItemOf(Command command) => new(command.Name, detail: command.Description);

    private static Option? Find(ParseResult parsed, string name)
    {
        for (var at = parsed.CommandResult; at is not null; at = at.Parent as CommandResult)
        {
            if (at.Command.Options.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name)) is { } option)
                return option;
        }

        return null;
    }

    private static IEnumerable<CompletionItem> ValuesOf(Option? option) => option switch
    {
        null => [],
        { ValueType: var type } when type == typeof(bool?) => [new("true"), new("false")],
        _ => option.GetCompletions(CompletionContext.Empty),
    };

    private static IEnumerable<CompletionItem> Fitting(IEnumerable<CompletionItem> items, string word) =>
        items.Where(item => item.Label.StartsWith(word, StringComparison.OrdinalIgnoreCase))
            .DistinctBy(item => item.Label).OrderBy(item => item.Label, StringComparer.Ordinal);
}
