using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Jtfa.Silo.Cameras.Vision;

namespace Jtfa.Silo.Cameras.Fitting;

/// <summary>How a model is fitted.</summary>
/// <param name="Kind">PCA or LDA.</param>
/// <param name="Dimension">d at most, 1 … 1024.</param>
/// <param name="Seed">The same collection and seed give the same model.</param>
public sealed record FitOptions(ProjectionKind Kind = ProjectionKind.Pca, int Dimension = 16, int Seed = 7);

/// <summary>A model fitted on a collection, not yet written.</summary>
public sealed class ModelFit
{
    private const string Pca = "pca.npz";
    private const string Head = "head.npz";
    private const string Metrics = "metrics.json";
    private const string Silo = "silo.json";

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    // Its keys begin with capitals, as in docs/silo.md.
    private static readonly JsonSerializerOptions s_siloJson = new(s_json) { PropertyNamingPolicy = null };

    private readonly VectorCollection _collection;
    private readonly TokenProjection _projection;
    private readonly HeadWeights _head;
    private readonly FitOptions _options;

    private ModelFit(
        VectorCollection collection, TokenProjection projection, HeadWeights head, FitReport report, FitOptions options) =>
        (_collection, _projection, _head, Report, _options) = (collection, projection, head, report, options);

    /// <summary>What it is worth.</summary>
    public FitReport Report { get; }

    /// <summary>Fits projection, gate and head.</summary>
    /// <exception cref="CameraFaultException">The collection has too little of a class, fewer than two classes, or is damaged.</exception>
    public static ModelFit Of(VectorCollection collection, FitOptions options)
    {
        int features;
        using (var backbone = Backbone.Load(collection.BackbonePath, collection.Description.Input, collection.Description.Output))
            features = backbone.Features;
        var classes = collection.Read(features);
        if (classes.Count < 2)
        {
            var found = classes.Count == 0 ? "no captures" : $"captures of '{classes[0].Class}' alone";
            throw new CameraFaultException(
                $"The collection '{collection.Folder}' has {found}: collect two classes or more with 'jtfa model collect --class'");
        }

        int[] views = [.. classes.SelectMany(one => one.Captures).SelectMany(capture => capture.Views).Select(view => view.View)
            .Distinct().Order()];
        var parts = classes.Select(one => HeldOutSplit.Part(one.Captures, views)).ToList();
        foreach (var (one, part) in classes.Zip(parts))
        {
            if (part.HeldOut.Moments.Count > 0) continue;
            throw new CameraFaultException(
                $"The collection '{collection.Folder}' has {part.Fitted.Moments.Count} samples of '{one.Class}', none in a "
                + $"run of {HeldOutSplit.LeastMoments} or more: collect more of it");
        }

        List<float[]> vectors = [.. parts.SelectMany(part => part.Fitted.Tokens).SelectMany(view => view)];
        List<int> labels = [.. parts.Index().SelectMany(part =>
            Enumerable.Repeat(part.Index, part.Item.Fitted.Tokens.Sum(view => view.Count)))];
        var (projection, kept) = options.Kind == ProjectionKind.Lda
            ? ProjectionFit.Discriminant(vectors, labels, options.Dimension)
            : ProjectionFit.Principal(vectors, options.Dimension);
        var head = HeadFit.Fit([.. parts.Select(part => Projected(part.Fitted, projection))], projection.Dimension, options.Seed);

        var (decides, random) = (head.ToHead(), new Random(options.Seed));
        var figures = classes.Index().Select(one => FitReport.Judge(
            one.Item.Class, one.Index, parts[one.Index].Fitted.Moments.Count, Projected(parts[one.Index].HeldOut, projection), decides,
            random)).ToList();
        return new ModelFit(
            collection, projection, head, new FitReport(views, figures, features, projection.Dimension, kept), options);
    }

    /// <summary>
    /// Writes a folder that silo and cameras take: model.json, the backbone, pca.npz, head.npz, metrics.json, and silo.json, the
    /// configuration of a silo that runs the cameras that were collected from. A folder that an earlier fit wrote is written anew.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="scene">The scene of silo.json.</param>
    /// <returns>silo.json; null where a view's source is not known.</returns>
    /// <exception cref="CameraFaultException">The folder holds something else, or cannot be written.</exception>
    public string? Write(string folder, string scene)
    {
        folder = Path.GetFullPath(folder);
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any() && !File.Exists(Path.Combine(folder, Metrics)))
            throw new CameraFaultException($"'{folder}' is there and no fit wrote it: name another folder");
        try
        {
            Directory.CreateDirectory(folder);
            BackboneFile.CopyTo(_collection.BackbonePath, folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CameraFaultException($"The model '{folder}' cannot be written ({e.Message}): name another folder", e);
        }

        var description = _collection.Description with
        {
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)),
            Pca = Pca,
            Head = Head,
            Classes = [.. Report.Classes.Select(one => one.Class)],
        };
        WholeFile.Write(Path.Combine(folder, Metrics), path => File.WriteAllText(path, MetricsJson()));
        WholeFile.Write(Path.Combine(folder, Pca), _projection.Save);
        WholeFile.Write(Path.Combine(folder, Head), _head.Save);
        WholeFile.Write(
            Path.Combine(folder, ModelDescription.FileName), path => File.WriteAllText(path, description.ToJson()));
        return WriteSilo(folder, scene);
    }

    private static FusedSamples Projected(FusedSamples samples, TokenProjection projection) => new(
        [.. samples.Tokens.Select(view => (IReadOnlyList<float[]>)[.. view.Select(vector =>
        {
            var token = new float[projection.Dimension];
            projection.Apply(vector, token);
            return token;
        })])],
        samples.Moments);

    private string MetricsJson() => JsonSerializer.Serialize(
        new
        {
            projection = _options.Kind.ToString(),
            _options.Seed,
            Report.Features,
            Report.Dimension,
            Report.Kept,
            Report.Views,
            Report.Classes,
            Report.ByView,
            Report.Fused,
        },
        s_json);

    private string? WriteSilo(string folder, string scene)
    {
        var cameras = _collection.Cameras();
        if (!Report.Views.All(cameras.ContainsKey)) return null;
        var path = Path.Combine(folder, Silo);
        var configuration = JsonSerializer.Serialize(
            new
            {
                Jtfa = new
                {
                    Scenes = new[]
                    {
                        new { Name = scene, K = Report.Views.Count, N = Report.Views.Count, Head = Path.Combine(folder, Head) },
                    },
                    Cameras = Report.Views.Select(view => new
                    {
                        Scene = scene,
                        Camera = $"camera{view}",
                        View = view,
                        cameras[view].RateHz,
                        Model = folder,
                        Source = new { Kind = cameras[view].Kind.ToString(), cameras[view].Path, cameras[view].InputOptions },
                    }),
                },
            },
            s_siloJson);

        // The cameras' addresses may hold passwords.
        WholeFile.Write(path, file => SecretFile.Create(file, configuration));
        return path;
    }
}
