using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Jtfa.Interfaces;
using Microsoft.Extensions.AI;

namespace Jtfa.Client;

/// <summary>What an application asks a model for, in the words of silos.</summary>
/// <param name="Text">The text, without what follows.</param>
/// <param name="Messages">The conversation, as OpenAI's API and templates have it.</param>
/// <param name="Tools">The functions that may be called, likewise; empty: none.</param>
/// <param name="ToolMode">Whether one must be called; null: the model decides.</param>
/// <param name="TemplateVariables">Further variables of the model's template.</param>
/// <param name="User">Whose text it is; null: nobody says.</param>
internal sealed record ChatRequest(
    TextRequest Text, JsonArray Messages, JsonArray Tools, ChatToolMode? ToolMode, JsonObject? TemplateVariables, string? User)
{
    private const string AnyObject = """{"type":"object"}""";

    // Without the line breaks of the default, each of which is a text token to the model.
    private static readonly JsonSerializerOptions s_json = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false };

    /// <summary>Reads what is asked for.</summary>
    /// <param name="address">Who is asked, for faults.</param>
    /// <param name="model">The model that is asked unless the options name another.</param>
    /// <param name="messages">The conversation.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="JtfaInvalidValueException">Silos know no such message, or an additional property is of the wrong kind.</exception>
    public static ChatRequest Of(string address, string model, IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        ArgumentNullException.ThrowIfNull(messages);
        options ??= new ChatOptions();
        var more = new AdditionalValues(address, options.AdditionalProperties);
        var text = new TextRequest
        {
            Model = options.ModelId ?? model,
            MaxTokens = options.MaxOutputTokens,
            Temperature = Written("Temperature", options.Temperature),
            TopP = Written("TopP", options.TopP),
            TopK = options.TopK,
            MinP = more.Number("min_p"),
            RepetitionPenalty = more.Number("repeat_penalty"),
            PresencePenalty = Written("PresencePenalty", options.PresencePenalty),
            FrequencyPenalty = Written("FrequencyPenalty", options.FrequencyPenalty),
            Seed = options.Seed is { } seed ? unchecked((ulong)seed) : null,
            Stop = [.. options.StopSequences ?? []],
            LogitBias = more.Bias("logit_bias"),
            JsonSchema = options.ResponseFormat is ChatResponseFormatJson format ? format.Schema?.GetRawText() ?? AnyObject : null,
        };
        return new(
            text, MessagesOf(address, messages, options.Instructions), ToolsOf(address, options), options.ToolMode,
            more.Object("chat_template_kwargs"), more.Text("user"));

        // The double that is written like the float, so that 0.7f is 0.7 by whichever way a request goes.
        double? Written(string name, float? value) => value switch
        {
            null => null,
            { } number when float.IsFinite(number) =>
                double.Parse(number.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
            _ => throw new JtfaInvalidValueException(address, $"{name}={value}: allowed is a number"),
        };
    }

    /// <summary>Reads what is asked for of a text that is to be gone on with.</summary>
    /// <param name="address">Who is asked, for faults.</param>
    /// <param name="model">The model that is asked unless the options name another.</param>
    /// <param name="prompt">The text.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="JtfaInvalidValueException">They have what a conversation has, or an additional property is wrong.</exception>
    public static ChatRequest OfPrompt(string address, string model, string prompt, ChatOptions? options)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        if (options is { Tools.Count: > 0 } or { Instructions.Length: > 0 })
            throw new JtfaInvalidValueException(address, "'Tools' and 'Instructions': allowed in a conversation alone");
        var request = Of(address, model, [new ChatMessage(ChatRole.User, prompt)], options);
        return request with { Text = request.Text with { Prompt = prompt } };
    }

    private static JsonArray MessagesOf(string address, IEnumerable<ChatMessage> messages, string? instructions)
    {
        var all = new JsonArray();
        if (!string.IsNullOrEmpty(instructions)) all.Add(Message(ChatRole.System, instructions));
        foreach (var message in messages)
        {
            var calls = new JsonArray();
            var hasResults = false;
            foreach (var content in message.Contents)
            {
                switch (content)
                {
                    case FunctionResultContent result:
                        var answer = Message(ChatRole.Tool, TextOf(result.Result));
                        answer["tool_call_id"] = result.CallId;
                        all.Add((JsonNode)answer);
                        hasResults = true;
                        break;
                    case FunctionCallContent call:
                        calls.Add((JsonNode)CallOf(call));
                        break;
                    case TextContent or TextReasoningContent or UsageContent or ErrorContent:
                        break;
                    default:
                        throw new JtfaInvalidValueException(
                            address,
                            $"a message has a {content.GetType().Name}: allowed are texts, calls of functions and their results");
                }
            }

            if (hasResults && message.Text.Length == 0 && calls.Count == 0) continue;
            var said = Message(message.Role, message.Text);
            if (message.AuthorName is { } name) said["name"] = name;
            if (calls.Count > 0) said["tool_calls"] = calls;
            all.Add((JsonNode)said);
        }

        return all.Count > 0 ? all : throw new JtfaInvalidValueException(address, "there are no messages: give one or more");
    }

    private static JsonObject Message(ChatRole role, string content) => new() { ["role"] = role.Value, ["content"] = content };

    private static JsonObject CallOf(FunctionCallContent call) => new()
    {
        ["id"] = call.CallId,
        ["type"] = "function",
        ["function"] = new JsonObject
        {
            ["name"] = call.Name,
            ["arguments"] = JsonSerializer.Serialize(call.Arguments ?? new Dictionary<string, object?>(), s_json),
        },
    };

    private static string TextOf(object? result) => result switch
    {
        null => "",
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } text => text.GetString()!,
        _ => JsonSerializer.Serialize(result, s_json),
    };

    private static JsonArray ToolsOf(string address, ChatOptions options)
    {
        var all = new JsonArray();
        if (options.ToolMode is NoneChatToolMode) return all;
        foreach (var tool in options.Tools ?? [])
        {
            if (tool is not AIFunctionDeclaration function)
                throw new JtfaInvalidValueException(address, $"the tool {tool.Name} is a {tool.GetType().Name}: allowed are functions");
            all.Add((JsonNode)new JsonObject
            {
                ["type"] = "function",
                ["function"] = new JsonObject
                {
                    ["name"] = function.Name,
                    ["description"] = function.Description,
                    ["parameters"] = JsonNode.Parse(function.JsonSchema.GetRawText()),
                },
            });
        }

        return all;
    }

    /// <summary>Options that Microsoft.Extensions.AI has no member for.</summary>
    private sealed class AdditionalValues(string address, AdditionalPropertiesDictionary? values)
    {
        public double? Number(string name) => Find(name) is { } value
            ? value is { ValueKind: JsonValueKind.Number } && value.TryGetDouble(out var number) ? number : throw Wrong(name, "a number")
            : null;

        public string? Text(string name) => Find(name) is { } value
            ? value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(name, "a text")
            : null;

        public JsonObject? Object(string name) => Find(name) is { } value
            ? value.ValueKind == JsonValueKind.Object ? JsonObject.Create(value) : throw Wrong(name, "an object")
            : null;

        public Dictionary<int, double>? Bias(string name)
        {
            if (Find(name) is not { } value) return null;
            try
            {
                return value.Deserialize<Dictionary<int, double>>();
            }
            catch (JsonException)
            {
                throw Wrong(name, "text tokens and numbers, such as {\"15\": -100}");
            }
        }

        private JsonElement? Find(string name)
        {
            if (values?.TryGetValue(name, out var value) != true || value is null) return null;
            try
            {
                return JsonSerializer.SerializeToElement(value, s_json);
            }
            catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
            {
                throw Wrong(name, "what JSON has a form for"); // no number, as NaN, or no data at all
            }
        }

        private JtfaInvalidValueException Wrong(string name, string allowed) => new(address, $"'{name}': allowed is {allowed}");
    }
}
