using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Jtfa.Interfaces;
using Jtfa.Silo.Cameras.Vision;

namespace Jtfa.Silo.Cameras.Fitting;

/// <summary>
/// A folder of vectors to fit a model on: <c>model.json</c> and the backbone that made them, <c>captures/CLASS/001.npz</c>, one more for
/// each run, and <c>cameras.json</c>, what each view was captured from. A run adds a file and changes none.
/// </summary>
public sealed class VectorCollection
{
    private const string Captures = "captures";
    private const string CamerasFile = "cameras.json";
    private const int MostClassName = 64;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private VectorCollection(string folder, ModelDescription description) => (Folder, Description) = (folder, description);

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>The backbone and how it is fed.</summary>
    public ModelDescription Description { get; }

    /// <summary>The backbone's file.</summary>
    public string BackbonePath => Path.Combine(Folder, Description.Backbone);

    /// <summary>Opens a collection.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="CameraFaultException">There is none, or it is damaged.</exception>
    public static VectorCollection Open(string folder)
    {
        if (!File.Exists(Path.Combine(folder, ModelDescription.FileName)))
            throw new CameraFaultException($"There is no collection in '{folder}': 'jtfa model collect --backbone FILE' begins one");
        return new VectorCollection(folder, ModelDescription.Load(folder));
    }

    /// <summary>Opens a collection, and begins it where there is none.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="backbone">An ONNX file, or a folder with a model.json; null takes the collection's own.</param>
    /// <param name="hints">What is said of a bare ONNX file.</param>
    /// <exception cref="CameraFaultException">The backbone cannot be used, or the collection was made with another.</exception>
    public static VectorCollection Open(string folder, string? backbone, BackboneHints hints)
    {
        if (backbone is null) return Open(folder);
        var (path, description) = Describe(backbone, hints);
        if (!File.Exists(Path.Combine(folder, ModelDescription.FileName))) return Begin(folder, path, description);
        var there = Open(folder);
        if (there.Description.ToJson() == description.ToJson() && Hash(there.BackbonePath).SequenceEqual(Hash(path))) return there;
        throw new CameraFaultException(
            $"The collection '{folder}' was made with another backbone, or fed another way, than --backbone {backbone} now: leave "
            + "--backbone and its options out, or collect into another folder");
    }

    /// <summary>What is wrong with a class's name; null when nothing is.</summary>
    public static string? FaultOfClass(string name) =>
        name.Length is > 0 and <= MostClassName && name[0] != '.' && name.Trim() == name
            && !name.Any(letter => letter is '/' or '\\' || char.IsControl(letter))
            ? null
            : $"'{name}': allowed is a name of up to {MostClassName} letters, without '/' and without a dot at its beginning";

    /// <summary>Adds a capture, as a file of its own.</summary>
    /// <returns>The file.</returns>
    /// <exception cref="CameraFaultException">It cannot be written.</exception>
    public string Add(string className, Capture capture)
    {
        for (var number = Files(className).Select(NumberOf).DefaultIfEmpty(0).Max() + 1; ; number++)
        {
            var path = Path.Combine(Folder, Captures, className, $"{number:000}.npz");
            if (WholeFile.TryCreate(path, capture.Save)) return path; // else a run beside this one has that number
        }
    }

    /// <summary>The captures of each class; classes by their names.</summary>
    /// <param name="features">F, the length of the backbone's vectors.</param>
    /// <exception cref="CameraFaultException">A file is damaged, or of another backbone.</exception>
    public IReadOnlyList<(string Class, IReadOnlyList<Capture> Captures)> Read(int features)
    {
        var root = new DirectoryInfo(Path.Combine(Folder, Captures));
        if (!root.Exists) return [];
        return [.. root.GetDirectories().Select(folder => folder.Name).Where(name => FaultOfClass(name) is null)
            .Order(StringComparer.Ordinal)
            .Select(name => (name, Captures: (IReadOnlyList<Capture>)[.. Files(name).Select(file => Capture.Load(file, features))]))
            .Where(found => found.Captures.Sum(capture => capture.Count) > 0)];
    }

    /// <summary>
    /// Keeps what views are captured from, beside what is kept of others. Addresses may hold passwords: only its owner reads the file.
    /// </summary>
    public void Remember(IReadOnlyDictionary<int, CollectedCamera> cameras)
    {
        var all = new SortedDictionary<int, CollectedCamera>(Cameras().ToDictionary());
        foreach (var (view, camera) in cameras) all[view] = camera;
        var text = JsonSerializer.Serialize(all, s_json);
        WholeFile.Write(Path.Combine(Folder, CamerasFile), path => SecretFile.Create(path, text));
    }

    /// <summary>What views were captured from last.</summary>
    public IReadOnlyDictionary<int, CollectedCamera> Cameras()
    {
        var path = Path.Combine(Folder, CamerasFile);
        try
        {
            return File.Exists(path)
                ? JsonSerializer.Deserialize<Dictionary<int, CollectedCamera>>(File.ReadAllText(path), s_json) ?? []
                : new Dictionary<int, CollectedCamera>();
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new CameraFaultException($"'{path}' cannot be read ({e.Message}): delete it", e);
        }
    }

    private static (string Path, ModelDescription Description) Describe(string backbone, BackboneHints hints)
    {
        if (!Directory.Exists(backbone)) return (backbone, BackboneFile.Describe(backbone, hints));
        var description = ModelDescription.Load(backbone);
        var path = Path.Combine(backbone, description.Backbone);
        return (path, description with { Backbone = Path.GetFileName(path), Pca = null, Head = null, Classes = [] });
    }

    private static VectorCollection Begin(string folder, string backbone, ModelDescription description)
    {
        // Loaded before anything is written: what cannot run begins nothing.
        Backbone.Load(backbone, description.Input, description.Output).Dispose();
        try
        {
            Directory.CreateDirectory(folder);
            BackboneFile.CopyTo(backbone, folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CameraFaultException($"The collection '{folder}' cannot be made ({e.Message}): name another folder", e);
        }

        WholeFile.Write(Path.Combine(folder, ModelDescription.FileName), path => File.WriteAllText(path, description.ToJson()));
        return new VectorCollection(folder, description);
    }

    private static byte[] Hash(string path)
    {
        using var file = Sources.SourceFile.Open(path, "backbone", "--backbone");
        return SHA256.HashData(file);
    }

    private IEnumerable<string> Files(string className)
    {
        var folder = Path.Combine(Folder, Captures, className);
        return Directory.Exists(folder)
            ? Directory.GetFiles(folder, "*.npz").Where(file => NumberOf(file) > 0).OrderBy(NumberOf)
            : [];
    }

    private static int NumberOf(string file) =>
        int.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}

/// <summary>What a view was captured from.</summary>
/// <param name="Kind">Ffmpeg or Images.</param>
/// <param name="Path">Device, URL, file or folder.</param>
/// <param name="InputOptions">ffmpeg's options before its input.</param>
/// <param name="RateHz">Captures a second.</param>
public sealed record CollectedCamera(FrameSourceKind Kind, string Path, string InputOptions, double RateHz);
