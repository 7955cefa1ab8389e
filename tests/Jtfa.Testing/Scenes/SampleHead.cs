using Jtfa.Core;

namespace Jtfa.Testing.Scenes;

/// <summary>A head whose logits are the fused token itself: the class is the largest element. Written once, to a temporary file.</summary>
internal static class SampleHead
{
    public const int Dimension = 4;

    private static readonly Lazy<string> s_file = new(Write);

    /// <summary>The head.npz.</summary>
    public static string File => s_file.Value;

    private static string Write()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("jtfa-grains-").FullName, "head.npz");
        var identity = new float[Dimension * Dimension];
        for (var i = 0; i < Dimension; i++) identity[i * (Dimension + 1)] = 1;
        Npz.Write(path, new Dictionary<string, NpyArray>
        {
            ["W"] = NpyArray.FromSingles(identity, Dimension, Dimension),
            ["b"] = NpyArray.FromSingles(new float[Dimension], Dimension),
        });
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        return path;
    }
}
