using System.CommandLine;
using Jtfa.Language.Weights;

namespace Jtfa.Cli.Commands.Language;

/// <summary>What commands on model files have in common.</summary>
internal static class LanguageFlags
{
    private const int MostThreads = 256;

    /// <summary>Threads that compute.</summary>
    public static Option<int> Threads() => new("--threads")
    {
        Description = "Threads that compute (default: one a processor).",
        DefaultValueFactory = _ => Math.Min(Environment.ProcessorCount, MostThreads),
    };

    /// <summary>The format of an option; null where it is not given.</summary>
    public static WeightFormat? FormatOf(ParseResult parsed, Option<string?> option) => parsed.GetValue(option) is { } name
        ? WeightFormat.Find(name) ?? throw new UsageException($"{option.Name} {name}: allowed is {WeightFormat.Known}")
        : null;

    /// <summary>The threads of an option.</summary>
    public static int ThreadsOf(ParseResult parsed, Option<int> option) => WholeNumber(parsed, option, 1, MostThreads);

    /// <summary>A whole number of a range.</summary>
    public static int WholeNumber(ParseResult parsed, Option<int> option, int least, int most) =>
        parsed.GetValue(option) is var value && value >= least && value <= most
            ? value
            : throw new UsageException($"{option.Name} {value}: allowed is {least} … {most}");

    /// <summary>Where architectures are looked for.</summary>
    public static Option<string?> Architectures() =>
        new("--architectures") { Description = "A folder of architectures (default: those that come with the program)." };

    /// <summary>The text of a file that an option names.</summary>
    public static string TextOf(ParseResult parsed, Option<string> option) => TextOf(option.Name, parsed.GetValue(option)!);

    /// <summary>The text of a file.</summary>
    /// <param name="option">The option that names it.</param>
    /// <param name="path">The file.</param>
    public static string TextOf(string option, string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{option} {path}: it cannot be read ({fault.Message.TrimEnd('.')})");
        }
    }
}
