using Jtfa.Core;
using Jtfa.Silo.Cameras.Sources;

namespace Jtfa.Silo.Cameras.Vision;

/// <summary>The principal component projection from a backbone's F features to a token's d values: z = components · (x − mean).</summary>
public sealed class TokenProjection
{
    private readonly float[] _mean;
    private readonly float[] _components;

    /// <summary>A projection.</summary>
    /// <param name="mean">F numbers.</param>
    /// <param name="components">d × F numbers, row by row.</param>
    /// <exception cref="ArgumentException">The lengths do not fit each other.</exception>
    public TokenProjection(float[] mean, float[] components)
    {
        if (mean.Length == 0 || components.Length == 0 || components.Length % mean.Length != 0)
            throw new ArgumentException($"{components.Length} components are no rows of {mean.Length}.", nameof(components));
        _mean = mean;
        _components = components;
    }

    /// <summary>F, the number of features.</summary>
    public int Features => _mean.Length;

    /// <summary>d, the length of a token.</summary>
    public int Dimension => _components.Length / _mean.Length;

    /// <summary>Reads <c>mean</c> (F,) and <c>components</c> (d, F) of a .npz file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CameraFaultException">The file is missing, is no .npz file, or its arrays do not fit each other.</exception>
    public static TokenProjection Load(string path)
    {
        var arrays = Read(path);
        if (!arrays.TryGetValue("mean", out var mean) || !arrays.TryGetValue("components", out var components))
            throw new CameraFaultException($"The projection '{path}' lacks 'mean' or 'components': save both with numpy.savez");
        if (mean.Shape is not [> 0 and var features] || components.Shape is not [> 0, var columns] || columns != features)
        {
            throw new CameraFaultException($"The projection '{path}' has mean ({string.Join(", ", mean.Shape)}) and components "
                + $"({string.Join(", ", components.Shape)}): save them as (F,) and (d, F)");
        }
        return new TokenProjection(mean.ToSingles(), components.ToSingles());
    }

    /// <summary>Writes the file that <see cref="Load"/> reads back.</summary>
    public void Save(string path) => Npz.Write(path, new Dictionary<string, NpyArray>
    {
        ["mean"] = NpyArray.FromSingles(_mean, Features),
        ["components"] = NpyArray.FromSingles(_components, Dimension, Features),
    });

    /// <summary>Projects features to a token.</summary>
    /// <param name="features">F numbers.</param>
    /// <param name="token">Takes d numbers.</param>
    public void Apply(ReadOnlySpan<float> features, Span<float> token)
    {
        for (var row = 0; row < token.Length; row++)
        {
            var weights = _components.AsSpan(row * Features, Features);
            var sum = 0.0; // features of one sign cancel against the mean: sum in double
            for (var i = 0; i < weights.Length; i++) sum += weights[i] * (double)(features[i] - _mean[i]);
            token[row] = (float)sum;
        }
    }

    private static IReadOnlyDictionary<string, NpyArray> Read(string path)
    {
        using (SourceFile.Open(path, "projection", "pca in model.json"))
        {
            // Opened only to tell a file that is missing or unreadable from one that is corrupt.
        }
        try
        {
            return Npz.Read(path, "mean", "components");
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new CameraFaultException($"The projection '{path}' is corrupt ({e.Message}): save it again with numpy.savez", e);
        }
    }
}
