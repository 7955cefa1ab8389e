using Jtfa.Language.Generation;

namespace Jtfa.Language.Serving;

/// <summary>A text that is asked for.</summary>
public sealed record GenerationRequest
{
    /// <summary>The prompt's text tokens, BOS among them where the model expects it; 1 or more.</summary>
    public required IReadOnlyList<int> Prompt { get; init; }

    /// <summary>How the text is made and where it ends.</summary>
    public GenerationOptions Options { get; init; } = new();

    /// <summary>A JSON schema whose documents the text has to be one of; null: it may be anything.</summary>
    public string? JsonSchema { get; init; }

    /// <summary>Whose text it is. Pages of equal prefixes are shared among texts of one owner; null: with none.</summary>
    public string? Owner { get; init; }

    /// <summary>OpenTelemetry's <c>gen_ai.operation.name</c>: <c>chat</c> or <c>text_completion</c>.</summary>
    public string Operation { get; init; } = "text_completion";
}

/// <summary>A request that no engine of this model and these options can serve. The message is one line for who sent it.</summary>
/// <param name="message">What is wrong with it.</param>
public sealed class RequestException(string message) : Exception(message);

/// <summary>What became of a request.</summary>
public abstract record Submission
{
    private protected Submission()
    {
    }
}

/// <summary>It is served.</summary>
/// <param name="Stream">Its text.</param>
public sealed record Accepted(GenerationStream Stream) : Submission;

/// <summary>As many texts run and wait as may; nothing was kept of it.</summary>
/// <param name="RetryAfter">When one more is likely to find a place, 1 s to 60 s.</param>
public sealed record Busy(TimeSpan RetryAfter) : Submission;
