using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Jtfa.Cli;

/// <summary>
/// What options set: a fault of a setting whose value came from an option names the option, as it was typed. Where the value came from a
/// file, the environment or --set, the setting's own name stays.
/// </summary>
internal static class FlagNames
{
    private static readonly ConditionalWeakTable<Option, string[]> s_settings = [];

    /// <summary>Says which settings an option sets.</summary>
    /// <param name="option">The option.</param>
    /// <param name="settings">Their names, as faults have them.</param>
    public static void Sets(this Option option, params string[] settings) => s_settings.AddOrUpdate(option, settings);

    /// <summary>The same faults with the names of options.</summary>
    /// <param name="faults">The faults.</param>
    /// <param name="parsed">The command line whose values they are of.</param>
    public static Faults In(Faults faults, ParseResult parsed) =>
        faults with { Lines = [.. faults.Lines.Select(line => In(line, parsed))] };

    private static string In(string line, ParseResult parsed)
    {
        var options = parsed.CommandResult.Command.Options;
        var set = options.OfType<Option<string[]>>().Where(option => option.Name == "--set")
            .SelectMany(option => parsed.GetValue(option) ?? []).ToList();
        foreach (var option in options)
        {
            if (parsed.GetResult(option) is not { } given || !s_settings.TryGetValue(option, out var settings)) continue;
            if (Regex.IsMatch(line, $@"(?<![\w-]){option.Name}(?![\w-])")) continue; // it is named already
            foreach (var setting in settings)
            {
                if (set.Exists(pair => pair.StartsWith($"{setting}=", StringComparison.OrdinalIgnoreCase))) continue;
                var typed = given.Implicit ? null : string.Join(' ', given.Tokens.Select(token => token.Value));
                line = In(line, setting, option.Name, typed);
            }
        }

        return line;
    }

    // With its value, which is shown as it was typed; a name alone only where it cannot be another word.
    private static string In(string line, string setting, string option, string? typed)
    {
        var name = $@"(?<![\w.:]){Regex.Escape(setting)}";
        var named = Regex.Replace(
            line, $"{name}='?(?<value>.*?)'?(?=: |$)", match => $"{option} {typed ?? match.Groups["value"].Value}");
        return setting.IndexOfAny(['.', ':']) < 0 ? named : Regex.Replace(named, $@"{name}(?![\w.=]|:\w)", option);
    }
}
