using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Jtfa.Interfaces;
using Jtfa.Silo.Language;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace Jtfa.Silo.Http.OpenAI;

/// <summary>
/// Language models by OpenAI's API, with llama.cpp's additions (docs/serving.md). OpenAI's own document describes these requests, so ours
/// leaves them out.
/// </summary>
internal static class LanguageEndpoints
{
    private const int LongestName = 256;
    private const int MostTexts = 2048; // OpenAI's

    private static readonly string[] s_paths =
        ["/v1/models", "/v1/completions", "/v1/chat", "/v1/embeddings", "/v1/generations", "/tokenize", "/detokenize"];

    /// <summary>Whether faults at a path are told in OpenAI's shape.</summary>
    public static bool Have(PathString path) => s_paths.Any(known => path.StartsWithSegments(known));

    public static void MapLanguage(this IEndpointRouteBuilder application)
    {
        var api = application.MapGroup("").WithMetadata(new LargerBody()).ExcludeFromDescription();
        api.AddEndpointFilter(ApiFault.Filter);
        api.MapGet("/v1/models", GetModelsAsync);
        api.MapGet("/v1/models/{model}", GetModelAsync);
        api.MapPost("/v1/models/{model}/load", LoadAsync);
        api.MapPost("/v1/models/{model}/unload", UnloadAsync);
        api.MapPost("/v1/completions", (HttpContext context, IGrainFactory grains, Readers readers, TimeProvider clock) =>
            CompleteAsync(context, grains, readers, clock, CompletionRequest.OfCompletion, "cmpl"));
        api.MapPost("/v1/chat/completions", (HttpContext context, IGrainFactory grains, Readers readers, TimeProvider clock) =>
            CompleteAsync(context, grains, readers, clock, CompletionRequest.OfChat, "chatcmpl"));
        api.MapKeptTexts();
        api.MapPost("/v1/embeddings", EmbedAsync);
        api.MapPost("/tokenize", TokenizeAsync);
        api.MapPost("/detokenize", DetokenizeAsync);
    }

    private static async Task<IResult> GetModelsAsync(IModelDirectory models, IGrainFactory grains, CancellationToken stop)
    {
        var known = await Task.WhenAll(models.Names.Select(name => StatusAsync(grains, name, stop)));
        return TypedResults.Json(new JsonObject
        {
            ["object"] = "list",
            ["data"] = new JsonArray([.. known.OfType<ModelStatus>().Select(status => (JsonNode)Described(status))]),
        });
    }

    // One silo that does not answer must not hide the others' models.
    private static async Task<ModelStatus?> StatusAsync(IGrainFactory grains, string model, CancellationToken stop)
    {
        try
        {
            return await grains.GetGrain<IModelGrain>(model).GetStatusAsync(stop);
        }
        catch (Exception fault) when (GrainCalls.IsAway(fault))
        {
            return new() { Name = model, State = ModelState.Failed, Fault = "Its silo does not answer now." };
        }
    }

    private static async Task<IResult> GetModelAsync(string model, IGrainFactory grains, CancellationToken stop) =>
        Answer(model, await ModelOf(grains, model).GetStatusAsync(stop));

    private static async Task<IResult> LoadAsync(string model, IGrainFactory grains, CancellationToken stop)
    {
        var status = await ModelOf(grains, model).LoadAsync(stop);
        return status is { State: ModelState.Failed, Fault: { } fault }
            ? throw new ApiFault(StatusCodes.Status503ServiceUnavailable, fault, code: "unavailable")
            : Answer(model, status);
    }

    private static async Task<IResult> UnloadAsync(string model, IGrainFactory grains, CancellationToken stop) =>
        Answer(model, await ModelOf(grains, model).UnloadAsync(stop));

    private static async Task<IResult> TokenizeAsync(HttpContext context, IGrainFactory grains, IModelDirectory models)
    {
        var stop = context.RequestAborted;
        var body = await RequestBody.ReadAsync(context.Request, stop);
        var model = ModelOf(grains, body.Text("model") ?? SoleOf(models));
        var told = await model.TokenizeAsync(
            body.RequiredText("content"), body.Flag("add_special") ?? false, body.Flag("parse_special") ?? true, stop);
        ApiFault.ThrowUnlessAccepted(told.Start);
        var withPieces = body.Flag("with_pieces") ?? false;
        var tokens = new JsonArray([.. told.Tokens.Select((token, i) => withPieces ? (JsonNode)Piece(token, told.Pieces[i]) : token)]);
        return TypedResults.Json(new JsonObject { ["tokens"] = tokens });
    }

    private static async Task<IResult> DetokenizeAsync(HttpContext context, IGrainFactory grains, IModelDirectory models)
    {
        var stop = context.RequestAborted;
        var body = await RequestBody.ReadAsync(context.Request, stop);
        var model = ModelOf(grains, body.Text("model") ?? SoleOf(models));
        var tokens = body.Element("tokens") is { } given ? RequestBody.TokensOf(given) : null;
        var told = await model.DetokenizeAsync(tokens ?? throw body.Wrong("tokens", "an array of text tokens"), stop);
        ApiFault.ThrowUnlessAccepted(told.Start);
        return TypedResults.Json(new JsonObject { ["content"] = told.Text });
    }

    private static async Task<IResult> EmbedAsync(HttpContext context, IGrainFactory grains)
    {
        var stop = context.RequestAborted;
        var body = await RequestBody.ReadAsync(context.Request, stop);
        var name = body.RequiredText("model");
        var texts = body.Texts("input");
        if (texts.Length is 0 or > MostTexts) throw body.Wrong("input", $"a text, or up to {MostTexts}");
        if (body.Element("dimensions") is not null) throw ApiFault.Wrong("'dimensions' is not supported: leave it out.", "dimensions");
        var isPacked = body.Text("encoding_format") switch
        {
            null or "float" => false,
            "base64" => true,
            _ => throw body.Wrong("encoding_format", "float or base64"),
        };
        var told = await ModelOf(grains, name).EmbedAsync(texts, stop);
        ApiFault.ThrowUnlessAccepted(told.Start);
        return TypedResults.Json(new JsonObject
        {
            ["object"] = "list",
            ["model"] = name,
            ["data"] = new JsonArray([.. told.Vectors.Select((vector, i) => (JsonNode)Embedding(vector, i, isPacked))]),
            ["usage"] = new JsonObject { ["prompt_tokens"] = told.Tokens, ["total_tokens"] = told.Tokens },
        });
    }

    private static JsonObject Embedding(float[] vector, int index, bool isPacked)
    {
        JsonNode numbers = isPacked
            ? Convert.ToBase64String(MemoryMarshal.AsBytes(vector.AsSpan()))
            : new JsonArray([.. vector.Select(number => (JsonNode)number)]);
        return new JsonObject { ["object"] = "embedding", ["index"] = index, ["embedding"] = numbers };
    }

    private static async Task<IResult> CompleteAsync(
        HttpContext context, IGrainFactory grains, Readers readers, TimeProvider clock, Func<RequestBody, CompletionRequest> read,
        string kind)
    {
        var stop = context.RequestAborted;
        var request = read(await RequestBody.ReadAsync(context.Request, stop));
        CheckName(request.Text.Model);
        ClientConnection.Watch(context);
        var id = $"{kind}-{Guid.NewGuid():N}";
        var generation = grains.GetGrain<IGenerationGrain>($"{request.Text.Model}/{id}");
        var text = request.Text.Keep > TimeSpan.Zero ? request.Text with { Note = request.Form.ToNote() } : request.Text;
        ApiFault.ThrowUnlessAccepted(await generation.StartAsync(text, stop));
        var reading = new TextReading(generation, new(id, clock.GetUtcNow().ToUnixTimeSeconds(), request.Text.Model, request.Form), clock)
        {
            IsKept = request.Text.Keep > TimeSpan.Zero,
        };
        try
        {
            return request.Streams
                ? await reading.ServeAsync(readers, context, from: 0)
                : TypedResults.Json(await reading.WholeAsync(stop));
        }
        finally
        {
            if (reading is { IsKept: false, IsOver: false }) await generation.CancelAsync();
        }
    }

    private static IModelGrain ModelOf(IGrainFactory grains, string model)
    {
        CheckName(model);
        return grains.GetGrain<IModelGrain>(model);
    }

    // A name that can be no model's makes no grain.
    private static void CheckName(string model)
    {
        if (model.Length is 0 or > LongestName || model.Contains('/') || model.Any(char.IsControl)) throw Unknown(model);
    }

    private static ApiFault Unknown(string model) => new(
        StatusCodes.Status404NotFound, $"There is no model '{(model.Length > LongestName ? model[..LongestName] : model)}'.", "model",
        "model_not_found");

    // llama-server, whose requests these are, has one model.
    private static string SoleOf(IModelDirectory models) => models.Names.Take(2).ToList() is [var sole]
        ? sole
        : throw ApiFault.Wrong("'model' is missing: give it, too.", "model");

    private static JsonHttpResult<JsonObject> Answer(string model, ModelStatus? status) =>
        status is null ? throw Unknown(model) : TypedResults.Json(Described(status));

    private static JsonObject Described(ModelStatus status) => new()
    {
        ["id"] = status.Name,
        ["object"] = "model",
        ["created"] = status.LoadedAt?.ToUnixTimeSeconds() ?? 0,
        ["owned_by"] = "jtfa",
        ["status"] = JsonSerializer.SerializeToNode(status, JtfaJson.Options),
    };

    private static JsonObject Piece(int token, byte[] bytes)
    {
        var text = System.Text.Encoding.UTF8.GetString(bytes);
        JsonNode piece = text.Contains('\uFFFD') ? new JsonArray([.. bytes.Select(one => (JsonNode)one)]) : text;
        return new JsonObject { ["id"] = token, ["piece"] = piece };
    }

    // Prompts are longer than what the rest of the API takes.
    private sealed class LargerBody : IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => 4 << 20;
    }
}
