using Jtfa.Silo.Cameras.Fitting;
using Jtfa.Silo.Cameras.Sources;

namespace Jtfa.Silo.Tests.Cameras.Fitting;

/// <summary>Seeded vectors of classes, each around a centre of its own.</summary>
internal static class RandomVectors
{
    /// <summary>Vectors of a class: its centre plus noise whose size differs from number to number.</summary>
    /// <param name="seed">Other noise for each.</param>
    /// <param name="count">How many.</param>
    /// <param name="centre">The class's centre.</param>
    /// <param name="noise">Its size.</param>
    public static IReadOnlyList<float[]> Around(ulong seed, int count, float[] centre, float noise)
    {
        var random = new Gaussian(seed);
        var vectors = new float[count][];
        for (var row = 0; row < count; row++)
        {
            vectors[row] = new float[centre.Length];
            for (var i = 0; i < centre.Length; i++) vectors[row][i] = centre[i] + (noise / (1 + i) * random.Next());
        }

        return vectors;
    }

    /// <summary>A centre for a class: numbers from 0 to 3 that its number decides.</summary>
    public static float[] Centre(int number, int length) =>
        [.. Enumerable.Range(0, length).Select(i => SampleOrder.IndexOf((number * 1000) + i, 4))];

    /// <summary>A capture of one view, a vector a tick.</summary>
    public static Capture AsCapture(this IReadOnlyList<float[]> vectors, int view = 0) =>
        new([new CapturedView(view, vectors, [.. Enumerable.Range(0, vectors.Count).Select(i => (long)i)])]);

    /// <summary>Samples of views that were captured together.</summary>
    public static FusedSamples Together(params IReadOnlyList<float[]>[] views) => new(
        views, [.. Enumerable.Range(0, views[0].Count).Select(i => views.Select(_ => i).ToArray())]);
}
