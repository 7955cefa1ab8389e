namespace Jtfa.Silo.Trust;

/// <summary>The keys of camera views (configuration section <c>Jtfa:Keys</c>).</summary>
public sealed class ViewKeysOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Jtfa:Keys";

    /// <summary>The file with a line a key, as <c>jtfa key new</c> makes it, mode 600; empty for none.</summary>
    public string File { get; set; } = "";

    /// <summary>Further keys, each a line as in the file.</summary>
    public List<string> Views { get; init; } = [];

    /// <summary>Where cameras of this silo keep their epochs, a small file each.</summary>
    public string EpochFolder { get; set; } = ".";

    /// <summary>What is wrong, one line a fault; empty when all is valid.</summary>
    public IEnumerable<string> Faults()
    {
        if (string.IsNullOrWhiteSpace(EpochFolder)) yield return $"{Section}:EpochFolder is empty: allowed is a folder";
    }
}
