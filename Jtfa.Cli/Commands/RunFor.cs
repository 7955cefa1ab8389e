using System.CommandLine;

namespace Jtfa.Cli.Commands;

/// <summary>The option of commands that run until they are stopped, or for so long.</summary>
internal static class RunFor
{
    private const double MaxSeconds = 86_400;

    public static Option<double?> Option() => new("--seconds") { Description = "Stop after so long (default: until Ctrl-C)." };

    /// <summary>The option's value.</summary>
    /// <exception cref="UsageException">It is not allowed.</exception>
    public static TimeSpan? Parse(double? seconds) => seconds is null or (> 0 and <= MaxSeconds)
        ? seconds is { } value ? TimeSpan.FromSeconds(value) : null
        : throw new UsageException($"--seconds {seconds}: allowed is above 0 … {MaxSeconds}");
}
