using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Jtfa.Cli.Help;
using Jtfa.Silo;

namespace Jtfa.Cli;

/// <summary>What a user is told of a command line that cannot be read.</summary>
internal static partial class ParseFaults
{
    /// <summary>One line a fault.</summary>
    public static Faults Explain(ParseResult parsed)
    {
        var help = HelpOn(parsed);
        var unknown = parsed.UnmatchedTokens;
        var lines = new List<string>();
        if (unknown.Count > 0) lines.Add(Unknown(parsed, unknown));
        string[] told = [.. unknown, .. Meant(parsed, unknown)];
        lines.AddRange(parsed.Errors.Where(error => !Repeats(error, told)).Select(error => LineOf(error, parsed, help)).Distinct());
        return new Faults(lines, Faults.UsageExitCode);
    }

    /// <summary>Why there is no help on what was asked for: it is no command. Null where there is.</summary>
    public static string? OfHelp(ParseResult parsed)
    {
        // With an option that is wrong, help on the command is what is wanted.
        string[] words = [.. parsed.UnmatchedTokens.TakeWhile(word => !word.StartsWith('-'))];
        return words.Length > 0 && parsed.CommandResult.Command.Subcommands.Count > 0 ? Unknown(parsed, words) : null;
    }

    private static string Unknown(ParseResult parsed, IReadOnlyList<string> words)
    {
        var meant = string.Join(", ", Meant(parsed, words).Select(name => $"'{name}'"));
        var question = meant.Length > 0 ? $"did you mean {meant}? " : "";
        return $"{string.Join(' ', words)}: not understood; {question}{HelpOn(parsed)}";
    }

    private static IEnumerable<string> Meant(ParseResult parsed, IReadOnlyList<string> words) => words
        .Select(word => Nearest.To(word, parsed.CommandResult.Command, OptionsOf(parsed.CommandResult))).OfType<string>().Distinct();

    // Its own, and those that it has of the commands above it.
    private static IEnumerable<Option> OptionsOf(CommandResult result) => result.Command.Options.Concat(
        result.Parent is CommandResult parent ? OptionsOf(parent).Where(option => option.Recursive) : []);

    // The parser also reports each word that it does not understand as an error, and what is missing because of it.
    private static bool Repeats(ParseError error, string[] told) =>
        told.Any(word => error.Message.Contains($"'{word}'", StringComparison.Ordinal))
        || (told.Length > 0 && error.Message.StartsWith("Required command", StringComparison.Ordinal));

    // The parser's own message names .NET types, so this one names what is allowed.
    private static string LineOf(ParseError error, ParseResult parsed, string help)
    {
        var conversion = Conversion().Match(error.Message);
        if (!conversion.Success) return $"{error.Message.ReplaceLineEndings(" ").TrimEnd('.')}; {help}";
        var name = conversion.Groups["option"].Value;
        var option = parsed.CommandResult.Command.Options.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));
        return $"{name} {conversion.Groups["value"].Value}: allowed is {SiloStartException.Allowed(option?.ValueType)}";
    }

    private static string HelpOn(ParseResult parsed) => $"'{Path(parsed.CommandResult)} --help' lists what is allowed";

    private static string Path(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{Path(parent)} {command.Command.Name}" : "jtfa";

    [GeneratedRegex("^Cannot parse argument '(?<value>.*)' for option '(?<option>[^']*)'", RegexOptions.Singleline)]
    private static partial Regex Conversion();
}
