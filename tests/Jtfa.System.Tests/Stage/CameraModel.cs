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
}
