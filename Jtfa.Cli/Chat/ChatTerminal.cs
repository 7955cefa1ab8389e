using Spectre.Console;

namespace Jtfa.Cli.Chat;

/// <summary>A conversation on a terminal.</summary>
internal sealed class ChatTerminal : IChatScreen
{
    private readonly LineEditor _editor = new("> ");

    /// <summary>Whether there is a terminal that shows what is typed and takes what moves its cursor.</summary>
    public static bool IsThere =>
        !Console.IsInputRedirected && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi;

    public bool IsWatched => true;

    public Task<string?> ReadAsync(CancellationToken cancellationToken) =>
        Task.Run(_editor.Read, CancellationToken.None).WaitAsync(cancellationToken); // it waits for a key, and for that alone

    // What a model writes may not move the cursor, or have the terminal do other things.
    public void Write(string text) =>
        Console.Out.Write(string.Concat(text.Where(letter => !char.IsControl(letter) || letter is '\n' or '\t')));

    public void EndAnswer() => Console.Out.WriteLine();

    public void Tell(string line) => Console.Out.WriteLine(line);

    public void Note(string line) => AnsiConsole.MarkupLineInterpolated($"[dim]{line}[/]");

    public void Warn(string line) => AnsiConsole.MarkupLineInterpolated($"[red]{line}[/]");
}
