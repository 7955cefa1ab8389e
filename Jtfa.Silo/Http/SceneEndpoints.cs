using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Jtfa.Silo.Http;

/// <summary>Scenes: which there are, how each is doing, its policy and its cameras.</summary>
internal static class SceneEndpoints
{
    /// <summary>What the scene in a path is.</summary>
    public const string Name = "The scene's name.";

    private static readonly JsonSerializerOptions s_strict = Strict();

    public static void MapScenes(this IEndpointRouteBuilder api)
    {
        api.MapGet(
            "/scenes",
            (IGrainFactory grains, CancellationToken stop) => grains.GetGrain<ISceneCatalogGrain>(JtfaNames.Sole).GetScenesAsync(stop))
            .WithName("getScenes").WithTags("scenes").WithSummary("The scenes, in the order of configuration.");

        var scene = api.MapGroup("/scenes/{scene}").OfKnownScene();
        scene.MapGet("/", GetSnapshotAsync).WithName("getScene").WithTags("scenes")
            .WithSummary("How a scene is doing at this moment: counters, cameras, its last seconds, windows and decisions.")
            .Produces<SceneSnapshot>().ProducesProblem(StatusCodes.Status400BadRequest);
        scene.MapGet("/policy", GetPolicyAsync).WithName("getPolicy").WithTags("scenes")
            .WithSummary("The policy that was set last: it holds, or takes hold within a second.");
        scene.MapPut("/policy", SetPolicyAsync).WithName("setPolicy").WithTags("scenes")
            .WithSummary("Sets the whole policy. It takes hold about 0.6 s later, at currentFrom, between two windows; none is lost.")
            .Accepts<ScenePolicy>("application/json").Produces<SceneRouting>().ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge).ProducesProblem(StatusCodes.Status415UnsupportedMediaType);
        scene.MapGet("/cameras", GetCamerasAsync).WithName("getCameras").WithTags("scenes")
            .WithSummary("The scene's cameras and their health, by view number.");
    }

    /// <summary>Answers 404 for unknown scenes.</summary>
    public static RouteGroupBuilder OfKnownScene(this RouteGroupBuilder group)
    {
        group.AddEndpointFilter((call, next) =>
        {
            var name = call.HttpContext.GetRouteValue("scene") as string ?? "";
            var scenes = (SceneCatalog)call.HttpContext.RequestServices.GetService(typeof(SceneCatalog))!;
            return scenes.Names.Contains(name) ? next(call) : ValueTask.FromResult<object?>(Unknown(name, scenes));
        });
        group.ProducesProblem(StatusCodes.Status404NotFound);
        return group;
    }

    /// <summary>Says which scenes there are.</summary>
    public static ProblemHttpResult Unknown(string scene, SceneCatalog scenes) =>
        Problems.Create(StatusCodes.Status404NotFound, $"Scene '{scene}' is not configured: known are {string.Join(", ", scenes.Names)}");

    private static async Task<IResult> GetSnapshotAsync(
        [Description(Name)] string scene, IGrainFactory grains, CancellationToken stop,
        [Description("Its last seconds, at most so many (it keeps 300).")] int seconds = 60,
        [Description("Who was in time for its last windows, at most so many (it keeps 256).")] int windows = 48,
        [Description("Its last decisions, at most so many (it keeps 1,000).")] int decisions = 20,
        [Description("What happened of late, at most so many (it keeps 64).")] int events = 20)
    {
        var faults = new[] { ("seconds", seconds), ("windows", windows), ("decisions", decisions), ("events", events) }
            .Where(one => one.Item2 < 0).Select(one => $"{one.Item1}={one.Item2}: allowed is 0 or more").ToList();
        return faults.Count > 0
            ? Problems.Create(faults)
            : TypedResults.Ok(
                await grains.GetGrain<ISceneGrain>(scene).GetSnapshotAsync(new SnapshotSpan(seconds, windows, decisions, events), stop));
    }

    private static async Task<ScenePolicy> GetPolicyAsync([Description(Name)] string scene, IGrainFactory grains, CancellationToken stop) =>
        (await grains.GetGrain<ISceneGrain>(scene).GetRoutingAsync(stop)).Current;

    // Read here and not by the framework, which would ignore a misspelt member and so reset the member that was meant.
    private static async Task<IResult> SetPolicyAsync(
        [Description(Name)] string scene, HttpRequest request, IGrainFactory grains, CancellationToken stop)
    {
        if (!request.HasJsonContentType())
            return Problems.Create(StatusCodes.Status415UnsupportedMediaType, "A policy comes as application/json.");
        var policy = await JsonSerializer.DeserializeAsync<ScenePolicy>(request.Body, s_strict, stop);
        if (policy is null) return Problems.Create(StatusCodes.Status400BadRequest, "The policy is null.");
        if (policy.Faults().ToList() is { Count: > 0 } faults) return Problems.Create(faults);
        return TypedResults.Ok(await grains.GetGrain<ISceneGrain>(scene).SetPolicyAsync(policy, stop));
    }

    private static async Task<CameraHealth[]> GetCamerasAsync(
        [Description(Name)] string scene, IGrainFactory grains, CancellationToken stop) =>
        (await grains.GetGrain<ISceneGrain>(scene).GetSnapshotAsync(new SnapshotSpan(0, 0, 0), stop)).Cameras;

    private static JsonSerializerOptions Strict()
    {
        var options = new JsonSerializerOptions();
        JtfaJson.Configure(options);
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        return options;
    }
}
