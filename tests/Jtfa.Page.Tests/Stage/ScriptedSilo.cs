using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;
using SkiaSharp;

namespace Jtfa.Page.Tests.Stage;

/// <summary>Serves the page as a silo does, and scenes that a test has in hand.</summary>
internal sealed class ScriptedSilo : IAsyncDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(100);
    private static readonly CookieOptions s_cookie = new() { Path = "/orleans", HttpOnly = true, SameSite = SameSiteMode.Strict };
    private readonly WebApplication _application;

    private ScriptedSilo(ScriptedScene[] scenes, int port)
    {
        Scenes = scenes;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        builder.Services.ConfigureHttpJsonOptions(json => JtfaJson.Configure(json.SerializerOptions));
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(
            options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(100));
        _application = builder.Build();
        Map();
    }

    public ScriptedScene[] Scenes { get; }

    /// <summary>The language models; none unless a test gives some.</summary>
    public ScriptedModel[] Models { get; set; } = [];

    /// <summary>What callers must show; null lets all in.</summary>
    public string? Token { get; set; }

    /// <summary>No more readers are taken.</summary>
    public bool IsFull { get; set; }

    /// <summary>The log cannot be read.</summary>
    public bool IsLogAway { get; set; }

    /// <summary>What is said of every policy; empty takes it.</summary>
    public string[] Faults { get; set; } = [];

    /// <summary>The log's minutes, of whatever scene.</summary>
    public SceneMinute[] Minutes { get; set; } = [];

    /// <summary>What was asked of the log's minutes.</summary>
    public ConcurrentQueue<DateTimeOffset> MinuteQueries { get; } = [];

    /// <summary>The cameras whose pictures were asked for.</summary>
    public ConcurrentQueue<string> Pictures { get; } = [];

    /// <summary>The policies that were sent.</summary>
    public ConcurrentQueue<ScenePolicy> Policies { get; } = [];

    public Uri Url => new(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static async Task<ScriptedSilo> StartAsync(int port = 0, params ScriptedScene[] scenes)
    {
        var silo = new ScriptedSilo(scenes.Length > 0 ? scenes : [new ScriptedScene("lobby")], port);
        await silo._application.StartAsync(TestContext.Current.CancellationToken);
        return silo;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync(CancellationToken.None);
        await _application.DisposeAsync();
    }

    private void Map()
    {
        var files = new PhysicalFileProvider(Path.Combine(AppContext.BaseDirectory, "wwwroot"));
        _application.Use((context, next) =>
        {
            context.Response.Headers.ContentSecurityPolicy = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'";
            var isGuarded = Token is not null
                && (context.Request.Path.StartsWithSegments("/v1") || context.Request.Path.StartsWithSegments("/orleans/token"));
            if (!isGuarded || context.Request.Headers.Authorization == $"Bearer {Token}") return next(context);
            context.Response.Cookies.Delete("jtfa_token", s_cookie);
            return TypedResults.Problem("A token is needed.", statusCode: 401).ExecuteAsync(context);
        });
        _application.MapPost("/orleans/token", (HttpContext context) =>
        {
            if (Token is { } token) context.Response.Cookies.Append("jtfa_token", token, s_cookie);
            return TypedResults.NoContent();
        });
        _application.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        _application.UseStaticFiles(new StaticFileOptions { FileProvider = files });
        _application.MapGet(
            "/v1/scenes", () =>
                Scenes.Select(scene => new SceneDescription(scene.Name, 16, 10, [.. Enumerable.Range(0, 10).Select(c => $"thing {c}")]))
                    .ToArray());
        _application.MapGet("/v1/live", FollowAsync);
        _application.MapPut("/v1/scenes/{scene}/policy", Set);
        _application.MapGet("/v1/scenes/{scene}/cameras/{camera}/picture", GetPicture);
        _application.MapPut("/v1/scenes/{scene}/cameras/{camera}/running", Switch);
        _application.MapGet("/v1/scenes/{scene}/minutes", GetMinutes);
        ScriptedModel.Map(_application, () => Models);
        _application.MapGet("/v1/scenes/{scene}/decisions", (string scene, int limit, long? cursor) => Page(Find(scene)!, limit, cursor));
    }

    private ScriptedScene? Find(string? name) => Array.Find(Scenes, scene => scene.Name == name);

    private IResult Set(string scene, ScenePolicy policy)
    {
        Policies.Enqueue(policy);
        return Faults.Length == 0
            ? TypedResults.Ok(Find(scene)!.Set(policy))
            : TypedResults.Problem(statusCode: 400, title: "The policy is refused.", extensions: [new("errors", Faults)]);
    }

    // A white square on black, as small as the demo's.
    private FileContentHttpResult GetPicture(string camera)
    {
        Pictures.Enqueue(camera);
        using var bitmap = new SKBitmap(28, 28, SKColorType.Gray8, SKAlphaType.Opaque);
        bitmap.Erase(SKColors.White, new SKRectI(8, 8, 20, 20));
        using var jpeg = bitmap.Encode(SKEncodedImageFormat.Jpeg, 85);
        return TypedResults.Bytes(jpeg.ToArray(), "image/jpeg");
    }

    private IResult Switch(string scene, string camera, bool running)
    {
        if (Faults.Length > 0) return TypedResults.Problem(statusCode: 403, title: "Refused.", extensions: [new("errors", Faults)]);
        var (found, view) = (Find(scene)!, ScriptedScene.ViewOf(camera));
        found.SwitchedOff = running ? [.. found.SwitchedOff.Except([view])] : [.. found.SwitchedOff, view];
        return TypedResults.Ok(new CameraStatus { Running = running });
    }

    private IResult GetMinutes(DateTimeOffset from, int limit)
    {
        MinuteQueries.Enqueue(from);
        return IsLogAway
            ? TypedResults.Problem("The log is locked.", statusCode: 503)
            : TypedResults.Ok(Minutes.Where(minute => minute.From >= from.ToUnixTimeMilliseconds() / 1000.0).TakeLast(limit).ToArray());
    }

    // The log's past, all before what the page was told.
    private static DecisionPage Page(ScriptedScene scene, int limit, long? cursor)
    {
        var first = cursor ?? ScriptedScene.Newest(TimeProvider.System.UnixSeconds()) - 1000;
        return new([.. Enumerable.Range(0, limit).Select(back => scene.DecisionOf(first - back))], $"{first - limit}");
    }

    private async Task FollowAsync(HttpContext context, string? scene)
    {
        var (stop, followed) = (context.RequestAborted, Find(scene));
        if (IsFull)
        {
            context.Response.Headers.RetryAfter = "1";
            await TypedResults.Problem("There are 1 live readers already.", statusCode: 503).ExecuteAsync(context);
            return;
        }

        if (scene is not null && followed is null)
        {
            await TypedResults.Problem($"Scene '{scene}' is not configured.", statusCode: 404).ExecuteAsync(context);
            return;
        }

        context.Response.ContentType = "text/event-stream";
        using var clock = new PeriodicTimer(s_period);
        long? told = null;
        do
        {
            var snapshot = followed?.Snapshot(told);
            if (snapshot?.Decisions.LastOrDefault() is { } last) told = last.Id;
            var update = new LiveUpdate(
                TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0, [.. Scenes.Select(one => one.Overview())], snapshot,
                followed is null ? [] : [.. snapshot!.Decisions.Select(followed.DetailOf)], CameraSwitches: true);
            await context.Response.WriteAsync($"event: live\ndata: {JsonSerializer.Serialize(update, JtfaJson.Options)}\n\n", stop);
            await context.Response.Body.FlushAsync(stop);
        }
        while (await clock.WaitForNextTickAsync(stop));
    }
}
