using Jtfa.Core;

namespace Jtfa.Silo.Cameras.Fitting;

/// <summary>What one run captured of one class.</summary>
/// <param name="Views">Of each view, its vectors.</param>
public sealed record Capture(IReadOnlyList<CapturedView> Views)
{
    private const string View = "view";
    private const string Ticks = "_ticks";

    /// <summary>Vectors of all views.</summary>
    public int Count => Views.Sum(view => view.Vectors.Count);

    /// <summary>
    /// Writes a file that <see cref="Load"/> and numpy.load read: <c>view0</c> (n, F) and <c>view0_ticks</c> (n,), and so on.
    /// </summary>
    public void Save(string path)
    {
        var arrays = new Dictionary<string, NpyArray>();
        foreach (var view in Views.Where(view => view.Vectors.Count > 0))
        {
            float[] values = [.. view.Vectors.SelectMany(vector => vector)];
            arrays[$"{View}{view.View}"] = NpyArray.FromSingles(values, view.Vectors.Count, view.Vectors[0].Length);
            arrays[$"{View}{view.View}{Ticks}"] = NpyArray.FromSingles([.. view.Ticks.Select(tick => (float)tick)], view.Ticks.Count);
        }

        Npz.Write(path, arrays);
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="features">F, the length that its vectors must have.</param>
    /// <exception cref="CameraFaultException">It is no capture, or of vectors of another length.</exception>
    public static Capture Load(string path, int features)
    {
        IReadOnlyDictionary<string, NpyArray> arrays;
        try
        {
            arrays = Npz.Read(path);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new CameraFaultException($"The capture '{path}' is corrupt ({e.Message}): delete it, and collect again", e);
        }

        var views = new List<CapturedView>();
        foreach (var (name, vectors) in arrays.OrderBy(array => array.Key, StringComparer.Ordinal))
        {
            if (!name.StartsWith(View, StringComparison.Ordinal) || !int.TryParse(name.AsSpan(View.Length), out var view)) continue;
            if (vectors.Shape is not [var count, var length] || !arrays.TryGetValue(name + Ticks, out var ticks) || ticks.Length != count)
            {
                throw new CameraFaultException($"The capture '{path}' has {name} {vectors.ShapeText()} without {name}{Ticks} of that many: "
                    + "delete it, and collect again");
            }

            if (length != features)
            {
                throw new CameraFaultException($"The capture '{path}' has vectors of {length} numbers, the collection's backbone gives "
                    + $"{features}: delete it, and collect again");
            }

            views.Add(new CapturedView(view, [.. vectors.ToSingles().Chunk(features)], [.. ticks.ToDoubles().Select(tick => (long)tick)]));
        }

        return new Capture(views);
    }
}

/// <summary>The vectors of one view.</summary>
/// <param name="View">The view's number.</param>
/// <param name="Vectors">Of one length.</param>
/// <param name="Ticks">
/// The tick of each, ascending from 0: vectors of one run and one tick show the same moment. Of a folder of images it is an image's place.
/// </param>
public sealed record CapturedView(int View, IReadOnlyList<float[]> Vectors, IReadOnlyList<long> Ticks);
