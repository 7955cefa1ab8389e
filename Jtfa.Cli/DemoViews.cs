using System.Text.Json;
using Jtfa.Interfaces;

namespace Jtfa.Cli;

/// <summary>The cameras of a views.json: what each sees of the scene. The model's training reads the same file.</summary>
internal sealed class DemoViews
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNameCaseInsensitive = true };
    private readonly string _path;

    private DemoViews(string path, IReadOnlyList<DemoView> views) => (_path, All) = (path, views);

    public IReadOnlyList<DemoView> All { get; }

    /// <summary>Reads the file.</summary>
    /// <exception cref="UsageException">It is missing or not a views.json.</exception>
    public static DemoViews Load(string path)
    {
        try
        {
            return new DemoViews(path, JsonSerializer.Deserialize<DemoView[]>(File.ReadAllText(path), s_json) ?? []);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new UsageException($"{path} is no views.json: {exception.Message.ReplaceLineEndings(" ")}");
        }
    }

    /// <summary>A camera by its name.</summary>
    /// <exception cref="UsageException">The file has no such camera.</exception>
    public DemoView Find(string camera) => All.FirstOrDefault(view => view.Camera == camera)
        ?? throw new UsageException($"{_path} has no camera '{camera}': it has {string.Join(", ", All.Select(view => view.Camera))}.");
}

/// <summary>One camera of a views.json.</summary>
internal sealed record DemoView(string Camera, int View, ViewTransform? Transform);
