using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Cluster;
using Jtfa.Silo.Decisions;
using Jtfa.Silo.Http;
using Jtfa.Silo.Ingress;
using Jtfa.Silo.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo;

/// <summary>Puts a JTFA silo together. Read as the system's table of contents.</summary>
public static class JtfaSilo
{
    private const string Section = "Jtfa";

    // What the sections of the configuration are bound to below.
    private static readonly Dictionary<string, Type> s_sections = new()
    {
        ["Scenes"] = typeof(List<SceneOptions>),
        ["Cameras"] = typeof(List<CameraConfig>),
        ["Ingress"] = typeof(IngressOptions),
        ["Log"] = typeof(DecisionLogOptions),
        ["Cluster"] = typeof(SiloClusterOptions),
        ["Http"] = typeof(HttpOptions),
        ["Telemetry"] = typeof(TelemetryOptions),
    };

    /// <summary>
    /// Adds everything that a silo of the configured role runs. Services stop in reverse order: the gateway first, which lets open
    /// windows fire; then cameras and grains; the decision log, flushed; telemetry last, flushed.
    /// </summary>
    /// <exception cref="OptionsValidationException">The configuration has keys that nothing reads, or the cluster's have faults.</exception>
    public static IHostApplicationBuilder AddJtfaSilo(this IHostApplicationBuilder builder)
    {
        Check<ScenesOptions>(ConfigurationKeys.Faults(builder.Configuration.GetSection(Section), s_sections));
        var cluster = Read<SiloClusterOptions>(builder, SiloClusterOptions.Section, options => options.Faults());
        var http = Read<HttpOptions>(builder, HttpOptions.Section, options => options.Faults());
        builder.AddJtfaTelemetry(Read<TelemetryOptions>(builder, TelemetryOptions.Section, options => options.Faults()));
        builder.Services.AddSingleton(cluster);
        builder.Services.TryAddSingleton<TimeProvider>(PreciseTimeProvider.Instance);
        builder.AddClusterDatabase(cluster);
        if (cluster.Fuses) builder.Services.AddJtfaDecisionLog();
        builder.AddGrains(cluster, dashboard: http.Enabled);
        if (cluster.Fuses) builder.AddScenes();
        if (cluster.RunsCameras) builder.AddCameras();
        if (cluster.Fuses) builder.AddIngress();
        return builder;
    }

    // One database for membership, grain state and, unless configured otherwise, the decision log.
    private static void AddClusterDatabase(this IHostApplicationBuilder builder, SiloClusterOptions cluster)
    {
        if (cluster.Provider != ClusterProvider.Postgres) return;
        builder.Services.AddSingleton<ClusterDatabase>();
        builder.Services.AddHostedService<ClusterSchema>();
        var log = builder.Configuration.GetSection(DecisionLogOptions.Section);
        if (log[nameof(DecisionLogOptions.Provider)] is null)
        {
            builder.Services.Configure<DecisionLogOptions>(options =>
                (options.Provider, options.ConnectionString) = (PostgresDialect.Name, options.ConnectionString ?? cluster.ConnectionString));
        }
    }

    private static void AddScenes(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<ScenesOptions>()
            .Configure(options => Bind(builder.Configuration, "Jtfa:Scenes", options.Scenes))
            .ValidateFaults(options => options.Faults());
        builder.Services.AddSingleton<SceneCatalog>();
        builder.Services.AddSingleton<LocalActivations>();
    }

    private static void AddCameras(this IHostApplicationBuilder builder)
    {
        builder.Services.AddJtfaCameras();
        builder.Services.AddOptions<ConfiguredCamerasOptions>()
            .Configure(options => Bind(builder.Configuration, "Jtfa:Cameras", options.Cameras))
            .ValidateFaults(options => options.Faults());
        builder.Services.AddHostedService<ConfiguredCameras>();
    }

    private static void AddIngress(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<IngressOptions>()
            .Configure(options => builder.Configuration.GetSection(IngressOptions.Section).Bind(options, Strict))
            .ValidateFaults(options => options.Faults());
        builder.Services.AddSingleton<IngressCounters>();
        builder.Services.AddSingleton<Departure>();
        builder.Services.AddSingleton<UdpGateway>();
        builder.Services.AddHostedService(services => services.GetRequiredService<UdpGateway>());
    }

    // What decides which services there are is needed before there are services.
    private static T Read<T>(IHostApplicationBuilder builder, string section, Func<T, IEnumerable<string>> faults)
        where T : class, new()
    {
        var options = builder.Configuration.GetSection(section).Get<T>(Strict) ?? new T();
        Check<T>(faults(options));
        return options;
    }

    private static void Check<T>(IEnumerable<string> faults)
    {
        if (faults.ToList() is { Count: > 0 } found) throw new OptionsValidationException(Section, typeof(T), found);
    }

    private static void Bind<T>(IConfiguration configuration, string section, List<T> items) =>
        items.AddRange(configuration.GetSection(section).Get<List<T>>(Strict) ?? []);

    // A misspelt key is an error, not a default.
    private static void Strict(BinderOptions binder) => binder.ErrorOnUnknownConfiguration = true;

    private static void ValidateFaults<T>(this OptionsBuilder<T> options, Func<T, IEnumerable<string>> faults)
        where T : class
    {
        options.Services.AddSingleton<IValidateOptions<T>>(new FaultsValidation<T>(faults));
        options.ValidateOnStart();
    }

    private sealed class FaultsValidation<T>(Func<T, IEnumerable<string>> faults) : IValidateOptions<T>
        where T : class
    {
        public ValidateOptionsResult Validate(string? name, T options) =>
            faults(options).ToList() is { Count: > 0 } found ? ValidateOptionsResult.Fail(found) : ValidateOptionsResult.Success;
    }
}
