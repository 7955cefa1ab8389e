using Jtfa.Interfaces;

namespace Jtfa.Silo.Cameras;

/// <summary>Tells cameras where gateways listen: by their configuration alone, or by the cluster that their silo is a member of.</summary>
public interface IGatewayDirectory
{
    /// <summary>
    /// Grows whenever <see cref="GatewaysFor"/> may answer otherwise than before; cheap enough to be read for each token.
    /// </summary>
    long Version { get; }

    /// <summary>The gateways for a camera, as host:port, best first; empty while none is known.</summary>
    IReadOnlyList<string> GatewaysFor(CameraConfig camera);
}

/// <summary>Gateways named by a camera's own configuration.</summary>
public sealed class ConfiguredGateways : IGatewayDirectory
{
    /// <summary>Where a silo on this machine listens when nothing else is configured.</summary>
    public const string Local = "127.0.0.1:5005";

    /// <inheritdoc />
    public long Version => 0;

    /// <inheritdoc />
    public IReadOnlyList<string> GatewaysFor(CameraConfig camera) => camera.Gateways is { Count: > 0 } gateways ? gateways : [Local];
}
