using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Http.OpenAI;

/// <summary>What a body of <c>/v1/completions</c> or <c>/v1/chat/completions</c> asks for.</summary>
/// <param name="Text">The text.</param>
/// <param name="Streams">Whether the text is told while it is made.</param>
/// <param name="Form">How it is told.</param>
internal sealed record CompletionRequest(TextRequest Text, bool Streams, AnswerForm Form)
{
    private const int CompletionTokens = 16; // OpenAI's
    private const int MostSecondsKept = 3600;
    private const int MostLikeliest = 20;
    private const int MostStops = 16;

    /// <summary>Reads a completion's body.</summary>
    /// <exception cref="ApiFault">It is wrong.</exception>
    public static CompletionRequest OfCompletion(RequestBody body)
    {
        if (body.Text("suffix") is { Length: > 0 }) throw ApiFault.Wrong("'suffix' is not supported: leave it out.", "suffix");
        if (body.Flag("echo") == true) throw ApiFault.Wrong("'echo' is not supported: leave it out.", "echo");
        var prompt = body.Element("prompt") ?? throw ApiFault.Wrong("'prompt' is missing: give it, too.", "prompt");
        var request = Common(body) with
        {
            MaxTokens = (int?)body.Whole("max_tokens", 1, int.MaxValue) ?? CompletionTokens,
            LogProbabilities = (int?)body.Whole("logprobs", 0, MostLikeliest),
            Prompt = RequestBody.TextOf(Sole(prompt)),
            PromptTokens = RequestBody.TokensOf(prompt) ?? RequestBody.TokensOf(Sole(prompt)),
        };
        if (request.Prompt is null && request.PromptTokens is null)
            throw body.Wrong("prompt", "one text, or the text tokens of one");
        return Of(body, request with { PromptTokens = request.Prompt is null ? request.PromptTokens : null }, new());
    }

    /// <summary>Reads a chat's body.</summary>
    /// <exception cref="ApiFault">It is wrong.</exception>
    public static CompletionRequest OfChat(RequestBody body)
    {
        var messages = body.Element("messages") ?? throw ApiFault.Wrong("'messages' is missing: give it, too.", "messages");
        var tellsChances = body.Flag("logprobs") == true;
        var request = Common(body) with
        {
            MaxTokens = (int?)(body.Whole("max_completion_tokens", 1, int.MaxValue) ?? body.Whole("max_tokens", 1, int.MaxValue)),
            LogProbabilities = tellsChances ? (int?)body.Whole("top_logprobs", 0, MostLikeliest) ?? 0 : null,
            Messages = MessagesOf(messages),
        };
        var tools = ToolChoice.Read(body);
        request = request with { TemplateVariables = VariablesOf(body, tools) };
        if (tools is { Schema: { } call })
        {
            if (request.JsonSchema is not null)
                throw ApiFault.Wrong("'tool_choice' wants the call of a tool, and 'response_format' JSON: give one.", "tool_choice");
            request = request with { JsonSchema = call };
        }

        return Of(
            body, request, new() { IsChat = true, CallsTools = tools is not null, MustCall = tools?.Schema is not null });
    }

    private static CompletionRequest Of(RequestBody body, TextRequest request, AnswerForm form) => new(
        request, body.Flag("stream") == true,
        form with { TellsUsage = body.Object("stream_options")?.Flag("include_usage") == true });

    private static TextRequest Common(RequestBody body)
    {
        body.Whole("n", 1, 1);
        body.Whole("best_of", 1, 1);
        var stops = body.Texts("stop");
        if (stops.Length > MostStops) throw body.Wrong("stop", $"up to {MostStops} texts");
        return new()
        {
            Model = body.RequiredText("model"),
            Temperature = body.Number("temperature"),
            TopP = body.Number("top_p"),
            TopK = (int?)body.Whole("top_k", 0, int.MaxValue),
            MinP = body.Number("min_p"),
            RepetitionPenalty = body.Number("repeat_penalty") ?? body.Number("repetition_penalty"),
            PresencePenalty = body.Number("presence_penalty"),
            FrequencyPenalty = body.Number("frequency_penalty"),
            Seed = body.Whole("seed", long.MinValue, long.MaxValue) is { } seed ? unchecked((ulong)seed) : null,
            Stop = stops,
            LogitBias = BiasOf(body),
            JsonSchema = SchemaOf(body),
            Keep = TimeSpan.FromSeconds(body.Whole("jtfa_keep", 1, MostSecondsKept) ?? 0),

            // All who show the same token are one owner, but for those that they tell apart themselves.
            Owner = $"{body.Text("user")}\n{body.Text("safety_identifier")}\n{body.Text("prompt_cache_key")}",
        };
    }

    private static Dictionary<int, double>? BiasOf(RequestBody body)
    {
        if (body.Object("logit_bias") is null) return null;
        var bias = new Dictionary<int, double>();
        foreach (var member in body.Element("logit_bias")!.Value.EnumerateObject())
        {
            if (!int.TryParse(member.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var token)
                || member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetDouble(out var value) || !double.IsFinite(value))
                throw body.Wrong("logit_bias", "text tokens and numbers, such as {\"15\": -100}");
            bias[token] = value;
        }

        return bias;
    }

    private static string? SchemaOf(RequestBody body)
    {
        if (body.Object("response_format") is not { } format) return body.Object("json_schema") is null ? null : Raw("json_schema");
        switch (format.RequiredText("type"))
        {
            case "text": return null;
            case "json_object": return format.Element("schema")?.GetRawText() ?? """{"type":"object"}""";
            case "json_schema":
                var named = format.Object("json_schema") ?? throw format.Wrong("json_schema", "an object with a schema");
                return named.Element("schema")?.GetRawText() ?? throw named.Wrong("schema", "a JSON schema");
            default: throw format.Wrong("type", "text, json_object or json_schema");
        }

        string Raw(string name) => body.Element(name)!.Value.GetRawText();
    }

    private static string MessagesOf(JsonElement messages)
    {
        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
            throw ApiFault.Wrong("'messages': allowed is an array of one message or more.", "messages");
        var all = new JsonArray();
        foreach (var message in messages.EnumerateArray())
        {
            if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("role", out var role)
                || RequestBody.TextOf(role) is null)
                throw ApiFault.Wrong("'messages': allowed are objects with a role and a content.", "messages");
            var written = new JsonObject();
            foreach (var member in message.EnumerateObject())
            {
                if (member.Name == "content") written["content"] = ContentOf(member.Value);
                else written[member.Name] = JsonNode.Parse(member.Value.GetRawText());
            }

            written.TryAdd("content", "");
            all.Add(written);
        }

        return all.ToJsonString();
    }

    // Templates know one text; OpenAI's clients also send it in parts.
    private static string ContentOf(JsonElement content)
    {
        if (content.ValueKind == JsonValueKind.Null) return "";
        if (RequestBody.TextOf(content) is { } text) return text;
        var fault = ApiFault.Wrong("'messages': allowed as content is a text, or parts of the type text.", "messages");
        if (content.ValueKind != JsonValueKind.Array) throw fault;
        var parts = new List<string>();
        foreach (var part in content.EnumerateArray())
        {
            if (part.ValueKind != JsonValueKind.Object || !part.TryGetProperty("type", out var type) || RequestBody.TextOf(type) != "text"
                || !part.TryGetProperty("text", out var said) || RequestBody.TextOf(said) is not { } one) throw fault;
            parts.Add(one);
        }

        return string.Concat(parts);
    }

    private static string? VariablesOf(RequestBody body, ToolChoice? tools)
    {
        if (body.Object("chat_template_kwargs") is null && tools is null) return null;
        var variables = body.Element("chat_template_kwargs") is { } given ? JsonNode.Parse(given.GetRawText())!.AsObject() : [];
        foreach (var name in (string[])["messages", "add_generation_prompt", "bos_token", "eos_token"]) variables.Remove(name);
        if (tools is not null) variables["tools"] = JsonNode.Parse(tools.Tools.GetRawText());
        return variables.ToJsonString();
    }

    private static JsonElement Sole(JsonElement prompt) =>
        prompt.ValueKind == JsonValueKind.Array && prompt.GetArrayLength() == 1 ? prompt[0] : prompt;
}
