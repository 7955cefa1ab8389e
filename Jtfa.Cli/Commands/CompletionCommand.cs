using System.CommandLine;
using Jtfa.Cli.Help;

namespace Jtfa.Cli.Commands;

/// <summary><c>jtfa completion</c>: the script by which a shell completes the program's commands, options and values.</summary>
internal static class CompletionCommand
{
    private static readonly Argument<string> s_shell = new("shell") { Description = "The shell." };

    public static Command Create()
    {
        s_shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command(
            "completion",
            "Print the script by which a shell completes commands, options and their values; its first lines say where it goes.")
        {
            s_shell,
        }.WithExamples("jtfa completion bash", "jtfa completion zsh", "jtfa completion fish");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var script = typeof(CompletionCommand).Assembly.GetManifestResourceStream($"jtfa.{parsed.GetValue(s_shell)}")!;
            using var reader = new StreamReader(script);
            await Console.Out.WriteAsync(await reader.ReadToEndAsync(cancellationToken));
            return 0;
        });
        return command;
    }
}
