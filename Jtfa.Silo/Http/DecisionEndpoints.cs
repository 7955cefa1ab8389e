using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Jtfa.Silo.Http;

/// <summary>The decision log: queries, single decisions, statistics over a time span, a scene's minutes.</summary>
internal static class DecisionEndpoints
{
    private static readonly TimeSpan s_usualSpan = TimeSpan.FromHours(1);

    public static void MapDecisions(this IEndpointRouteBuilder api)
    {
        api.MapGet(
            "/decisions",
            ([AsParameters] DecisionParameters parameters, DecisionReader reader, CancellationToken stop) =>
                QueryAsync(null, parameters, reader, stop))
            .WithName("queryAllDecisions").WithTags("decisions").WithSummary("Decisions of all scenes, a page at a time.")
            .Produces<DecisionPage>().ProducesProblem(StatusCodes.Status400BadRequest);

        var scene = api.MapGroup("/scenes/{scene}").OfKnownScene();
        scene.MapGet(
            "/decisions",
            ([Description(SceneEndpoints.Name)] string scene, [AsParameters] DecisionParameters parameters, DecisionReader reader,
                CancellationToken stop) => QueryAsync(scene, parameters, reader, stop))
            .WithName("queryDecisions").WithTags("decisions")
            .WithSummary("A scene's decisions, a page at a time: go on with next as cursor.")
            .Produces<DecisionPage>().ProducesProblem(StatusCodes.Status400BadRequest);
        scene.MapGet("/decisions/{id:long}", FindAsync).WithName("getDecision").WithTags("decisions")
            .WithSummary("One decision, by its id.").Produces<Decision>();
        scene.MapGet("/decisions/{id:long}/detail", ExplainAsync).WithName("getDecisionDetail").WithTags("decisions")
            .WithSummary(
                "How one of the last decisions came about: its tokens, their times, and what each counted in the gate. Lanes remember it " +
                "of their last 16 decisions.")
            .Produces<DecisionDetail>();
        scene.MapGet("/statistics", GetStatisticsAsync).WithName("getStatistics").WithTags("decisions")
            .WithSummary("What the log holds of a scene over a time span; of the last hour unless told otherwise.")
            .Produces<SpanStatistics>().ProducesProblem(StatusCodes.Status400BadRequest);
        scene.MapGet("/minutes", GetMinutesAsync).WithName("getMinutes").WithTags("decisions")
            .WithSummary("A scene's minutes from the log, oldest first; the minute under way is not among them.")
            .Produces<SceneMinute[]>().ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> QueryAsync(
        string? scene, DecisionParameters parameters, DecisionReader reader, CancellationToken stop)
    {
        return parameters.Faults().ToList() is { Count: > 0 } faults
            ? Problems.Create(faults)
            : TypedResults.Ok(await reader.QueryAsync(parameters.Query(scene), stop));
    }

    private static async Task<IResult> FindAsync(
        [Description(SceneEndpoints.Name)] string scene,
        [Description("Decision id; of one that came again after the clock was set back, the last is meant.")] long id,
        DecisionReader reader, CancellationToken stop) =>
        await reader.FindAsync(scene, id, stop) is { } decision
            ? TypedResults.Ok(decision)
            : Problems.Create(
                StatusCodes.Status404NotFound,
                $"The log has no decision {id} of scene '{scene}'; one that was just made is there within a moment.");

    private static async Task<IResult> ExplainAsync(
        [Description(SceneEndpoints.Name)] string scene, [Description("Decision id.")] long id, IGrainFactory grains,
        CancellationToken stop, [Description("Clock epoch; without it the present one.")] int? clockEpoch = null)
    {
        var routing = await grains.GetGrain<ISceneGrain>(scene).GetRoutingAsync(stop);
        var details = await grains.GetDetailsAsync(scene, routing, [new(clockEpoch ?? routing.ClockEpoch, id)], withVectors: true);
        return details.Length > 0
            ? TypedResults.Ok(details[0])
            : Problems.Create(
                StatusCodes.Status404NotFound,
                $"How decision {id} of scene '{scene}' came about is not known any more: lanes remember it of their last " +
                $"{DecisionDetail.KeptPerLane} decisions.");
    }

    private static async Task<IResult> GetStatisticsAsync(
        [Description(SceneEndpoints.Name)] string scene,
        [Description("Decisions fired then or later (RFC 3339; default: an hour before to).")] DateTimeOffset? from,
        [Description("Decisions fired before then (RFC 3339; default: now).")] DateTimeOffset? to,
        DecisionReader reader, TimeProvider clock, CancellationToken stop)
    {
        var until = to ?? clock.GetUtcNow();
        var since = from ?? (until - DateTimeOffset.MinValue > s_usualSpan ? until - s_usualSpan : DateTimeOffset.MinValue);
        return until < since
            ? Problems.Create([$"from={since:O}: allowed is no later than to ({until:O})"])
            : TypedResults.Ok(await reader.GetStatisticsAsync(scene, since, until, stop));
    }

    private static async Task<IResult> GetMinutesAsync(
        [Description(SceneEndpoints.Name)] string scene,
        [Description("Minutes that began then or later (RFC 3339).")] DateTimeOffset? from,
        [Description("Minutes that began before then (RFC 3339).")] DateTimeOffset? to,
        DecisionReader reader, CancellationToken stop,
        [Description("At most so many, the newest: 1 … 10500.")] int limit = 60)
    {
        var query = new MinuteQuery { Scene = scene, From = from, To = to, Limit = limit };
        return query.Faults().ToList() is { Count: > 0 } faults
            ? Problems.Create(faults)
            : TypedResults.Ok(await reader.GetMinutesAsync(query, stop));
    }
}

/// <summary>Which decisions are asked for, as query parameters: all that is given must hold.</summary>
/// <param name="From">Fired then or later (RFC 3339).</param>
/// <param name="To">Fired before then (RFC 3339).</param>
/// <param name="FromId">Smallest decision id.</param>
/// <param name="ToId">Largest decision id.</param>
/// <param name="Cause">Why it fired.</param>
/// <param name="Pred">The class decided for.</param>
/// <param name="Correct">true: decided correctly; false: wrongly, the label being known.</param>
/// <param name="Cursor">Where to go on: next of the page before.</param>
/// <param name="Order">newest (first) or oldest (first), by clock epoch and then by when they fired.</param>
/// <param name="Limit">Decisions of a page: 1 … 1000.</param>
internal sealed record DecisionParameters(
    DateTimeOffset? From, DateTimeOffset? To, long? FromId, long? ToId, FireCause? Cause, int? Pred, bool? Correct, string? Cursor,
    [property: AllowedValues(DecisionParameters.Newest, DecisionParameters.Oldest)] string Order = DecisionParameters.Newest,
    int Limit = 100)
{
    private const string Newest = "newest";
    private const string Oldest = "oldest";

    /// <summary>What is wrong with them, one line a fault.</summary>
    public IEnumerable<string> Faults() =>
        Order is Newest or Oldest ? Query(null).Faults() : Query(null).Faults().Prepend($"order={Order}: allowed is {Newest}, {Oldest}");

    public DecisionQuery Query(string? scene) => new()
    {
        Scene = scene,
        From = From,
        To = To,
        FromId = FromId,
        ToId = ToId,
        Cause = Cause,
        Pred = Pred,
        Correct = Correct,
        OldestFirst = Order == Oldest,
        Limit = Limit,
        Cursor = Cursor is { Length: > 0 } ? Cursor : null,
    };
}
