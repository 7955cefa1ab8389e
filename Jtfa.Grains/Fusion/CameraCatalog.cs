using System.Collections.Concurrent;
using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>
/// The cameras of this silo, as its own configuration has them. A camera's configuration starts programs and names files, so a grain takes
/// it from here alone, and never from a caller.
/// </summary>
/// <param name="cameras">The cameras, each <c>scene/camera</c> once.</param>
public sealed class CameraCatalog(IEnumerable<CameraConfig> cameras)
{
    private readonly ConcurrentDictionary<string, CameraConfig> _cameras =
        new(cameras.Select(camera => KeyValuePair.Create(camera.ViewName, camera)));

    /// <summary>The cameras, as <c>scene/camera</c>.</summary>
    public IReadOnlyCollection<string> Names => [.. _cameras.Keys];

    /// <summary>A camera's configuration; null where this silo has none of that name.</summary>
    public CameraConfig? Find(string name) => _cameras.GetValueOrDefault(name);

    /// <summary>Adds a camera, or replaces its configuration: for a program that runs a silo and finds out its cameras itself.</summary>
    /// <exception cref="ArgumentException">The configuration is not valid.</exception>
    public void Set(CameraConfig camera)
    {
        ArgumentNullException.ThrowIfNull(camera);
        if (string.Join("; ", camera.Faults()) is { Length: > 0 } faults) throw new ArgumentException(faults, nameof(camera));
        _cameras[camera.ViewName] = camera;
    }
}
