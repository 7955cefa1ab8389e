using Jtfa.Interfaces;
using Microsoft.Extensions.Configuration;

namespace Jtfa.Silo.Cluster;

/// <summary>The camera views that this silo owns.</summary>
internal sealed class CameraViews
{
    /// <summary>What a silo declares if it owns every view.</summary>
    public const string Every = "*";

    /// <summary>Collects the views that the configuration has.</summary>
    public CameraViews(SiloClusterOptions cluster, IConfiguration configuration)
    {
        var configured = configuration.GetSection("Jtfa:Cameras").GetChildren()
            .Select(camera => $"{camera[nameof(CameraConfig.Scene)] ?? new CameraConfig().Scene}/{camera[nameof(CameraConfig.Camera)]}");
        Names = cluster.RunsCameras ? [.. configured.Distinct()] : [];
        OwnsEvery = cluster.Provider == ClusterProvider.Localhost;
    }

    /// <summary>The views, as <c>scene/camera</c>.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Whether it is alone and therefore owns every view, also those that nobody declares.</summary>
    public bool OwnsEvery { get; }

    /// <summary>What the other silos are told.</summary>
    public string Declared => OwnsEvery ? Every : string.Join(',', Names);
}
