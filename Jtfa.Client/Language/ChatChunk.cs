using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Jtfa.Client;

/// <summary>An event of a chat's stream, as OpenAI's API has it.</summary>
internal sealed record ChatChunk(string? Id, long Created, string? Model, ChatChoice[]? Choices, ChatUsage? Usage, ChatFault? Error)
{
    /// <summary>Says that the text came to its end.</summary>
    public static readonly ChatChunk Done = new(null, 0, null, null, null, null);

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Reads one; null where it is none.</summary>
    public static ChatChunk? Parse(string type, ReadOnlySpan<byte> data) =>
        data.SequenceEqual("[DONE]"u8) ? Done : JsonSerializer.Deserialize<ChatChunk>(data, s_json);
}

/// <summary>What a chunk adds to an answer, or to a text that is no answer.</summary>
internal sealed record ChatChoice(ChatDelta? Delta, string? Text, string? FinishReason);

/// <summary>What a chunk adds to a message.</summary>
internal sealed record ChatDelta(string? Content, ChatCall[]? ToolCalls);

/// <summary>The call of a function; silos tell it whole.</summary>
internal sealed record ChatCall(string Id, ChatFunction Function)
{
    /// <summary>As Microsoft.Extensions.AI has it; where the arguments are no JSON object, it has the fault.</summary>
    public FunctionCallContent ToContent() => FunctionCallContent.CreateFromParsedArguments(
        Function.Arguments, Id, Function.Name,
        static json => JsonSerializer.Deserialize<Dictionary<string, object?>>(json, AIJsonUtilities.DefaultOptions));
}

/// <summary>The function that is called, and with what: JSON.</summary>
internal sealed record ChatFunction(string Name, string Arguments);

/// <summary>What a text cost.</summary>
internal sealed record ChatUsage(long PromptTokens, long CompletionTokens, ChatCachedUsage? PromptTokensDetails)
{
    /// <summary>As Microsoft.Extensions.AI has it.</summary>
    public UsageDetails ToDetails() => new()
    {
        InputTokenCount = PromptTokens,
        OutputTokenCount = CompletionTokens,
        TotalTokenCount = PromptTokens + CompletionTokens,
        CachedInputTokenCount = PromptTokensDetails?.CachedTokens,
    };
}

/// <summary>Text tokens of the prompt that an earlier text had computed.</summary>
internal sealed record ChatCachedUsage(long CachedTokens);

/// <summary>Why a text has no end.</summary>
internal sealed record ChatFault(string Message);
