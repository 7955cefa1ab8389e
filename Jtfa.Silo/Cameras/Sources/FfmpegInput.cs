namespace Jtfa.Silo.Cameras.Sources;

/// <summary>Names files to ffmpeg so that it opens these files and no others, whatever their names hold.</summary>
internal static class FfmpegInput
{
    /// <summary>Options before -i for a file that is one image.</summary>
    public static string[] OneImage => ["-f", "image2", "-pattern_type", "none"];

    /// <summary>The arguments for a file.</summary>
    /// <param name="path">The file, which is there.</param>
    /// <param name="options">Other options before -i.</param>
    public static string[] File(string path, IReadOnlyList<string> options)
    {
        // To ffmpeg http:x.mp4 is an address, and shot_%d.png a pattern of many files.
        string[] one = path.Contains('%') && ImageFolder.IsImageName(path) && !options.Contains("-f") ? OneImage : [];
        return [.. options, .. one, "-i", Url(path)];
    }

    /// <summary>A file's address: without a scheme a name such as http:x.png would have one.</summary>
    public static string Url(string path) => $"file:{Path.GetFullPath(path)}";
}
