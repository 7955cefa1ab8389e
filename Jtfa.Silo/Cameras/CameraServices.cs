using Jtfa.Grains;
using Jtfa.Silo.Cameras.Vision;
using Jtfa.Silo.Time;
using Jtfa.Silo.Trust;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Jtfa.Silo.Cameras;

/// <summary>Makes a host able to run cameras.</summary>
public static class CameraServices
{
    /// <summary>Adds <see cref="ICameraPipelines"/>, and unless they are there the system's clock and gateways as configured.</summary>
    public static IServiceCollection AddJtfaCameras(this IServiceCollection services)
    {
        services.AddOptions<CameraOptions>()
            .Validate(options => options.MaxImageBytes > 0, "CameraOptions.MaxImageBytes: allowed is above 0")
            .ValidateOnStart();
        services.TryAddSingleton<TimeProvider>(PreciseTimeProvider.Instance);
        services.TryAddSingleton<VisionModels>();
        services.TryAddSingleton<IGatewayDirectory, ConfiguredGateways>();
        services.AddViewKeys();
        services.TryAddSingleton<CameraIdentities>();
        services.TryAddSingleton<ICameraPipelines, CameraPipelines>();
        return services;
    }
}
