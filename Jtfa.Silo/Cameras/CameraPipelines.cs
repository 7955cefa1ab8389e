using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Silo.Cameras.Vision;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Cameras;

/// <summary>Starts camera pipelines that share one set of loaded models: for camera view grains and for <c>jtfa camera</c> alike.</summary>
internal sealed class CameraPipelines(
    VisionModels models, IOptions<CameraOptions> options, IGatewayDirectory gateways, CameraIdentities identities, TimeProvider time,
    ILogger<CameraPipeline> logger) : ICameraPipelines
{
    /// <inheritdoc/>
    public ICameraPipeline Start(CameraConfig config) =>
        new CameraPipeline(config, models, options.Value, gateways, identities, time, logger);
}
