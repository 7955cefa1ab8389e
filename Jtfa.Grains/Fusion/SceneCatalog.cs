using System.Text.Json;
using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.Extensions.Options;

namespace Jtfa.Grains;

/// <summary>The scenes of this silo with their heads, loaded when the silo starts.</summary>
public sealed class SceneCatalog
{
    /// <summary>Head of a scene that names none, beside the program.</summary>
    public static readonly string ShippedHead = Path.Combine(AppContext.BaseDirectory, "models", "head.npz");

    private static readonly JsonDocumentOptions s_json = new() { CommentHandling = JsonCommentHandling.Skip };

    private readonly Dictionary<string, SceneDefinition> _scenes;

    /// <summary>Loads every scene's head.</summary>
    /// <exception cref="InvalidDataException">A head is missing or is not one.</exception>
    public SceneCatalog(IOptions<ScenesOptions> options)
    {
        IReadOnlyList<SceneOptions> configured = options.Value.Scenes is { Count: > 0 } scenes ? scenes : [new SceneOptions()];
        var heads = new Dictionary<string, FusionHead>();
        _scenes = configured.ToDictionary(scene => scene.Name, scene =>
        {
            var path = Path.GetFullPath(scene.Head.Length > 0 ? scene.Head : ShippedHead);
            if (!heads.TryGetValue(path, out var head)) heads[path] = head = LoadHead(path, scene.Name);
            return new SceneDefinition(scene.Name, scene.ToPolicy(), head, ClassNamesBeside(path, head.Classes));
        });
    }

    /// <summary>Names of the scenes.</summary>
    public IReadOnlyCollection<string> Names => _scenes.Keys;

    /// <summary>The scenes, in the order of configuration.</summary>
    public IReadOnlyCollection<SceneDefinition> All => _scenes.Values;

    /// <summary>A scene by its name.</summary>
    /// <exception cref="ArgumentException">It is not one of this silo's.</exception>
    public SceneDefinition this[ReadOnlySpan<char> name] => _scenes.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var scene)
        ? scene
        : throw new ArgumentException($"Scene '{name}' is not configured: known are {string.Join(", ", _scenes.Keys)} (Jtfa:Scenes).");

    // They are for people to read: a head decides without them.
    private static string[] ClassNamesBeside(string head, int classes)
    {
        try
        {
            using var description = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(head)!, "model.json")), s_json);
            return description.RootElement.TryGetProperty("classes", out var names) && names.GetArrayLength() == classes
                ? [.. names.EnumerateArray().Select(name => name.GetString() ?? throw new JsonException("A class has no name."))]
                : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return [];
        }
    }

    private static FusionHead LoadHead(string path, string scene)
    {
        try
        {
            return FusionHead.Load(path);
        }
        catch (Exception fault) when (fault is FileNotFoundException or InvalidDataException)
        {
            throw new InvalidDataException($"{fault.Message.TrimEnd('.')}: name a head.npz in Jtfa:Scenes, Head of scene '{scene}'", fault);
        }
    }
}

/// <summary>A configured scene.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Policy">The policy that it starts with.</param>
/// <param name="Head">Its gate and head.</param>
/// <param name="ClassNames">Names of the head's classes; empty where nothing tells them.</param>
public sealed record SceneDefinition(string Name, ScenePolicy Policy, FusionHead Head, IReadOnlyList<string> ClassNames)
{
    private ISceneGrain? _grain;

    /// <summary>The scene's grain. Kept: looking a reference up costs Orleans more than the call of a window that reports.</summary>
    /// <param name="grains">This silo's.</param>
    public ISceneGrain Grain(IGrainFactory grains) => _grain ??= grains.GetGrain<ISceneGrain>(Name);
}
