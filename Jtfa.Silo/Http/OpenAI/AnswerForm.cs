using System.Text.Json;

namespace Jtfa.Silo.Http.OpenAI;

/// <summary>How a text is told: a text that is kept is told in the same form when it is read again.</summary>
internal sealed record AnswerForm
{
    /// <summary>Whether it is the message of a chat, and not a completion.</summary>
    public bool IsChat { get; init; }

    /// <summary>Whether a stream tells at its end what the text cost.</summary>
    public bool TellsUsage { get; init; }

    /// <summary>Whether the model may call tools.</summary>
    public bool CallsTools { get; init; }

    /// <summary>Whether the text is the call of a tool, as JSON.</summary>
    public bool MustCall { get; init; }

    /// <summary>The form in a kept text's note; a completion's where who asked was no caller of this API.</summary>
    public static AnswerForm Of(string? note)
    {
        try
        {
            return note is null ? new() : JsonSerializer.Deserialize<AnswerForm>(note) ?? new();
        }
        catch (JsonException)
        {
            return new(); // another's note
        }
    }

    /// <summary>The note of a text in this form.</summary>
    public string ToNote() => JsonSerializer.Serialize(this);
}
