using System.Net;
using Jtfa.Grains;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Cluster;
using Jtfa.Silo.Ingress;
using Jtfa.Silo.Language;
using Jtfa.Silo.Scenes;
using Jtfa.Silo.Trust;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Dashboard;

namespace Jtfa.Silo;

/// <summary>The grains of JTFA in an Orleans silo, and what calls them.</summary>
public static class JtfaSilo
{
    /// <summary>
    /// Adds what a silo of the configured role runs. Its services start once the grains can be called: cameras, then the UDP gateway.
    /// </summary>
    public static void AddJtfaSilo(this ISiloBuilder silo, SiloSettings settings)
    {
        var cluster = settings.Cluster;
        silo.Services.AddSingleton<IFatalErrorHandler, FatalErrors>();
        silo.AddMembership(cluster);
        silo.AddGrainStorage(cluster);
        silo.AddTls(cluster.Tls);
        silo.AddTrust(cluster);
        silo.AddPlacement(cluster, cluster.Fuses ? GatewayAddresses.Resolve(silo.Configuration, Membership.AddressOf(cluster)) : []);
        silo.AddScheduling();
        if (settings.Http.Enabled) silo.AddDashboard();
        if (cluster.Fuses)
        {
            silo.AddDecisionStreams(cluster);
            silo.AddScenes();
        }

        if (cluster.Serves) silo.AddLanguage(cluster);
        if (cluster.Fuses || cluster.RunsCameras) silo.AddKeys();
        if (cluster.RunsCameras) silo.AddCameras();
        if (cluster.Fuses) silo.AddIngress();
    }

    private static void AddScenes(this ISiloBuilder silo)
    {
        silo.Services.AddStrictOptions<ScenesOptions>(
            silo.Configuration, "Jtfa:Scenes", options => options.Scenes, options => [.. options.Faults(), .. SceneHeads.Faults(options)]);
        silo.Services.AddSingleton(services => SceneHeads.Load(
            services.GetRequiredService<IOptions<ScenesOptions>>().Value,
            !IPAddress.IsLoopback(IPAddress.Parse(services.GetRequiredService<IOptions<IngressOptions>>().Value.Address))));
        silo.Services.AddSingleton<LocalActivations>();
    }

    private static void AddLanguage(this ISiloBuilder silo, SiloClusterOptions cluster)
    {
        silo.Services.Configure<LanguageOptions>(options => options.IsRole = cluster.Role.HasFlag(SiloRole.Language));
        silo.Services.AddStrictOptions<LanguageOptions>(
            silo.Configuration, LanguageOptions.Section, options => options, options => options.Faults());
        silo.Services.AddSingleton<LanguageSilos>();
        silo.Services.AddSingleton<Func<ModelOptions, IRingPlan?>>(services => model =>
            model.Plan.IsAuto ? ActivatorUtilities.CreateInstance<AutoPlan>(services, model)
            : model.Plan.Count > 0 ? ActivatorUtilities.CreateInstance<ConfiguredPlan>(services, model) : null);
        silo.Services.AddSingleton<Func<ModelOptions, IRingPlan, ModelRing>>(
            services => (model, plan) => ActivatorUtilities.CreateInstance<ModelRing>(services, model, plan));
        silo.Services.AddSingleton<LanguageModels>();
        silo.Services.AddSingleton<ILanguageModels>(services => services.GetRequiredService<LanguageModels>());
        silo.Services.AddHostedService(services => services.GetRequiredService<LanguageModels>());
        silo.Services.AddSingleton<LanguageStages>();
        silo.Services.AddSingleton<ILanguageStages>(services => services.GetRequiredService<LanguageStages>());
        silo.Services.AddHostedService(services => services.GetRequiredService<LanguageStages>());
        silo.Services.AddSingleton<ISiloCapabilities, SiloCapabilities>();
        silo.Services.AddSingleton<ModelPieces>();
        silo.Services.AddSingleton<IModelPieces>(services => services.GetRequiredService<ModelPieces>());
        silo.Services.AddSingleton<ModelPlans>();
        silo.Services.AddSingleton<IModelPlans>(services => services.GetRequiredService<ModelPlans>());
    }

    private static void AddKeys(this ISiloBuilder silo)
    {
        silo.Services.AddStrictOptions<ViewKeysOptions>(
            silo.Configuration, ViewKeysOptions.Section, options => options, options => options.Faults());
        silo.Services.AddViewKeys();
    }

    private static void AddCameras(this ISiloBuilder silo)
    {
        silo.Services.AddStrictOptions<ConfiguredCamerasOptions>(
            silo.Configuration, "Jtfa:Cameras", options => options.Cameras, options => options.Faults());
        silo.Services.AddSingleton(
            services => new CameraCatalog(services.GetRequiredService<IOptions<ConfiguredCamerasOptions>>().Value.Cameras));
        silo.Services.AddJtfaCameras();
        silo.Services.Configure<CameraOptions>(options => options.TriesEveryFaultAgain = true);
        silo.Services.AddHostedService<OwnedCameras>();
    }

    private static void AddIngress(this ISiloBuilder silo)
    {
        silo.Services.AddStrictOptions<IngressOptions>(
            silo.Configuration, IngressOptions.Section, options => options, options => options.Faults());
        silo.Services.AddSingleton<IngressCounters>();
        silo.Services.AddSingleton<Departure>();
        silo.Services.AddSingleton<UdpGateway>();
        silo.Services.AddHostedService(services => services.GetRequiredService<UdpGateway>());
    }
}
