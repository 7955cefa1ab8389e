using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Jtfa.Cli.Chat;

/// <summary>A conversation with a model: what was said, and how the next answer is made.</summary>
/// <param name="model">Who answers.</param>
/// <param name="settings">How.</param>
/// <param name="clock">Measures answers.</param>
internal sealed class Conversation(IChatClient model, ChatSettings settings, TimeProvider clock)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly List<ChatMessage> _said = [];
    private string? _unanswered;

    /// <summary>How answers are made.</summary>
    public ChatSettings Settings { get; set; } = settings;

    /// <summary>What the model is told before all else; null: nothing.</summary>
    public string? System { get; set; }

    /// <summary>Says something, and takes the answer as it is made. An answer that is ended early stays as far as it got.</summary>
    /// <param name="text">What is said.</param>
    /// <param name="onText">Is given the answer's pieces.</param>
    /// <param name="cancellationToken">Ends the answer.</param>
    public Task<AnswerFigures> AskAsync(string text, Action<string> onText, CancellationToken cancellationToken)
    {
        _said.Add(new(ChatRole.User, text));
        return AnswerAsync(onText, cancellationToken);
    }

    /// <summary>Says the last thing again, as if it had not been answered.</summary>
    /// <exception cref="UsageException">Nothing was said yet.</exception>
    public Task<AnswerFigures> RetryAsync(Action<string> onText, CancellationToken cancellationToken)
    {
        if (_unanswered is { } text) return AskAsync(text, onText, cancellationToken);
        if (_said.Count == 0) throw new UsageException("/retry: nothing was said yet");
        _said.RemoveAt(_said.Count - 1);
        return AnswerAsync(onText, cancellationToken);
    }

    /// <summary>Forgets what was said; what the model is told before stays.</summary>
    public void Begin()
    {
        _said.Clear();
        _unanswered = null;
    }

    /// <summary>Writes it to a new file: messages as OpenAI's API has them where its name ends in .json, else text.</summary>
    /// <exception cref="UsageException">The file cannot be written.</exception>
    public void Save(string path)
    {
        var text = path.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
            ? JsonSerializer.Serialize(Messages.Select(message => new { role = message.Role.Value, content = message.Text }), s_json) + "\n"
            : string.Concat(Messages.Select(message => $"{message.Role.Value}: {message.Text}\n\n"));
        try
        {
            using var file = new FileStream(path, FileMode.CreateNew);
            file.Write(Encoding.UTF8.GetBytes(text));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            var why = File.Exists(path) ? "it is there already; name another" : $"it cannot be written ({fault.Message.TrimEnd('.')})";
            throw new UsageException($"/save {path}: {why}");
        }
    }

    private IEnumerable<ChatMessage> Messages => System is null ? _said : _said.Prepend(new(ChatRole.System, System));

    private async Task<AnswerFigures> AnswerAsync(Action<string> onText, CancellationToken cancellationToken)
    {
        var (begin, answer) = (clock.GetTimestamp(), new StringBuilder());
        var figures = new AnswerFigures();
        try
        {
            await foreach (var update in model.GetStreamingResponseAsync(Messages, Settings.Options, cancellationToken))
            {
                if (update.FinishReason == ChatFinishReason.Length) figures = figures with { IsCut = true };
                foreach (var usage in update.Contents.OfType<UsageContent>())
                    figures = figures with { Tokens = usage.Details.OutputTokenCount ?? 0 };
                var piece = answer.Length > 0 ? update.Text : update.Text.TrimStart();
                if (piece.Length == 0) continue;
                if (answer.Length == 0) figures = figures with { First = clock.GetElapsedTime(begin) };
                answer.Append(piece);
                onText(piece);
            }

            return figures with { All = clock.GetElapsedTime(begin) };
        }
        finally
        {
            // What is not answered was not said, so that roles take turns, as templates want it.
            _unanswered = answer.Length > 0 ? null : _said[^1].Text;
            if (_unanswered is null) _said.Add(new(ChatRole.Assistant, answer.ToString()));
            else _said.RemoveAt(_said.Count - 1);
        }
    }
}

/// <summary>What an answer took, as its reader saw it.</summary>
internal sealed record AnswerFigures
{
    /// <summary>Text tokens that were chosen.</summary>
    public long Tokens { get; init; }

    /// <summary>Until its first text came (TTFT); null: there was none.</summary>
    public TimeSpan? First { get; init; }

    /// <summary>Until its end.</summary>
    public TimeSpan All { get; init; }

    /// <summary>Whether it ended because no more was allowed, or there was no more room.</summary>
    public bool IsCut { get; init; }

    /// <inheritdoc/>
    public override string ToString()
    {
        if (First is not { } first) return "no answer; /retry asks again";
        var rate = ResultTable.Number(Tokens > 1 ? (Tokens - 1) / (All - first).TotalSeconds : double.NaN, "F0");
        return $"{Tokens} text tokens, {rate}/s, the first after {ResultTable.Ms(first.TotalSeconds)}"
            + (IsCut ? "; cut by max-tokens or the model's context" : "");
    }
}
