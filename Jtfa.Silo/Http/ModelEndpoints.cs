using System.ComponentModel;
using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;
using Jtfa.Silo.Language;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Jtfa.Silo.Http;

/// <summary>What the live page shows of this silo's language models, and what the log keeps of them.</summary>
internal static class ModelEndpoints
{
    private const string Name = "The language model's name.";

    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(200);

    public static void MapModels(this IEndpointRouteBuilder api)
    {
        var model = api.MapGroup("/language/models/{model}").ProducesProblem(StatusCodes.Status404NotFound);
        model.MapGet("/live", ShowAsync).WithName("getLiveModel").WithTags("language")
            .WithSummary(
                "What the live page shows of language models, five times a second (event: model): each of the silo's, and one's last " +
                "seconds.")
            .Produces<string>(StatusCodes.Status200OK, "text/event-stream");
        model.MapGet("/minutes", GetMinutesAsync).WithName("getModelMinutes").WithTags("language")
            .WithSummary("A language model's minutes from the log, of all silos, oldest first; the minute under way is not among them.")
            .Produces<ModelMinute[]>().ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static Task<IResult> ShowAsync(
        [Description(Name)] string model, HttpContext context, Readers readers, LanguageModels models, TimeProvider clock) =>
        models.StatusOf(model) is null
            ? Task.FromResult<IResult>(Unknown(model, models))
            : readers.ServeAsync(context, (reader, stop) => UpdateAsync(models, model, clock, reader, stop));

    private static async Task UpdateAsync(
        LanguageModels models, string model, TimeProvider clock, EventStream reader, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(s_period, clock);
        await reader.BeginAsync(stop);
        var told = double.NegativeInfinity;
        do
        {
            var now = clock.UnixSeconds();
            told = Math.Min(told, now); // the clock may have been set back
            var seconds = models.SecondsOf(model, told);
            if (seconds.Length > 0) told = seconds[^1].Time;
            var update = new ModelUpdate(now, [.. models.Names.Select(models.StatusOf).OfType<ModelStatus>()], seconds)
            {
                Ring = models.RingOf(model),
            };
            await reader.WriteAsync(EventStream.Frame("model", null, update, JtfaJson.Options), stop);
        }
        while (await timer.WaitForNextTickAsync(stop));
    }

    private static async Task<IResult> GetMinutesAsync(
        [Description(Name)] string model,
        [Description("Minutes that began then or later (RFC 3339).")] DateTimeOffset? from,
        [Description("Minutes that began before then (RFC 3339).")] DateTimeOffset? to,
        DecisionReader reader, LanguageModels models, CancellationToken stop,
        [Description("At most so many, the newest: 1 … 10500.")] int limit = 60)
    {
        if (models.StatusOf(model) is null) return Unknown(model, models);
        var query = new ModelMinuteQuery { Model = model, From = from, To = to, Limit = limit };
        return query.Faults().ToList() is { Count: > 0 } faults
            ? Problems.Create(faults)
            : TypedResults.Ok(await reader.GetModelMinutesAsync(query, stop));
    }

    private static ProblemHttpResult Unknown(string model, LanguageModels models) => Problems.Create(
        StatusCodes.Status404NotFound,
        models.Names.Any()
            ? $"Language model '{model}' is not configured: known are {string.Join(", ", models.Names)}"
            : $"Language model '{model}' is not configured: this silo has none");
}
