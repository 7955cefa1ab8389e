using Jtfa.Interfaces;
using Microsoft.Extensions.Configuration;

namespace Jtfa.Silo.Cluster;

/// <summary>The camera views that this silo owns.</summary>
internal sealed class CameraViews
{
    /// <summary>What a silo declares that owns every view.</summary>
    public const string Every = "*";

    /// <summary>Collects the views that the configuration declares, and those that it configures.</summary>
    public CameraViews(SiloClusterOptions cluster, IConfiguration configuration)
    {
        var configured = configuration.GetSection("Jtfa:Cameras").GetChildren()
            .Select(camera => $"{camera[nameof(CameraConfig.Scene)] ?? new CameraConfig().Scene}/{camera[nameof(CameraConfig.Camera)]}");
        Names = cluster.RunsCameras ? [.. cluster.Views.Concat(configured).Distinct()] : [];
        OwnsEvery = cluster.Provider == ClusterProvider.Localhost;
    }

    /// <summary>The declared views, as <c>scene/camera</c>.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Whether it owns the views of no other silo too, being alone.</summary>
    public bool OwnsEvery { get; }

    /// <summary>What the other silos are told.</summary>
    public string Declared => OwnsEvery ? Every : string.Join(',', Names);
}
