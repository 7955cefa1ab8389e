using Jtfa.Language;

namespace Jtfa.Cli.Commands.Language;

/// <summary>
/// How much of a long prompt is read, in one line on standard error that is gone when the text begins. The bar of long work would have to
/// end before, and reading and writing are one call.
/// </summary>
internal sealed class PromptLine : IProgress<WorkProgress>
{
    private const int Long = 512; // text tokens: less is read at once

    /// <summary>The line of a prompt; null where it is short or nobody watches.</summary>
    public static PromptLine? Of(int tokens) => tokens > Long && !Console.IsErrorRedirected ? new PromptLine() : null;

    /// <inheritdoc/>
    public void Report(WorkProgress value)
    {
        var line = $"{value.Current}: {value.Done} of {value.Total}";
        Console.Error.Write(value.Done < value.Total ? $"\r{line}" : $"\r{new string(' ', line.Length)}\r");
    }
}
