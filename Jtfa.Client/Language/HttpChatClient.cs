using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Jtfa.Client;

/// <summary>A model that writes, asked by OpenAI's API.</summary>
internal sealed class HttpChatClient(HttpJtfaClient owner, HttpCalls calls, HttpJtfaOptions options, string model)
    : ModelChatClient(owner, calls.UrlOf("v1"), model)
{
    private const string ChatPath = "v1/chat/completions";
    private const string TextPath = "v1/completions";

    /// <inheritdoc/>
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? chat = null, CancellationToken cancellationToken = default) =>
        ReadAsync(ChatPath, () => BodyOf(ChatRequest.Of(calls.Address, Model, messages, chat)), cancellationToken);

    /// <inheritdoc/>
    public override IAsyncEnumerable<ChatResponseUpdate> ContinueAsync(
        string prompt, ChatOptions? chat, CancellationToken cancellationToken) => ReadAsync(
            TextPath,
            () =>
            {
                var body = BodyOf(ChatRequest.OfPrompt(calls.Address, Model, prompt, chat));
                body.Remove("messages");
                body.Remove("max_completion_tokens");
                body["prompt"] = prompt;
                body["max_tokens"] = chat?.MaxOutputTokens ?? int.MaxValue; // as many as fit, as in a chat
                return body;
            },
            cancellationToken);

    private async IAsyncEnumerable<ChatResponseUpdate> ReadAsync(
        string path, Func<JsonObject> make, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var body = make();
        await using var events = await EventConnection<ChatChunk>.ReadAsync(
            calls, await calls.PostForEventsAsync(path, body, cancellationToken), ChatChunk.Parse, options, cancellationToken);
        while (await events.NextAsync() is { } chunk)
        {
            if (chunk == ChatChunk.Done) yield break;
            if (chunk.Error is { } fault) throw calls.BrokenOff(fault.Message);
            yield return UpdateOf(chunk);
        }

        throw calls.BrokenOff("the connection is gone");
    }

    private static JsonObject BodyOf(ChatRequest request)
    {
        var text = request.Text;
        var body = new JsonObject
        {
            ["model"] = text.Model,
            ["messages"] = request.Messages,
            ["stream"] = true,
            ["stream_options"] = new JsonObject { ["include_usage"] = true },
        };
        Add("max_completion_tokens", text.MaxTokens);
        Add("temperature", text.Temperature);
        Add("top_p", text.TopP);
        Add("top_k", text.TopK);
        Add("min_p", text.MinP);
        Add("repeat_penalty", text.RepetitionPenalty);
        Add("presence_penalty", text.PresencePenalty);
        Add("frequency_penalty", text.FrequencyPenalty);
        Add("seed", text.Seed is { } seed ? unchecked((long)seed) : null);
        Add("stop", text.Stop.Length > 0 ? JsonSerializer.SerializeToNode(text.Stop) : null);
        Add("logit_bias", text.LogitBias is { } bias ? JsonSerializer.SerializeToNode(bias) : null);
        Add("user", request.User);
        Add("chat_template_kwargs", request.TemplateVariables);
        if (text.JsonSchema is { } schema)
        {
            Add("response_format", new JsonObject
            {
                ["type"] = "json_schema",
                ["json_schema"] = new JsonObject { ["name"] = "answer", ["schema"] = JsonNode.Parse(schema) },
            });
        }

        if (request.Tools.Count > 0)
        {
            Add("tools", request.Tools);
            Add("tool_choice", request.ToolMode is RequiredChatToolMode mode ? ChoiceOf(mode.RequiredFunctionName) : null);
        }

        return body;

        void Add(string name, JsonNode? value)
        {
            if (value is not null) body[name] = value;
        }
    }

    private static JsonNode ChoiceOf(string? function) => function is null
        ? "required"
        : new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = function } };

    private static ChatResponseUpdate UpdateOf(ChatChunk chunk)
    {
        var update = new ChatResponseUpdate
        {
            ResponseId = chunk.Id,
            MessageId = chunk.Id,
            ModelId = chunk.Model,
            CreatedAt = DateTimeOffset.FromUnixTimeSeconds(chunk.Created),
            Role = ChatRole.Assistant,
        };
        if (chunk.Choices is [var choice, ..])
        {
            if ((choice.Delta?.Content ?? choice.Text) is { Length: > 0 } text) update.Contents.Add(new TextContent(text));
            foreach (var call in choice.Delta?.ToolCalls ?? []) update.Contents.Add(call.ToContent());
            if (choice.FinishReason is { } finish) update.FinishReason = new ChatFinishReason(finish);
        }

        if (chunk.Usage is { } usage) update.Contents.Add(new UsageContent(usage.ToDetails()));
        return update;
    }
}
