using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Jtfa.Silo;

namespace Jtfa.Cli;

/// <summary>What a user is told of a command line that cannot be read.</summary>
internal static partial class ParseFaults
{
    /// <summary>One line a fault.</summary>
    public static Faults Explain(ParseResult parsed)
    {
        var help = $"'{Path(parsed.CommandResult)} --help' lists what is allowed";
        var unknown = parsed.UnmatchedTokens;
        var lines = new List<string>();
        if (unknown.Count > 0) lines.Add($"{string.Join(' ', unknown)}: not understood; {help}");
        lines.AddRange(parsed.Errors.Where(error => !Repeats(error, unknown)).Select(error => LineOf(error, parsed, help)).Distinct());
        return new Faults(lines, Faults.UsageExitCode);
    }

    // The parser also reports each word that it does not understand as an error, and what is missing because of it.
    private static bool Repeats(ParseError error, IReadOnlyList<string> unknown) =>
        unknown.Any(word => error.Message.Contains($"'{word}'", StringComparison.Ordinal))
        || (unknown.Count > 0 && error.Message.StartsWith("Required command", StringComparison.Ordinal));

    // The parser's own message names .NET types, so this one names what is allowed.
    private static string LineOf(ParseError error, ParseResult parsed, string help)
    {
        var conversion = Conversion().Match(error.Message);
        if (!conversion.Success) return $"{error.Message.ReplaceLineEndings(" ").TrimEnd('.')}; {help}";
        var name = conversion.Groups["option"].Value;
        var option = parsed.CommandResult.Command.Options.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));
        return $"{name} {conversion.Groups["value"].Value}: allowed is {SiloStartException.Allowed(option?.ValueType)}";
    }

    private static string Path(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{Path(parent)} {command.Command.Name}" : "jtfa";

    [GeneratedRegex("^Cannot parse argument '(?<value>.*)' for option '(?<option>[^']*)'", RegexOptions.Singleline)]
    private static partial Regex Conversion();
}
