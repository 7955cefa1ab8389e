using Jtfa.Interfaces;

namespace Jtfa.Silo.Cameras;

/// <summary>Cameras that the configuration gives this silo (section <c>Jtfa:Cameras</c>).</summary>
public sealed class ConfiguredCamerasOptions
{
    /// <summary>The cameras.</summary>
    public List<CameraConfig> Cameras { get; init; } = [];

    /// <summary>What is wrong, one line a fault; empty when all is valid.</summary>
    public IEnumerable<string> Faults()
    {
        for (var i = 0; i < Cameras.Count; i++)
        {
            foreach (var fault in Cameras[i].Faults()) yield return $"Jtfa:Cameras:{i}:{fault}";
            if (Cameras.FindIndex(camera => camera.ViewName == Cameras[i].ViewName) != i)
                yield return $"Jtfa:Cameras:{i}:Camera='{Cameras[i].Camera}': allowed is each name of scene '{Cameras[i].Scene}' once";
        }
    }
}
