using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Decisions;
using Jtfa.Silo.Ingress;
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
    };

    /// <summary>
    /// Adds everything that a fusion node runs. Services stop in reverse order: the gateway first, which lets open windows fire;
    /// then cameras and grains; the decision log last, flushed.
    /// </summary>
    /// <exception cref="OptionsValidationException">The configuration has keys that nothing reads.</exception>
    public static IHostApplicationBuilder AddJtfaSilo(this IHostApplicationBuilder builder)
    {
        if (ConfigurationKeys.Faults(builder.Configuration.GetSection(Section), s_sections).ToList() is { Count: > 0 } faults)
            throw new OptionsValidationException(Section, typeof(JtfaSilo), faults);
        builder.Services.TryAddSingleton<TimeProvider>(PreciseTimeProvider.Instance);
        builder.Services.AddJtfaDecisionLog();
        builder.AddGrains();
        builder.AddScenes();
        builder.AddCameras();
        builder.AddIngress();
        return builder;
    }

    private static void AddGrains(this IHostApplicationBuilder builder)
    {
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering();
            silo.AddMemoryStreams(JtfaNames.Streams);

            // Where Orleans' streams remember who subscribed; Embedded's need it not.
            silo.AddMemoryGrainStorage("PubSubStore");
            silo.AddGrainStateStorage();
        });
    }

    private static void AddScenes(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<ScenesOptions>()
            .Configure(options => Bind(builder.Configuration, "Jtfa:Scenes", options.Scenes))
            .ValidateFaults(options => options.Faults());
        builder.Services.AddSingleton<SceneCatalog>();
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
        builder.Services.AddSingleton<UdpGateway>();
        builder.Services.AddHostedService(services => services.GetRequiredService<UdpGateway>());
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
