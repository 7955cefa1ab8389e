using Jtfa.Core;

namespace Jtfa.Testing.Processes;

/// <summary>A folder of a test's own, where its programs run; it goes with the test.</summary>
internal sealed class Workspace : IDisposable
{
    public const int Classes = 10;
    public const int Dimension = 16;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("jtfa-system-");

    public string Path => _folder.FullName;

    /// <summary>The decision log that silos of this workspace write.</summary>
    public string Database => this["jtfa.db"];

    /// <summary>A file of the workspace.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string Write(string name, string content)
    {
        File.WriteAllText(this[name], content);
        return this[name];
    }

    public string Write(string name, byte[] content)
    {
        File.WriteAllBytes(this[name], content);
        return this[name];
    }

    /// <summary>A head that decides for class c where a token points along axis c.</summary>
    public string WriteHead()
    {
        var weights = new float[Classes * Dimension];
        for (var c = 0; c < Classes; c++) weights[(c * Dimension) + c] = 1;
        Npz.Write(this["head.npz"], new Dictionary<string, NpyArray>
        {
            ["W"] = NpyArray.FromSingles(weights, Classes, Dimension),
            ["b"] = NpyArray.FromSingles(new float[Classes], Classes),
            ["max_norm"] = NpyArray.FromSingles([1000]),
        });
        return this["head.npz"];
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
