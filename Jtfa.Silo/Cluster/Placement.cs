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

    // Grains of language models.
    private static readonly Type[] s_language =
    [
        typeof(ModelGrain), typeof(GenerationGrain), typeof(ModelCatalogGrain), typeof(StageGrain), typeof(SiloCapabilityGrain),
        typeof(ModelPiecesGrain), typeof(ModelPlannerGrain),
    ];

    /// <summary>Whether a silo of a role that was told takes tokens and decides.</summary>
    public static bool Fuses(string role) => Enum.TryParse<SiloRole>(role, out var known) && known.HasFlag(SiloRole.Fusion);

    /// <summary>Tells the other silos what this one is for, and lets it host only the grains of its role.</summary>
    /// <param name="silo">This silo.</param>
    /// <param name="cluster">What it is configured for.</param>
    /// <param name="gateways">Where the cameras of a cluster reach its gateway.</param>
    public static void AddPlacement(this ISiloBuilder silo, SiloClusterOptions cluster, IEnumerable<string> gateways)
    {
        var views = new CameraViews(cluster, silo.Configuration);
        silo.Services.AddSingleton(views);
        silo.Services.AddSingleton<CameraOwners>();
        var models = new DeclaredModels(cluster, silo.Configuration);
        silo.Services.AddSingleton(models);
        silo.Services.AddSingleton<ModelOwners>();
        silo.Services.AddSingleton<IModelDirectory>(services => services.GetRequiredService<ModelOwners>());
        silo.AddPlacementDirector<CameraOwnerPlacement, CameraOwnerDirector>();
        silo.AddPlacementDirector<ModelPlacement, ModelOwnerDirector>();
        silo.Services.AddSingleton<NamedSilos>();
        silo.Services.AddSingleton<ILanguageSilos>(services => services.GetRequiredService<NamedSilos>());
        silo.AddPlacementDirector<NamedSiloPlacement, NamedSiloDirector>();
        silo.UseSiloMetadata(new Dictionary<string, string>
        {
            [RoleKey] = cluster.Role.ToString(),
            [CameraOwners.MetadataKey] = views.Declared,
            [ModelOwners.MetadataKey] = string.Join(',', models.Names),
            [LanguageSilos.FilesKey] = string.Join(',', models.Files),
            [ClusterGateways.MetadataKey] = string.Join(',', gateways),
        });

        // Others than fusion silos host what they are for and nothing else: no windows, no scenes and none of Orleans' own grains, except
        // the stateless one by which the dashboard asks for the silo's state and, where the API is, those of the dashboard.
        if (!cluster.Fuses) silo.Configure<GrainTypeOptions>(types => types.Classes.RemoveWhere(type => !Hosts(cluster, type)));

        if (cluster.Provider != ClusterProvider.Postgres) return;
        silo.Services.AddSingleton<IGatewayDirectory, ClusterGateways>();
    }

    private static bool Hosts(SiloClusterOptions cluster, Type type) =>
        type.IsAssignableTo(typeof(IManagementGrain))
        || (cluster.RunsCameras && type == typeof(CameraViewGrain))
        || (cluster.Serves && (s_language.Contains(type) || type.Namespace!.StartsWith("Orleans.Dashboard", StringComparison.Ordinal)));
}
