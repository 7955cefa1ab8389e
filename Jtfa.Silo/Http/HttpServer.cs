using System.Net;
using Jtfa.Interfaces;
using Jtfa.Silo.Http.OpenAI;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Dashboard;

namespace Jtfa.Silo.Http;

/// <summary>
/// What a silo serves over HTTP: language models by OpenAI's API, metrics, health and Orleans' dashboard; a fusion silo also the API of
/// scenes under <c>/v1</c> and the live page.
/// </summary>
public static partial class HttpServer
{
    /// <summary>Where Orleans' dashboard is. Its requests are Orleans' own, so our API's document leaves them out.</summary>
    public const string DashboardPath = "/orleans";

    /// <summary>Where Prometheus scrapes.</summary>
    public const string MetricsPath = "/metrics";

    private const long LargestBody = 65_536;

    // Beyond readers: queries, probes, pages' files.
    private const int OtherConnections = 256;

    /// <summary>Adds the server.</summary>
    public static void AddJtfaHttp(this WebApplicationBuilder builder, SiloSettings settings)
    {
        var options = settings.Http;
        builder.WebHost.UseKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestBody;
            kestrel.Limits.MaxConcurrentConnections = options.MaxReaders + OtherConnections;

            // Connections that ask for nothing take the place of others.
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
            kestrel.Listen(IPAddress.Parse(options.Address), options.Port, endpoint => AddressLimit.Apply(endpoint, options));
        });
        var services = builder.Services;
        services.AddSingleton(options);
        services.AddRouting();
        services.AddProblemDetails();
        services.AddExceptionHandler<Problems>();
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(json => JtfaJson.Configure(json.SerializerOptions));
        services.AddOpenApi("v1", ApiDocument.Describe);
        services.AddSilosHealth(settings.Fuses);
        services.AddSingleton<Readers>();
        if (settings.Fuses) services.AddLiveDecisions();
        services.AddHostedService(provider => new StartingServerEnd(provider.GetService<StartingServer>()));
    }

    /// <summary>Adds what answers probes until the server does; call it before services that may take long to start.</summary>
    public static void AddStartingServer(this IServiceCollection services)
    {
        services.AddSingleton<StartingServer>();
        services.AddHostedService(provider => provider.GetRequiredService<StartingServer>());
    }

    /// <summary>Maps what is served.</summary>
    /// <exception cref="InvalidDataException">The token's file cannot be used.</exception>
    public static void MapJtfaHttp(this WebApplication application, SiloSettings settings)
    {
        var options = settings.Http;
        application.UseExceptionHandler();
        application.UseStatusCodePages();
        application.UseBasePath(options.BasePath);
        if (!options.WantsToken) application.UseHostsOfThisMachine(options.Address);
        application.UseSameOrigin();
        if (settings.Fuses) application.UsePage();
        if (options.WantsToken) application.UseTokenGate(AccessToken.Open(options.TokenFile));
        application.UseDashboard();
        if (settings.Fuses) application.UseSceneScrape();
        application.UseRouting();

        var api = application.MapGroup("/v1").ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        if (options.WantsToken) api.ProducesProblem(StatusCodes.Status401Unauthorized);
        if (settings.Fuses) application.MapScenesApi(api);
        else application.MapNoScenes();
        api.MapModels();
        api.MapPlans();
        application.MapLanguage();
        application.MapPrometheusScrapingEndpoint(MetricsPath).DisableHttpMetrics();
        application.MapHealth();

        var logger = application.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(HttpServer));
        var access = options.WantsToken ? "with the token that 'jtfa doctor' shows" : "without a token";
        application.Lifetime.ApplicationStarted.Register(() => LogListening(logger, application.HttpAddress(), access));
    }

    private static void AddLiveDecisions(this IServiceCollection services)
    {
        services.AddSingleton<DecisionFeeds>();
        services.AddHostedService(provider => provider.GetRequiredService<DecisionFeeds>());
        services.AddSingleton<LiveBoard>();
        services.AddHostedService(provider => provider.GetRequiredService<LiveBoard>());
    }

    private static void MapScenesApi(this WebApplication application, RouteGroupBuilder api)
    {
        api.MapScenes();
        api.MapCameras();
        api.MapDecisions();
        api.MapLive();
        application.MapOpenApi();
    }

    // Who asks a language silo for scenes is told where they are.
    private static void MapNoScenes(this WebApplication application)
    {
        application.MapGet("/", () => "A silo for language models: /v1/models lists them. The live page is a fusion silo's.\n");
        foreach (var path in (string[])["/v1/scenes/{**rest}", "/v1/decisions", "/v1/live"])
        {
            application.Map(path, () => Problems.Create(
                StatusCodes.Status404NotFound, "This silo is for language models and has no scenes: ask a fusion silo."));
        }
    }

    /// <summary>Where the started server is reached, as a URL.</summary>
    public static string HttpAddress(this WebApplication application) =>
        application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    // Mapping it reads its files into memory, 17 MB: that is left to the first request for it.
    private static void UseDashboard(this WebApplication application)
    {
        var dashboard = new Lazy<RequestDelegate>(() =>
        {
            var branch = ((IApplicationBuilder)application).New();
            branch.UseRouting();
            branch.UseEndpoints(endpoints => endpoints.MapOrleansDashboard(DashboardPath).ExcludeFromDescription());
            return branch.Build();
        });
        application.Use((context, next) =>
        {
            if (!context.Request.Path.StartsWithSegments(DashboardPath)) return next(context);
            Page.PrepareDashboard(context.Response);
            return dashboard.Value(context);
        });
    }

    // Relative addresses on the page are those of its folder only where its own address ends with a slash.
    private static void UseBasePath(this WebApplication application, string path)
    {
        if (path.Length == 0) return;
        application.UsePathBase(path);
        application.Use((context, next) =>
        {
            if (context.Request.Path.HasValue) return next(context);
            context.Response.Redirect($"{context.Request.PathBase}/");
            return Task.CompletedTask;
        });
    }

    // A page elsewhere whose name resolves to this machine must not reach what only this machine may.
    private static void UseHostsOfThisMachine(this WebApplication application, string address)
    {
        string[] names = ["localhost", "127.0.0.1", "[::1]", address, $"[{address}]"];
        application.Use((context, next) => names.Contains(context.Request.Host.Host, StringComparer.OrdinalIgnoreCase)
            ? next(context)
            : Problems.Create(
                StatusCodes.Status400BadRequest,
                $"Host is not one of {string.Join(", ", names[..3])}: without a token only this machine is " +
                "answered. Behind a proxy set Jtfa:Http:RequireToken.").ExecuteAsync(context));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "HTTP on {Url}, {Access}")]
    private static partial void LogListening(ILogger logger, string url, string access);
}
