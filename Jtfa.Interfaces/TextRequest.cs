namespace Jtfa.Interfaces;

/// <summary>A text that a language model is asked for. Numbers that are null are the model's or the sampler's own.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.TextRequest")]
public sealed record TextRequest
{
    /// <summary>The model's name.</summary>
    [Id(0)] public required string Model { get; init; }

    /// <summary>The prompt as text; exactly one of this, <see cref="PromptTokens"/> and <see cref="Messages"/> is given.</summary>
    [Id(1)] public string? Prompt { get; init; }

    /// <summary>The prompt as text tokens.</summary>
    [Id(2)] public int[]? PromptTokens { get; init; }

    /// <summary>A conversation for the model's chat template: a JSON array of messages.</summary>
    [Id(3)] public string? Messages { get; init; }

    /// <summary>Further variables of the chat template, such as <c>tools</c>: a JSON object.</summary>
    [Id(4)] public string? TemplateVariables { get; init; }

    /// <summary>Text tokens of the answer, at most; null: as many as fit.</summary>
    [Id(5)] public int? MaxTokens { get; init; }

    /// <summary>How much chance there is; 0: none.</summary>
    [Id(6)] public double? Temperature { get; init; }

    /// <summary>The likeliest text tokens that together have this probability are chosen from.</summary>
    [Id(7)] public double? TopP { get; init; }

    /// <summary>So many of the likeliest text tokens are chosen from.</summary>
    [Id(8)] public int? TopK { get; init; }

    /// <summary>Text tokens of at least this part of the likeliest's probability are chosen from.</summary>
    [Id(9)] public double? MinP { get; init; }

    /// <summary>What divides the logits of text tokens that came before.</summary>
    [Id(10)] public double? RepetitionPenalty { get; init; }

    /// <summary>What is taken off the logits of text tokens that came before.</summary>
    [Id(11)] public double? PresencePenalty { get; init; }

    /// <summary>What is taken off the logits of text tokens for each time that they came before.</summary>
    [Id(12)] public double? FrequencyPenalty { get; init; }

    /// <summary>The seed: the same request with the same seed says the same text. Null: a random one.</summary>
    [Id(13)] public ulong? Seed { get; init; }

    /// <summary>Strings before whose first the text ends.</summary>
    [Id(14)] public string[] Stop { get; init; } = [];

    /// <summary>What is added to the logits of text tokens.</summary>
    [Id(15)] public Dictionary<int, double>? LogitBias { get; init; }

    /// <summary>How many of the likeliest text tokens are told with each; null: no probabilities are.</summary>
    [Id(16)] public int? LogProbabilities { get; init; }

    /// <summary>A JSON schema whose documents the text has to be one of; null: it may be anything.</summary>
    [Id(17)] public string? JsonSchema { get; init; }

    /// <summary>Whose text it is: pages of equal prompts are shared among texts of one owner alone. Null: with none.</summary>
    [Id(18)] public string? Owner { get; init; }

    /// <summary>
    /// How long the text is kept after its end, and is made without a reader: within that time it can be read again, also where its silo
    /// has died, for as long after that. Zero: it ends with its reader.
    /// </summary>
    [Id(19)] public TimeSpan Keep { get; init; }

    /// <summary>What whoever asks wants to know when the text is read again; kept with it. Null: nothing.</summary>
    [Id(20)] public string? Note { get; init; }
}
