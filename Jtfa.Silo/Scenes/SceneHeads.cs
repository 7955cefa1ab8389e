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
        var heads = new Dictionary<string, FusionHead>();
        return new SceneCatalog((options.Scenes is { Count: > 0 } scenes ? scenes : [new SceneOptions()]).Select(scene =>
        {
            var path = Path.GetFullPath(scene.Head.Length > 0 ? scene.Head : Shipped);
            if (!heads.TryGetValue(path, out var head)) heads[path] = head = LoadHead(path, scene.Name);
            return new SceneDefinition(scene.Name, scene.ToPolicy(), head, ClassNamesBeside(path, head.Classes))
            {
                Model = ModelOf(path) ?? "",
                Authentication = scene.Authentication,
                IsOpen = isReachable && scene.Authentication == TokenAuthentication.Open,
                ViewNames = scene.ViewNames,
                Views = scene.Views.Count > 0 ? scene.Views.ToHashSet() : null,
            };
        }));
    }

    // They are for people to read: a head decides without them. Another model's file in the folder says nothing of this head.
    private static string[] ClassNamesBeside(string head, int classes)
    {
        try
        {
            using var json = File.OpenRead(Path.Combine(Path.GetDirectoryName(head)!, "model.json"));
            using var description = JsonDocument.Parse(json, s_json);
            var model = description.RootElement;
            var isOfIt = !model.TryGetProperty("head", out var file) || file.GetString() == Path.GetFileName(head);
            return isOfIt && model.TryGetProperty("classes", out var names) && names.GetArrayLength() == classes
                ? [.. names.EnumerateArray().Select(name => name.GetString() ?? throw new JsonException("A class has no name."))]
                : [];
        }
        catch (Exception exception) when (
            exception is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return [];
        }
    }

    // The model beside the head, where that says that it is its head.
    private static string? ModelOf(string head)
    {
        var folder = Path.GetDirectoryName(head)!;
        return IsHeadOf(folder, head) ? ModelFingerprint.Of(folder) : null;
    }

    private static bool IsHeadOf(string folder, string head)
    {
        try
        {
            using var file = File.OpenRead(Path.Combine(folder, "model.json"));
            using var description = JsonDocument.Parse(file, s_json);
            return description.RootElement.TryGetProperty("head", out var name) && name.GetString() is { } named
                && Path.GetFullPath(Path.Combine(folder, named)) == head;
        }
        catch (Exception exception) when (
            exception is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return false;
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
