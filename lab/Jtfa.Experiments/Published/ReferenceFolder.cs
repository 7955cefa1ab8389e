using Jtfa.Testbed;

namespace Jtfa.Experiments.Published;

/// <summary>The published implementation, as its repository lies in a folder.</summary>
public sealed class ReferenceFolder
{
    private const string Repository = "inseomg/open_temp";

    /// <summary>Looks into a folder.</summary>
    /// <exception cref="TestbedException">A script is missing; the message says what to fetch.</exception>
    public ReferenceFolder(string path)
    {
        Producer = Script(path, "producer.py");
        Fusion = Script(path, "fusion.py");
    }

    /// <summary>The script that sends.</summary>
    public string Producer { get; }

    /// <summary>The script that fuses.</summary>
    public string Fusion { get; }

    private static string Script(string path, string name)
    {
        var script = Path.Combine(Path.GetFullPath(path), "src", "jtfa", name);
        return File.Exists(script) ? script : throw new TestbedException(
            $"{script} is missing: fetch the published scripts "
            + $"(git clone https://github.com/{Repository}) and name that folder in --reference");
    }
}
