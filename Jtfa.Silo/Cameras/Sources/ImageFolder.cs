using System.Globalization;

namespace Jtfa.Silo.Cameras.Sources;

/// <summary>The image files below a folder and their labels.</summary>
internal static class ImageFolder
{
    private static readonly string[] s_extensions =
        [".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm", ".pnm"];

    /// <summary>Lists the images in the ordinal order of their paths, so that every machine numbers them alike.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="CameraFaultException">The folder is missing, unreadable or without images.</exception>
    public static List<LabelledImage> List(string folder)
    {
        var root = Path.GetFullPath(folder);
        try
        {
            var images = Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
                .Where(path => s_extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
                .Order(StringComparer.Ordinal)
                .Select(path => new LabelledImage(path, LabelOf(Path.GetRelativePath(root, path))))
                .ToList();
            return images.Count > 0 ? images : throw new CameraFaultException(
                $"The image folder '{folder}' has no image ({string.Join(", ", s_extensions)}): correct Source.Path");
        }
        catch (DirectoryNotFoundException e)
        {
            throw new CameraFaultException($"The image folder '{folder}' does not exist: correct Source.Path", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CameraFaultException(
                $"The image folder '{folder}' cannot be listed ({e.Message}): make it readable or correct Source.Path", e);
        }
    }

    /// <summary>The innermost sub-folder whose name is an integer gives the label.</summary>
    private static int LabelOf(string relativePath)
    {
        for (var folder = Path.GetDirectoryName(relativePath); !string.IsNullOrEmpty(folder); folder = Path.GetDirectoryName(folder))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var label))
                return label;
        }
        return -1;
    }
}

/// <summary>One image of a folder.</summary>
/// <param name="Path">Its file, absolute.</param>
/// <param name="Label">Its label; −1 when no sub-folder gives one.</param>
internal sealed record LabelledImage(string Path, int Label);
