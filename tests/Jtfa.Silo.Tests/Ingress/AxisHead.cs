using Jtfa.Core;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>A head that decides for class c where a token points along axis c, as a file, and such tokens.</summary>
internal static class AxisHead
{
    public const int Classes = 10;
    public const int Dimension = 16;

    public static string Write(string folder, double? maxNorm = null)
    {
        var weights = new float[Classes * Dimension];
        for (var c = 0; c < Classes; c++) weights[(c * Dimension) + c] = 1;
        var path = Path.Combine(folder, "head.npz");
        var arrays = new Dictionary<string, NpyArray>
        {
            ["W"] = NpyArray.FromSingles(weights, Classes, Dimension),
            ["b"] = NpyArray.FromSingles(new float[Classes], Classes),
        };
        if (maxNorm is { } norm) arrays["max_norm"] = NpyArray.FromSingles([(float)norm]);
        Npz.Write(path, arrays);
        return path;
    }

    /// <summary>Encodes a token of a class.</summary>
    /// <returns>Its scale.</returns>
    public static double Encode(
        int label, TokenEncoding encoding, uint seed, Span<sbyte> values, TokenQuantiser quantiser = TokenQuantiser.Int8)
    {
        Span<float> vector = stackalloc float[Dimension];
        vector.Clear();
        vector[label] = 3;
        return TokenCodec.Encode(vector, encoding, seed, values, quantiser);
    }
}
