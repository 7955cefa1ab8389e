using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Jtfa.Silo.Cameras.Sources;

namespace Jtfa.Silo.Cameras.Vision;

/// <summary>What <c>model.json</c> says of a model: the files beside it and how its backbone is fed.</summary>
public sealed record ModelDescription
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "model.json";

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
        IgnoreReadOnlyProperties = true, // what is derived is no key
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    /// <summary>The model's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>ONNX file of the backbone: one image in, one vector out.</summary>
    public string Backbone { get; init; } = "";

    /// <summary>How the backbone is fed.</summary>
    public ModelInput Input { get; init; } = new();

    /// <summary>Name of the backbone's output, F numbers.</summary>
    public string Output { get; init; } = "";

    /// <summary>.npz file of the projection from F to d numbers; null: the backbone's output is the token.</summary>
    public string? Pca { get; init; }

    /// <summary>.npz file of the linear head; null when the model has none.</summary>
    public string? Head { get; init; }

    /// <summary>Names of the head's classes.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    [JsonInclude, JsonExtensionData]
    internal Dictionary<string, JsonElement>? Unknown { get; init; }

    /// <summary>Reads the model.json of a folder.</summary>
    /// <param name="folder">The model folder.</param>
    /// <exception cref="CameraFaultException">It is missing, is no JSON, or a field is missing or outside its range.</exception>
    public static ModelDescription Load(string folder)
    {
        var path = Path.Combine(folder, FileName);
        ModelDescription description;
        try
        {
            using var file = SourceFile.Open(path, "model description", "Model");
            description = JsonSerializer.Deserialize<ModelDescription>(file, s_json) ?? throw new JsonException("it holds null");
        }
        catch (JsonException e)
        {
            throw new CameraFaultException(
                $"The model description '{path}' cannot be read ({e.Message}): correct it or take another Model", e);
        }
        var faults = string.Join("; ", description.Faults());
        return faults.Length == 0 ? description : throw new CameraFaultException($"The model description '{path}' is wrong: {faults}");
    }

    /// <summary>The text of a model.json that <see cref="Load"/> reads back.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_json);

    /// <summary>Tells of keys that a type has no property for: one that is misspelt would else be as good as not there.</summary>
    internal static IEnumerable<string> UnknownKeys<T>(Dictionary<string, JsonElement>? unknown, string prefix)
    {
        if (unknown is not { Count: > 0 }) yield break;
        var known = s_json.GetTypeInfo(typeof(T)).Properties.Where(property => property is { Set: not null, IsExtensionData: false });
        var names = string.Join(", ", known.Select(property => property.Name));
        foreach (var key in unknown.Keys) yield return $"{prefix}{key} is no key of it: known are {names}";
    }

    private IEnumerable<string> Faults()
    {
        foreach (var fault in UnknownKeys<ModelDescription>(Unknown, "")) yield return fault;
        if (string.IsNullOrEmpty(Backbone)) yield return "backbone is missing: name the ONNX file";
        if (string.IsNullOrEmpty(Output)) yield return "output is missing: name the backbone's output";
        if (Pca is "") yield return "pca is empty: name the file or leave pca out";
        if (Input is null) yield return "input is missing";
        else foreach (var fault in Input.Faults()) yield return fault;
    }
}
