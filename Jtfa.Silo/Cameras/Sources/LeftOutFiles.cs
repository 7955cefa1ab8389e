namespace Jtfa.Silo.Cameras.Sources;

/// <summary>What a folder has beside the images that are used: how many files, and the first of each kind.</summary>
/// <param name="folder">The folder, absolute.</param>
internal sealed class LeftOutFiles(string folder)
{
    private int _hidden;
    private string _firstHidden = "";
    private string _firstUnusable = "";

    /// <summary>Files that were meant to be images.</summary>
    public int Unusable { get; private set; }

    /// <summary>Notes an image file that its owner does not see, such as the ._IMG_1.png that macOS writes beside IMG_1.png.</summary>
    public void AddHidden(string path)
    {
        if (_hidden++ == 0) _firstHidden = Path.GetRelativePath(folder, path);
    }

    /// <summary>Notes a file or folder that cannot be used.</summary>
    public void AddUnusable(string path, string reason)
    {
        if (Unusable++ == 0) _firstUnusable = $"'{Path.GetRelativePath(folder, path)}' ({reason})";
    }

    /// <summary>In words, one line; empty when nothing was left out.</summary>
    public override string ToString()
    {
        List<string> kinds = [];
        if (Unusable > 0) kinds.Add($"{Unusable} unusable, the first is {_firstUnusable}");
        if (_hidden > 0) kinds.Add($"{_hidden} hidden, the first is '{_firstHidden}'");
        return string.Join("; ", kinds).ReplaceLineEndings(" ");
    }
}
