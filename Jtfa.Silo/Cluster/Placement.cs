using System.Net;
using Jtfa.Grains;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Ingress;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Jtfa.Silo.Cluster;

/// <summary>What a silo is for, and which of the cluster's grains it therefore hosts.</summary>
internal static class Placement
{
    /// <summary>The silo metadata that tells what a silo is for.</summary>
    public const string RoleKey = "jtfa.role";

    /// <summary>Tells the other silos what this one is for, and keeps from it the grains that it is not for.</summary>
    public static void AddPlacement(this ISiloBuilder silo, SiloClusterOptions cluster)
    {
        var views = new CameraViews(cluster, silo.Configuration);
        silo.Services.AddSingleton(views);
        silo.Services.AddSingleton<CameraOwners>();
        silo.AddPlacementDirector<CameraOwnerPlacement, CameraOwnerDirector>();
        silo.UseSiloMetadata(new Dictionary<string, string>
        {
            [RoleKey] = cluster.Role.ToString(),
            [CameraOwners.MetadataKey] = views.Declared,
            [ClusterGateways.MetadataKey] = cluster.Fuses ? string.Join(',', GatewaysOf(silo.Configuration, cluster)) : "",
        });

        // A camera silo hosts its cameras and nothing else: neither windows and scenes nor what Orleans itself keeps in grains, but for
        // the grain without state by which the dashboard asks the silo how it is.
        if (!cluster.Fuses)
        {
            silo.Configure<GrainTypeOptions>(types =>
                types.Classes.RemoveWhere(type => type != typeof(CameraViewGrain) && !type.IsAssignableTo(typeof(IManagementGrain))));
        }

        if (cluster.Provider != ClusterProvider.Postgres) return;
        silo.Services.AddSingleton<IGatewayDirectory, ClusterGateways>();
        silo.Services.AddHostedService<OwnedCameras>();
    }

    // Where the cameras of a cluster reach this silo's gateway.
    private static IEnumerable<string> GatewaysOf(IConfiguration configuration, SiloClusterOptions cluster)
    {
        var ingress = configuration.GetSection(IngressOptions.Section).Get<IngressOptions>() ?? new IngressOptions();
        if (ingress.Faults().Any()) return []; // named when the options are validated
        var address = IPAddress.Parse(ingress.Address);
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)) address = Membership.AddressOf(cluster);

        // Its own loopback is nobody else's.
        if (IPAddress.IsLoopback(address) && !IPAddress.IsLoopback(Membership.AddressOf(cluster))) return [];
        IEnumerable<IngressSocketOptions> sockets = ingress.Sockets.Count > 0 ? ingress.Sockets : [new IngressSocketOptions()];
        return sockets.Where(socket => socket.Port > 0).Select(socket => new IPEndPoint(address, socket.Port).ToString());
    }
}
