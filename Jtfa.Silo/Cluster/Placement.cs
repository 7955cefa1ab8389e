using Jtfa.Grains;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Language;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Jtfa.Silo.Cluster;

/// <summary>What a silo is for, and which of the cluster's grains it therefore hosts.</summary>
internal static class Placement
{
    /// <summary>The silo metadata that tells what a silo is for.</summary>
    public const string RoleKey = "jtfa.role";

    /// <summary>Tells the other silos what this one is for, and lets it host only the grains of its role.</summary>
    /// <param name="silo">This silo.</param>
    /// <param name="cluster">What it is configured for.</param>
    /// <param name="gateways">Where the cameras of a cluster reach its gateway.</param>
    public static void AddPlacement(this ISiloBuilder silo, SiloClusterOptions cluster, IEnumerable<string> gateways)
    {
        var views = new CameraViews(cluster, silo.Configuration);
        silo.Services.AddSingleton(views);
        silo.Services.AddSingleton<CameraOwners>();
        silo.AddPlacementDirector<CameraOwnerPlacement, CameraOwnerDirector>();
        silo.AddPlacementDirector<ModelPlacement, ModelOwnerDirector>();
        silo.Services.AddSingleton<NamedSilos>();
        silo.Services.AddSingleton<ILanguageSilos>(services => services.GetRequiredService<NamedSilos>());
        silo.AddPlacementDirector<NamedSiloPlacement, NamedSiloDirector>();
        silo.UseSiloMetadata(new Dictionary<string, string>
        {
            [RoleKey] = cluster.Role.ToString(),
            [CameraOwners.MetadataKey] = views.Declared,
            [ModelOwnerDirector.MetadataKey] = ModelOwnerDirector.Declared(silo.Configuration),
            [ClusterGateways.MetadataKey] = string.Join(',', gateways),
        });

        // A camera silo hosts its cameras and nothing else: no windows, no scenes and none of Orleans' own grains, except the stateless one
        // by which the dashboard asks for the silo's state.
        if (!cluster.Fuses)
        {
            silo.Configure<GrainTypeOptions>(types =>
                types.Classes.RemoveWhere(type => type != typeof(CameraViewGrain) && !type.IsAssignableTo(typeof(IManagementGrain))));
        }

        if (cluster.Provider != ClusterProvider.Postgres) return;
        silo.Services.AddSingleton<IGatewayDirectory, ClusterGateways>();
    }
}
