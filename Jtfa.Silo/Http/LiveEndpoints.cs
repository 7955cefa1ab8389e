using System.ComponentModel;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Jtfa.Silo.Http;

/// <summary>Server-sent events: a scene's decisions as they are made, and what the live page shows.</summary>
internal static class LiveEndpoints
{
    private const int MostLast = 1_000;

    public static void MapLive(this IEndpointRouteBuilder api)
    {
        api.MapGroup("/scenes/{scene}").OfKnownScene().MapGet("/decisions/live", FollowAsync).WithName("followDecisions").WithTags("live")
            .WithSummary(
                "A scene's decisions as they are made (event: decision), each once and in the order of the log; after a reconnect from " +
                "behind Last-Event-ID.")
            .Produces<string>(StatusCodes.Status200OK, "text/event-stream").ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        api.MapGet("/live", ShowAsync).WithName("getLive").WithTags("live")
            .WithSummary("What the live page shows, ten times a second (event: live): every scene in a line, and one in full.")
            .Produces<string>(StatusCodes.Status200OK, "text/event-stream").ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<IResult> FollowAsync(
        [Description(SceneEndpoints.Name)] string scene, HttpContext context, Readers readers, DecisionFeeds feeds, IGrainFactory grains,
        DecisionReader log,
        TimeProvider clock,
        [FromHeader(Name = "Last-Event-ID"), Description("Id of the event to go on behind.")] string? lastEventId,
        [Description("Begin with so many of the last decisions, at most 1,000.")] int last = 0)
    {
        if (last is < 0 or > MostLast) return Problems.Create([$"last={last}: allowed is 0 … {MostLast}"]);
        DecisionPosition? after = null;
        if (lastEventId is { Length: > 0 } && !DecisionPosition.TryParse(lastEventId, out after))
            return Problems.Create([$"Last-Event-ID={lastEventId}: allowed is the id of an event of this stream"]);

        DecisionFollower By(DecisionFeed feed) => new(feed, grains.GetGrain<ISceneGrain>(scene), log, clock);
        return await readers.ServeAsync(
            context, (reader, stop) => feeds.FollowAsync(scene, feed => By(feed).ServeAsync(reader, last, after, stop)));
    }

    private static Task<IResult> ShowAsync(
        HttpContext context, Readers readers, LiveBoard board, SceneCatalog scenes,
        [Description("The scene to tell of in full; without it only the overview is told.")] string? scene = null) =>
        scene is not null && !scenes.Names.Contains(scene)
            ? Task.FromResult<IResult>(SceneEndpoints.Unknown(scene, scenes))
            : readers.ServeAsync(context, (reader, stop) => UpdateAsync(board, scene, reader, stop));

    private static async Task UpdateAsync(LiveBoard board, string? scene, EventStream reader, CancellationToken stop)
    {
        using var page = board.Open(scene);
        var update = board.Newest;
        var first = await board.FirstAsync(scene, stop);
        await reader.BeginAsync(stop);
        await reader.WriteAsync(first, stop);
        while (true)
        {
            await update.Followed.Task.WaitAsync(stop);
            var last = update.Number;
            update = board.Newest;
            await reader.WriteAsync(update.For(scene, last), stop);
        }
    }
}
