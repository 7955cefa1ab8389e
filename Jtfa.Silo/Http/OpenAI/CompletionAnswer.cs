using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Jtfa.Interfaces;
using Microsoft.AspNetCore.Http;

namespace Jtfa.Silo.Http.OpenAI;

/// <summary>Writes a text as OpenAI's API does: whole, or a chunk at a time.</summary>
/// <param name="id">The text's name.</param>
/// <param name="created">When it was asked for, seconds since 1970.</param>
/// <param name="model">The model that writes it.</param>
/// <param name="form">How it is told.</param>
internal sealed class CompletionAnswer(string id, long created, string model, AnswerForm form)
{
    /// <summary>What ends a stream.</summary>
    public static readonly byte[] Done = "data: [DONE]\n\n"u8.ToArray();

    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly StringBuilder _text = new();
    private readonly JsonArray _chances = [];
    private int _told;

    private bool IsChat => form.IsChat;

    /// <summary>One event of a stream.</summary>
    public static byte[] Frame(JsonObject data) => Encoding.UTF8.GetBytes($"data: {data.ToJsonString(s_json)}\n\n");

    /// <summary>One event of a stream that can be read again from behind it.</summary>
    public static byte[] Frame(JsonObject data, int read) =>
        [.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {read}\n")), .. Frame(data)];

    /// <summary>What says that a text did not come to its end; null where it did.</summary>
    public static ApiFault? FaultOf(TextEnd end) => end.Finish switch
    {
        TextFinish.Stop or TextFinish.Length => null,
        TextFinish.Failed => new(StatusCodes.Status500InternalServerError, end.Fault ?? "The text failed."),
        _ => new(StatusCodes.Status503ServiceUnavailable, end.Fault ?? "The text was ended before its end.", code: "ended"),
    };

    /// <summary>What the text cost.</summary>
    public static JsonObject UsageOf(TextEnd end) => new()
    {
        ["prompt_tokens"] = end.PromptTokens,
        ["completion_tokens"] = end.CompletionTokens,
        ["total_tokens"] = end.PromptTokens + end.CompletionTokens,
        ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = end.CachedTokens },
    };

    /// <summary>Takes a piece of the text.</summary>
    public void Add(TextPiece piece)
    {
        if (piece.Chance is { } chance) _chances.Add(ChanceOf(chance, piece.Likeliest, _text.Length));
        _text.Append(piece.Text);
    }

    /// <summary>The first chunk, which tells who speaks; null where nobody does.</summary>
    public JsonObject? Opening() => IsChat ? Chunk(new JsonObject { ["role"] = "assistant", ["content"] = "" }, "", null, null) : null;

    /// <summary>What can be told of the text by now and was not yet; null: nothing.</summary>
    public JsonObject? Next()
    {
        var (text, chances) = (TakeTellable(isEnd: false), TakeChances());
        return text.Length == 0 && chances is null ? null : Chunk(new JsonObject { ["content"] = text }, text, chances, null);
    }

    /// <summary>The chunks that end a stream.</summary>
    public IEnumerable<JsonObject> Closing(TextEnd end)
    {
        var rest = TakeTellable(isEnd: true);
        var calls = form.CallsTools ? ToolChoice.TakeCalls(ref rest, form.MustCall) : null;
        if (rest.Length > 0) yield return Chunk(new JsonObject { ["content"] = rest }, rest, TakeChances(), null);
        if (calls is not null)
        {
            for (var i = 0; i < calls.Count; i++) calls[i]!["index"] = i;
            yield return Chunk(new JsonObject { ["tool_calls"] = calls }, "", null, null);
        }

        yield return Chunk([], "", TakeChances(), FinishOf(end, calls));
        if (!form.TellsUsage) yield break;
        var last = Head("");
        last["choices"] = new JsonArray();
        last["usage"] = UsageOf(end);
        yield return last;
    }

    /// <summary>The whole answer.</summary>
    public JsonObject Whole(TextEnd end)
    {
        var text = _text.ToString();
        var calls = form.CallsTools ? ToolChoice.TakeCalls(ref text, form.MustCall) : null;
        var choice = new JsonObject { ["index"] = 0 };
        if (IsChat)
        {
            var message = new JsonObject { ["role"] = "assistant", ["content"] = calls is not null && text.Length == 0 ? null : text };
            if (calls is not null) message["tool_calls"] = calls;
            choice["message"] = message;
        }
        else
        {
            choice["text"] = text;
        }

        choice["logprobs"] = TakeChances();
        choice["finish_reason"] = FinishOf(end, calls);
        var answer = Head(".completion");
        answer["choices"] = new JsonArray(choice);
        answer["usage"] = UsageOf(end);
        return answer;
    }

    private static string FinishOf(TextEnd end, JsonArray? calls) =>
        calls is not null ? "tool_calls" : end.Finish == TextFinish.Length ? "length" : "stop";

    // What may become the call of a tool is told when that is known.
    private string TakeTellable(bool isEnd)
    {
        if (_text.Length == _told || (form.MustCall && !isEnd)) return "";
        var text = _text.ToString(_told, _text.Length - _told);
        if (form.CallsTools && !isEnd) text = text[..ToolCalls.TellableOf(text)];
        _told += text.Length;
        return text;
    }

    private JsonObject Chunk(JsonObject delta, string text, JsonObject? chances, string? finish)
    {
        var choice = new JsonObject { ["index"] = 0 };
        if (IsChat) choice["delta"] = delta;
        else choice["text"] = text;
        choice["logprobs"] = chances;
        choice["finish_reason"] = finish;
        var chunk = Head(".completion.chunk");
        chunk["choices"] = new JsonArray(choice);
        if (form.TellsUsage) chunk["usage"] = null;
        return chunk;
    }

    private JsonObject Head(string kind) => new()
    {
        ["id"] = id,
        ["object"] = IsChat ? $"chat{(kind.Length > 0 ? kind : ".completion.chunk")}" : "text_completion",
        ["created"] = created,
        ["model"] = model,
    };

    private JsonObject? TakeChances()
    {
        if (_chances.Count == 0) return null;
        var taken = _chances.ToList();
        _chances.Clear();
        if (IsChat) return new JsonObject { ["content"] = new JsonArray([.. taken]) };
        var (tokens, chances, likeliest, offsets) = (new JsonArray(), new JsonArray(), new JsonArray(), new JsonArray());
        foreach (var one in taken)
        {
            tokens.Add(one!["token"]!.DeepClone());
            chances.Add(one["logprob"]!.DeepClone());
            offsets.Add(one["offset"]!.DeepClone());
            var top = new JsonObject();
            foreach (var other in one["top_logprobs"]!.AsArray()) top[(string)other!["token"]!] = other["logprob"]!.DeepClone();
            likeliest.Add(top);
        }

        return new JsonObject
        {
            ["tokens"] = tokens,
            ["token_logprobs"] = chances,
            ["top_logprobs"] = likeliest,
            ["text_offset"] = offsets,
        };
    }

    private JsonObject ChanceOf(TokenChance chance, TokenChance[] likeliest, int offset)
    {
        var told = ChanceOf(chance);
        told["top_logprobs"] = new JsonArray([.. likeliest.Select(ChanceOf)]);
        if (!IsChat) told["offset"] = offset;
        return told;
    }

    private static JsonObject ChanceOf(TokenChance chance) => new()
    {
        ["token"] = Encoding.UTF8.GetString(chance.Bytes),
        ["logprob"] = double.IsFinite(chance.LogProbability) ? chance.LogProbability : -9999, // as OpenAI tells what cannot be
        ["bytes"] = new JsonArray([.. chance.Bytes.Select(one => (JsonNode)one)]),
    };
}
