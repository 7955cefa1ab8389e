using System.CommandLine;

namespace Jtfa.Cli;

/// <summary>What of a silo's log a command shows, as configuration.</summary>
internal static class LogLevels
{
    /// <summary>Warnings only, for commands that have something else to show; the user's configuration overrides it.</summary>
    public static readonly IReadOnlyDictionary<string, string?> Quiet =
        new Dictionary<string, string?> { ["Logging:LogLevel:Jtfa"] = "Warning" };

    /// <summary>What --verbose asks for: everything except the web server's steps.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Parse(ParseResult parsed) => parsed.GetValue(Faults.Verbose)
        ? [new("Logging:LogLevel:Default", "Debug"), new("Logging:LogLevel:Jtfa", "Debug"), new("Logging:LogLevel:Microsoft", "Warning")]
        : [];
}
