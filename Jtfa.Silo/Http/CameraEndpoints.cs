using System.ComponentModel;
using System.Net.Mime;
using Jtfa.Interfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Jtfa.Silo.Http;

/// <summary>Cameras that a silo declares: how each captures, what it sees, its switch.</summary>
internal static class CameraEndpoints
{
    private const string Camera = "The name by which its silo declares it.";

    public static void MapCameras(this IEndpointRouteBuilder api)
    {
        var camera = api.MapGroup("/scenes/{scene}/cameras/{camera}").OfKnownScene();
        camera.AddEndpointFilter(TellUnavailableAsync);
        camera.MapGet("/", GetStatusAsync).WithName("getCamera").WithTags("cameras")
            .WithSummary("How a camera captures: tokens sent, ticks missed, its configuration without passwords.")
            .Produces<CameraStatus>();
        camera.MapGet("/picture", GetPictureAsync).WithName("getPicture").WithTags("cameras")
            .WithSummary(
                "What a camera sees, as a small JPEG, at most a second old while it is asked again and again; 204 where there is none yet.")
            .Produces<byte[]>(StatusCodes.Status200OK, MediaTypeNames.Image.Jpeg).Produces(StatusCodes.Status204NoContent);
        camera.MapPut("/running", SwitchAsync).WithName("switchCamera").WithTags("cameras")
            .WithSummary("Switches a camera on (true) or off (false), where Jtfa:Http:CameraSwitches allows it; it is remembered.")
            .Produces<CameraStatus>().ProducesProblem(StatusCodes.Status403Forbidden);
    }

    private static async Task<IResult> GetStatusAsync(
        [Description(SceneEndpoints.Name)] string scene, [Description(Camera)] string camera, IGrainFactory grains, CancellationToken stop)
    {
        var status = await Grain(grains, scene, camera).GetStatusAsync(stop);
        return status.Config is null ? Unknown(scene, camera) : TypedResults.Ok(status);
    }

    private static async Task<IResult> GetPictureAsync(
        [Description(SceneEndpoints.Name)] string scene, [Description(Camera)] string camera, HttpResponse response, IGrainFactory grains,
        CancellationToken stop)
    {
        response.Headers.CacheControl = "no-store";
        return await Grain(grains, scene, camera).GetPictureAsync(stop) is { } picture
            ? TypedResults.Bytes(picture, MediaTypeNames.Image.Jpeg)
            : TypedResults.NoContent();
    }

    private static async Task<IResult> SwitchAsync(
        [Description(SceneEndpoints.Name)] string scene, [Description(Camera)] string camera,
        [Description("Whether it is to capture.")] bool running, HttpOptions options, IGrainFactory grains, CancellationToken stop)
    {
        if (!options.CameraSwitches)
        {
            return Problems.Create(
                StatusCodes.Status403Forbidden, $"Cameras are not switched by HTTP here: set {HttpOptions.Section}:CameraSwitches=true");
        }

        var grain = Grain(grains, scene, camera);
        if ((await grain.GetStatusAsync(stop)).Config is null) return Unknown(scene, camera);
        await (running ? grain.StartAsync(stop) : grain.StopAsync(stop));
        return TypedResults.Ok(await grain.GetStatusAsync(stop));
    }

    // Of a camera whose silo is not there.
    private static async ValueTask<object?> TellUnavailableAsync(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        try
        {
            return await next(call);
        }
        catch (CameraUnavailableException fault)
        {
            return Problems.Create(StatusCodes.Status404NotFound, fault.Message);
        }
    }

    private static ICameraViewGrain Grain(IGrainFactory grains, string scene, string camera) =>
        grains.GetGrain<ICameraViewGrain>($"{scene}/{camera}");

    private static ProblemHttpResult Unknown(string scene, string camera) =>
        Problems.Create(StatusCodes.Status404NotFound, $"No silo declares a camera '{camera}' of scene '{scene}' (Jtfa:Cameras).");
}
