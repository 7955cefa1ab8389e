namespace Jtfa.Interfaces;

/// <summary>A scene is not configured.</summary>
[GenerateSerializer, Alias("Jtfa.SceneNotFoundException")]
public sealed class SceneNotFoundException : ArgumentException
{
    /// <summary>Names the scene and those that there are.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="known">The configured ones.</param>
    public SceneNotFoundException(string scene, IEnumerable<string> known)
        : base($"Scene '{scene}' is not configured: known are {string.Join(", ", known)} (Jtfa:Scenes).")
    {
    }
}
