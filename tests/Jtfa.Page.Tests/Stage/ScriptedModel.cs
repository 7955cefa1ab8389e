using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Jtfa.Page.Tests.Stage;

/// <summary>A language model whose figures and answers a test has in hand.</summary>
internal sealed class ScriptedModel(string name)
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(100);

    public ModelStatus Status { get; set; } = new()
    {
        Name = name,
        State = ModelState.Loaded,
        Bytes = 25_480_397,
        LongestText = 2048,
        Threads = 3,
        Pages = 1024,
        PagesRead = 37,
        PagesRemembered = 12,
        Running = 2,
        Waiting = 1,
        PromptTokens = 4_200,
        CompletionTokens = 12_345,
    };

    /// <summary>Its stages; null: it is on one silo.</summary>
    public RingStatus? Ring { get; set; }

    /// <summary>Share of drafts that were taken; NaN: there are none.</summary>
    public double Acceptance { get; set; } = double.NaN;

    /// <summary>Pieces of every answer.</summary>
    public string[] Answer { get; set; } = ["A silo ", "holds ", "grain."];

    /// <summary>After its pieces an answer goes on without end, until its reader goes.</summary>
    public bool IsEndless { get; set; }

    /// <summary>What is answered instead, with its status; null: nothing is.</summary>
    public (int Status, string Message)? Refusal { get; set; }

    /// <summary>The log's minutes.</summary>
    public ModelMinute[] Minutes { get; set; } = [];

    /// <summary>What was asked of it.</summary>
    public ConcurrentQueue<JsonNode> Requests { get; } = [];

    /// <summary>Completes when the reader of an endless answer has gone.</summary>
    public TaskCompletionSource Left { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static void Map(WebApplication application, Func<ScriptedModel[]> models)
    {
        ScriptedModel? Find(string name) => Array.Find(models(), model => model.Status.Name == name);

        application.MapGet("/v1/models", () => new { data = models().Select(model => new { id = model.Status.Name, model.Status }) });
        application.MapPost("/v1/models/{model}/load", (string model) => Find(model)!.Switch(ModelState.Loaded));
        application.MapPost("/v1/models/{model}/unload", (string model) => Find(model)!.Switch(ModelState.Unloaded));
        application.MapGet("/v1/language/models/{model}/minutes", (string model) => Find(model)!.Minutes);
        application.MapGet("/v1/language/models/{model}/live", (string model, HttpContext context) => Find(model) is { } found
            ? found.ShowAsync(context, models)
            : TypedResults.Problem($"Language model '{model}' is not configured.", statusCode: 404).ExecuteAsync(context));
        application.MapPost("/v1/chat/completions", async (HttpContext context) =>
        {
            var request = (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!;
            await Find((string)request["model"]!)!.AnswerAsync(request, context);
        });
    }

    /// <summary>A second as it was so long ago.</summary>
    public ModelSecond Second(double time)
    {
        var wave = Math.Sin(time / 9);
        return new()
        {
            Time = time,
            Prefilled = (long)time % 7 == 0 ? 480 : 0,
            Decoded = 61.5 + (18 * wave),
            Batch = 2.4,
            Running = 2 + (int)Math.Round(wave),
            Waiting = wave > 0.5 ? 1 : 0,
            PagesRead = 37 + (int)(20 * wave),
            PagesRemembered = 12,
            Ended = 14,
            FirstTokenP50 = 0.042 + (0.01 * wave),
            FirstTokenP99 = 0.131 + (0.03 * wave),
            PerTokenP50 = 0.0153,
            PerTokenP99 = 0.0224 + (0.004 * wave),
            Acceptance = Acceptance,
        };
    }

    private IResult Switch(ModelState state)
    {
        if (Refusal is { } refusal)
            return TypedResults.Json(new { error = new { message = refusal.Message } }, statusCode: refusal.Status);
        Status = Status with { State = state, Running = 0, Waiting = 0 };
        return TypedResults.Ok();
    }

    private async Task ShowAsync(HttpContext context, Func<ScriptedModel[]> models)
    {
        var stop = context.RequestAborted;
        context.Response.ContentType = "text/event-stream";
        using var clock = new PeriodicTimer(s_period);
        var told = Math.Floor(TimeProvider.System.UnixSeconds()) - ModelSecond.MostKept;
        do
        {
            var now = TimeProvider.System.UnixSeconds();
            List<ModelSecond> seconds = [];
            for (; told + 1 <= now; told++) seconds.Add(Second(told + 1));
            var update = new ModelUpdate(now, [.. models().Select(model => model.Status)], [.. seconds]) { Ring = Ring };
            await WriteAsync(context, $"event: model\ndata: {JsonSerializer.Serialize(update, JtfaJson.Options)}\n\n");
        }
        while (await clock.WaitForNextTickAsync(stop));
    }

    private async Task AnswerAsync(JsonNode request, HttpContext context)
    {
        Requests.Enqueue(request);
        if (Refusal is { } refusal)
        {
            var fault = TypedResults.Json(new { error = new { message = refusal.Message } }, statusCode: refusal.Status);
            await fault.ExecuteAsync(context);
            return;
        }

        context.Response.ContentType = "text/event-stream";
        foreach (var piece in Answer) await SayAsync(context, piece);
        try
        {
            for (var at = 0; IsEndless; at++)
            {
                await SayAsync(context, $" {at}");
                await Task.Delay(s_period, context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            Left.SetResult();
            return;
        }

        const string End = """
            data: {"choices":[{"delta":{},"finish_reason":"stop"}]}

            data: {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4}}}

            data: [DONE]


            """;
        await WriteAsync(context, End.ReplaceLineEndings("\n"));
    }

    private static Task SayAsync(HttpContext context, string text) =>
        WriteAsync(context, $"data: {new JsonObject
        {
            ["choices"] = new JsonArray(new JsonObject { ["delta"] = new JsonObject { ["content"] = text } }),
        }.ToJsonString()}\n\n");

    private static async Task WriteAsync(HttpContext context, string text)
    {
        await context.Response.WriteAsync(text, context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }
}
