using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>The scenes of this silo.</summary>
/// <param name="scenes">The scenes, in the order of configuration, each name once.</param>
public sealed class SceneCatalog(IEnumerable<SceneDefinition> scenes)
{
    private readonly Dictionary<string, SceneDefinition> _scenes = scenes.ToDictionary(scene => scene.Name);

    /// <summary>Names of the scenes.</summary>
    public IReadOnlyCollection<string> Names => _scenes.Keys;

    /// <summary>The scenes, in the order of configuration.</summary>
    public IReadOnlyCollection<SceneDefinition> All => _scenes.Values;

    /// <summary>A scene by its name.</summary>
    /// <exception cref="SceneNotFoundException">It is not one of this silo's.</exception>
    public SceneDefinition this[ReadOnlySpan<char> name] =>
        _scenes.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var scene)
        ? scene
        : throw new SceneNotFoundException(name.ToString(), _scenes.Keys);
}

/// <summary>A configured scene.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Policy">The policy that it starts with.</param>
/// <param name="Head">Its gate and head.</param>
/// <param name="ClassNames">Names of the head's classes; empty where nothing tells them.</param>
public sealed record SceneDefinition(string Name, ScenePolicy Policy, FusionHead Head, IReadOnlyList<string> ClassNames)
{
    private ISceneGrain? _grain;

    /// <summary>The views that may send; null are 0 … N − 1.</summary>
    public IReadOnlySet<int>? Views { get; init; }

    /// <summary>The number by which tokens of the wire's version 2 name it; 0 where it has none.</summary>
    public int Index { get; init; }

    /// <summary>The fingerprint of the model that its head was made for (<c>model</c> of the wire); empty where nothing tells it.</summary>
    public string Model { get; init; } = "";

    /// <summary>Names that the configuration gives to views.</summary>
    public IReadOnlyDictionary<int, string> ViewNames { get; init; } = new Dictionary<int, string>();

    /// <summary>Which tokens it takes, by their tags.</summary>
    public TokenAuthentication Authentication { get; init; }

    /// <summary>Whether anybody on the network may send it tokens.</summary>
    public bool IsOpen { get; init; }

    /// <summary>The name of a class; null where nothing tells it.</summary>
    public string? NameOf(int label) => (uint)label < (uint)ClassNames.Count ? ClassNames[label] : null;

    /// <summary>The scene's grain. Kept, because it costs Orleans more to look up a reference than to make a lane's report.</summary>
    /// <param name="grains">This silo's.</param>
    public ISceneGrain Grain(IGrainFactory grains) => _grain ??= grains.GetGrain<ISceneGrain>(Name);
}
