using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo.Cameras.Vision;
using Jtfa.Silo.Cluster;
using Jtfa.Silo.Decisions;
using Jtfa.Silo.Http;
using Jtfa.Silo.Notifications;
using Jtfa.Silo.Telemetry;
using Jtfa.Silo.Time;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Jtfa.Silo;

/// <summary>
/// A silo as a program: <c>dotnet run --project Jtfa.Silo</c>. Its configuration is appsettings.json of the working folder, then the
/// environment (Jtfa__Ingress__Address=0.0.0.0), then the command line (--Jtfa:Ingress:Address=0.0.0.0); the later wins. <c>jtfa silo</c>
/// makes the same host of shorter options (docs/silo.md).
/// </summary>
public static class Program
{
    // The units in deploy/ wait 10 s longer.
    private static readonly TimeSpan s_longestStop = TimeSpan.FromSeconds(25);

    /// <summary>Runs a silo until Ctrl-C or SIGTERM.</summary>
    /// <returns>0 after an orderly end; 2 where it could not start.</returns>
    public static async Task<int> Main(string[] args)
    {
        if (args is [BackboneTrial.Verb, .. var backbone]) return BackboneTrial.Serve(backbone);
        InheritedSignals.AcceptInterrupt();
        try
        {
            await SiloRun.ToEndAsync(() => BuildHost(SiloConfiguration.Read(args)), CancellationToken.None);
            return 0;
        }
        catch (SiloStartException failure)
        {
            if (failure.IsUnforeseen) await Console.Error.WriteLineAsync(Secrets.Mask(failure.InnerException!.ToString()));
            foreach (var line in failure.Lines) await Console.Error.WriteLineAsync($"jtfa: {Secrets.Mask(line)}");
            return SiloStartException.ExitCode;
        }
    }

    /// <summary>Builds the host of a silo: with a web server, unless its configuration turns that off or gives it cameras only.</summary>
    public static IHost BuildHost(IConfiguration configuration)
    {
        var settings = SiloSettings.Read(configuration);
        var folder = Directory.GetCurrentDirectory();
        if (!settings.ServesHttp)
        {
            var plain = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = folder });
            AddProgram(plain, configuration);
            return plain.Build();
        }

        var web = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = folder });
        AddProgram(web, configuration);
        web.AddJtfaHttp(settings);
        var application = web.Build();
        application.MapJtfaHttp(settings);
        return application;
    }

    /// <summary>
    /// Adds all that a silo is, but for its web server. Services start in this order and stop in the reverse one: the UDP gateway first,
    /// which lets open windows fire; then cameras and grains; the decision log, flushed; telemetry, flushed.
    /// </summary>
    /// <returns>What the host's configuration says.</returns>
    public static SiloSettings AddSilo(IHostApplicationBuilder builder)
    {
        var settings = SiloSettings.Read(builder.Configuration);
        builder.Services.AddSingleton(settings.Cluster);
        builder.Services.TryAddSingleton<TimeProvider>(PreciseTimeProvider.Instance);
        builder.AddSiloLogLevels();
        builder.Services.AddServiceManager();
        builder.AddJtfaTelemetry(settings.Telemetry);
        builder.Services.AddSingleton<WallClock>();
        builder.Services.AddSingleton<ClockWatch>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ClockWatch>());
        builder.Services.AddHostedService(_ => new TcpPorts(settings));

        // Where any free port is taken, nobody knows yet which to ask.
        if (builder is WebApplicationBuilder && settings.Http.Port > 0 && builder.Configuration.NeedsServer(settings.Cluster))
            builder.Services.AddStartingServer();
        builder.AddClusterDatabase(settings.Cluster);
        if (settings.Cluster.Serves) builder.Services.AddJtfaDecisionLog();
        if (settings.Cluster.Fuses) builder.Services.AddNotifications(settings);

        builder.UseOrleans(silo => silo.AddJtfaSilo(settings));
        return settings;
    }

    // A silo that is a process of its own.
    private static void AddProgram(IHostApplicationBuilder builder, IConfiguration configuration)
    {
        builder.Configuration.AddConfiguration(configuration);
        builder.AddSiloConsole();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = s_longestStop);
        AddSilo(builder);
        builder.Services.AddHostedService<MemoryReturn>();
    }
}
