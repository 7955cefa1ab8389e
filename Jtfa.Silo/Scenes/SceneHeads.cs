using System.Text.Json;
using Jtfa.Core;
using Jtfa.Grains;

namespace Jtfa.Silo.Scenes;

/// <summary>Loads the heads of configured scenes, each file once, when the silo starts.</summary>
public static class SceneHeads
{
    /// <summary>Head of a scene that names none, beside the program.</summary>
    public static readonly string Shipped = Path.Combine(AppContext.BaseDirectory, "models", "head.npz");

    // As lenient as cameras are that read the same file.
    private static readonly JsonDocumentOptions s_json = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>What is wrong with the heads' names, one line a fault; empty when all are files.</summary>
    public static IEnumerable<string> Faults(ScenesOptions options) =>
        options.Scenes.Index().Where(scene => scene.Item.Head.Length > 0 && !File.Exists(scene.Item.Head))
            .Select(scene => $"Jtfa:Scenes:{scene.Index}:Head={scene.Item.Head}: there is no such file");

    /// <summary>Loads the configured scenes; when none is, one named "default" with the default policy.</summary>
    /// <param name="options">The scenes.</param>
    /// <param name="isReachable">Whether other machines reach the gateway.</param>
    /// <exception cref="InvalidDataException">A head is missing or is not one.</exception>
    public static SceneCatalog Load(ScenesOptions options, bool isReachable = false)
    {
        var heads = new Dictionary<string, LoadedHead>();
        return new SceneCatalog((options.Scenes is { Count: > 0 } scenes ? scenes : [new SceneOptions()]).Select(scene =>
        {
            var path = Path.GetFullPath(scene.Head.Length > 0 ? scene.Head : Shipped);
            if (!heads.TryGetValue(path, out var loaded)) heads[path] = loaded = LoadBoth(path, scene.Name);
            return new SceneDefinition(scene.Name, scene.ToPolicy(), loaded.Head, loaded.ClassNames)
            {
                Index = scene.Index,
                Model = loaded.Model,
                Authentication = scene.Authentication,
                IsOpen = isReachable && scene.Authentication == TokenAuthentication.Open,
                ViewNames = scene.ViewNames,
                Views = scene.Views.Count > 0 ? scene.Views.ToHashSet() : null,
            };
        }));
    }

    private static LoadedHead LoadBoth(string path, string scene)
    {
        var head = LoadHead(path, scene);
        var (classNames, isOfModel) = ReadModelBeside(path, head.Classes);
        return new LoadedHead(head, classNames, isOfModel ? ModelFingerprint.Of(Path.GetDirectoryName(path)!) ?? "" : "");
    }

    // The names of the classes, which are for people to read: a head decides without them, and another model's file in the folder says
    // nothing of this head. And whether the file says that the head is its model's.
    private static (string[] ClassNames, bool IsOfModel) ReadModelBeside(string head, int classes)
    {
        var folder = Path.GetDirectoryName(head)!;
        try
        {
            using var json = File.OpenRead(Path.Combine(folder, "model.json"));
            using var description = JsonDocument.Parse(json, s_json);
            var model = description.RootElement;
            var saysHead = model.TryGetProperty("head", out var file);
            var named = saysHead ? file.GetString() : null;
            var isOfModel = named is not null && Path.GetFullPath(Path.Combine(folder, named)) == head;
            return (!saysHead || named == Path.GetFileName(head) ? ClassNames(model, classes) : [], isOfModel);
        }
        catch (Exception exception) when (
            exception is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return ([], false);
        }
    }

    private static string[] ClassNames(JsonElement model, int classes)
    {
        if (!model.TryGetProperty("classes", out var names) || names.ValueKind != JsonValueKind.Array) return [];
        return names.GetArrayLength() == classes && names.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String)
            ? [.. names.EnumerateArray().Select(name => name.GetString()!)]
            : [];
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

    // What scenes of one head have in common. Model is the fingerprint of the model that it was made for, empty where nothing tells that.
    private sealed record LoadedHead(FusionHead Head, string[] ClassNames, string Model);
}
