using Jtfa.Interfaces;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Cameras;

/// <summary>Cameras that the configuration gives this silo (section <c>Jtfa:Cameras</c>).</summary>
public sealed class ConfiguredCamerasOptions
{
    /// <summary>The cameras.</summary>
    public List<CameraConfig> Cameras { get; init; } = [];

    /// <summary>What is wrong, one line a fault; empty when all is valid.</summary>
    public IEnumerable<string> Faults() =>
        Cameras.SelectMany((camera, i) => camera.Faults().Select(fault => $"Jtfa:Cameras:{i}:{fault}"));
}

/// <summary>Starts the configured cameras once grains can be called.</summary>
internal sealed class ConfiguredCameras(IOptions<ConfiguredCamerasOptions> options, IGrainFactory grains) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var camera in options.Value.Cameras)
            await grains.GetGrain<ICameraViewGrain>($"{camera.Scene}/{camera.Camera}").StartAsync(camera, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
