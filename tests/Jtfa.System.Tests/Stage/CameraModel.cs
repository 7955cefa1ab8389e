using Jtfa.Core;

namespace Jtfa.System.Tests.Stage;

/// <summary>A model folder for cameras that must get past their model: a backbone of 4 × 4 grey pixels in, 3 numbers out.</summary>
internal static class CameraModel
{
    private const string Description = """
        {
          "name": "linear", "backbone": "backbone.onnx", "output": "features",
          "input": { "name": "image", "width": 4, "height": 4, "channels": 1, "layout": "NCHW", "scale": 1, "mean": [0], "std": [1] }
        }
        """;

    private static readonly string s_linear = Path.Combine(AppContext.BaseDirectory, "fixtures", "linear.onnx");

    /// <summary>Writes the folder, with another backbone if one is given.</summary>
    public static string WriteModel(this Workspace workspace, byte[]? backbone = null)
    {
        Directory.CreateDirectory(workspace["model"]);
        workspace.Write(Path.Combine("model", "model.json"), Description);
        workspace.Write(Path.Combine("model", "backbone.onnx"), backbone ?? File.ReadAllBytes(s_linear));
        return workspace["model"];
    }

    /// <summary>
    /// Writes the folder with a projection: the three features become the first three numbers of the sixteen that the head of
    /// <see cref="Workspace.WriteHead"/> takes.
    /// </summary>
    public static string WriteModelOfHead(this Workspace workspace)
    {
        var folder = workspace.WriteModel();
        workspace.Write(Path.Combine("model", "model.json"), Description.Replace("\"output\"", "\"pca\": \"pca.npz\", \"output\""));
        var components = new float[Workspace.Dimension * 3];
        for (var i = 0; i < 3; i++) components[(i * 3) + i] = 1 / 255f;
        Npz.Write(workspace["model/pca.npz"], new Dictionary<string, NpyArray>
        {
            ["mean"] = NpyArray.FromSingles(new float[3], 3),
            ["components"] = NpyArray.FromSingles(components, Workspace.Dimension, 3),
        });
        return folder;
    }
}
