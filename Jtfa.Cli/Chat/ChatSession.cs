using Jtfa.Client;

namespace Jtfa.Cli.Chat;

/// <summary>Carries a conversation on a screen: lines are said to the model, those that begin with a slash to the program.</summary>
/// <param name="conversation">The conversation.</param>
/// <param name="screen">Where it is held.</param>
internal sealed class ChatSession(Conversation conversation, IChatScreen screen)
{
    private static readonly string[] s_help =
    [
        "/new                begin a new conversation (also /clear)",
        "/retry              have the last line answered again",
        "/system TEXT        tell the model what it is, or how to answer; without a text: nothing any more",
        "/set NAME VALUE     change " + string.Join(", ", ChatSettings.Names) + "; without them: say what holds",
        "/save FILE          write the conversation to a new file, as text or .json",
        "/quit               end (also Ctrl-D)",
        "Ctrl-C ends an answer, and at an empty line the program. Arrow keys bring earlier lines back.",
    ];

    /// <summary>Goes on until there are no more lines.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await screen.ReadAsync(cancellationToken) is { } line)
        {
            var said = line.Trim();
            if (said.Length == 0) continue;
            try
            {
                if (!said.StartsWith('/')) await AskAsync(said, cancellationToken);
                else if (!await ObeyAsync(said, cancellationToken)) return;
            }
            catch (Exception fault) when (screen.IsWatched && fault is UsageException or JtfaException)
            {
                foreach (var told in Faults.Explain(fault, _ => false).Lines) screen.Warn(told);
            }
        }
    }

    private Task AskAsync(string said, CancellationToken stop) =>
        AnswerAsync((write, end) => conversation.AskAsync(said, write, end), stop);

    // Returns whether the conversation goes on.
    private async Task<bool> ObeyAsync(string line, CancellationToken stop)
    {
        var (name, rest) = line.Split(' ', 2, StringSplitOptions.TrimEntries) is [var first, var other] ? (first, other) : (line, "");
        switch (name)
        {
            case "/help" or "/?":
                foreach (var help in s_help) screen.Tell(help);
                break;
            case "/new" or "/clear":
                conversation.Begin();
                screen.Note("a new conversation");
                break;
            case "/retry":
                await AnswerAsync(conversation.RetryAsync, stop);
                break;
            case "/system":
                conversation.System = rest.Length > 0 ? rest : null;
                screen.Note(rest.Length > 0 ? "the model is told so from its next answer on" : "the model is told nothing");
                break;
            case "/set" when rest.Length == 0:
                screen.Tell(conversation.Settings.ToString());
                break;
            case "/set":
                if (rest.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var setting, var value])
                    throw new UsageException($"/set {rest}: allowed is a name and a value, such as /set temperature 0.2");
                conversation.Settings = conversation.Settings.With(setting, value, $"/set {setting}");
                screen.Note(conversation.Settings.ToString());
                break;
            case "/save":
                if (rest.Length == 0) throw new UsageException("/save: name a file, such as /save talk.txt");
                conversation.Save(rest);
                screen.Note($"saved to {rest}");
                break;
            case "/quit" or "/exit" or "/bye":
                return false;
            default:
                throw new UsageException($"{name}: not understood; /help lists what is");
        }

        return true;
    }

    private async Task AnswerAsync(Func<Action<string>, CancellationToken, Task<AnswerFigures>> ask, CancellationToken stop)
    {
        // Not disposed: a signal may come when the answer is just over, and there is nothing to free.
        var end = new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, stop);
        using var interrupts = screen.IsWatched ? StopSignals.HandInterruptsTo(() => TryEnd(end)) : null;
        var (note, isBegun) = ("", false);
        try
        {
            note = (await ask(Write, either.Token)).ToString();
            isBegun = true;
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            note = "ended; /retry has it answered again";
        }
        finally
        {
            if (isBegun) screen.EndAnswer();
        }

        screen.Note(note);

        void Write(string text)
        {
            isBegun = true;
            screen.Write(text);
        }
    }

    // A second Ctrl-C, before the answer has come to its end, is for the program.
    private static bool TryEnd(CancellationTokenSource end)
    {
        if (end.IsCancellationRequested) return false;
        end.Cancel();
        return true;
    }
}
