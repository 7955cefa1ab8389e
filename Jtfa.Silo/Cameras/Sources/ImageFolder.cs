using System.Globalization;
using Jtfa.Core;

namespace Jtfa.Silo.Cameras.Sources;

/// <summary>The image files below a folder and their labels.</summary>
/// <param name="Images">In the ordinal order of their paths, so that every machine numbers them alike.</param>
/// <param name="LeftOut">What else is there.</param>
internal sealed record ImageFolder(IReadOnlyList<LabelledImage> Images, LeftOutFiles LeftOut)
{
    private static readonly string[] s_extensions =
        [".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pbm", ".pgm", ".ppm", ".pnm"];

    /// <summary>Whether a file is an image by its name.</summary>
    public static bool IsImageName(string path) => s_extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>Lists the images; hidden files, empty ones and those whose content is no image are left out.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="CameraFaultException">The folder is missing, unreadable or without images.</exception>
    public static ImageFolder List(string folder)
    {
        var root = Path.GetFullPath(folder);
        var leftOut = new LeftOutFiles(root);
        try
        {
            var images = new List<LabelledImage>();
            foreach (var file in Files(new DirectoryInfo(root), leftOut).OrderBy(file => file.FullName, StringComparer.Ordinal))
            {
                var relative = Path.GetRelativePath(root, file.FullName);
                if (relative.StartsWith('.') || relative.Contains($"{Path.DirectorySeparatorChar}.")) leftOut.AddHidden(file.FullName);
                else if (FormatOf(file, out var fault) is { } format)
                    images.Add(new LabelledImage(file.FullName, LabelOf(relative), format));
                else leftOut.AddUnusable(file.FullName, fault);
            }

            if (images.Count > 0) return new ImageFolder(images, leftOut);
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

        var told = leftOut.ToString();
        throw new CameraFaultException($"The image folder '{folder}' has no image ({string.Join(", ", s_extensions)})"
            + $"{(told.Length == 0 ? "" : $", left out are {told}")}: correct Source.Path");
    }

    private static List<FileInfo> Files(DirectoryInfo root, LeftOutFiles leftOut)
    {
        var files = new List<FileInfo>();
        var pending = new Stack<DirectoryInfo>([root]);
        while (pending.TryPop(out var folder))
        {
            try
            {
                foreach (var entry in folder.EnumerateFileSystemInfos())
                {
                    if (entry is DirectoryInfo inner && !LeadsBack(inner)) pending.Push(inner);
                    else if (entry is FileInfo file && IsImageName(file.Name)) files.Add(file);
                }
            }
            catch (Exception e) when (folder != root && e is IOException or UnauthorizedAccessException)
            {
                leftOut.AddUnusable(folder.FullName, $"cannot be listed: {e.Message}");
            }
        }

        return files;
    }

    /// <summary>Whether a folder is a link to one that it is in: following it would never end.</summary>
    private static bool LeadsBack(DirectoryInfo folder) =>
        folder.LinkTarget is not null && folder.ResolveLinkTarget(returnFinalTarget: true) is { } target
        && AsPrefix(folder).StartsWith(AsPrefix(target), StringComparison.Ordinal);

    private static string AsPrefix(FileSystemInfo folder) =>
        $"{Path.TrimEndingDirectorySeparator(folder.FullName)}{Path.DirectorySeparatorChar}";

    private static ImageFormat? FormatOf(FileInfo file, out string fault)
    {
        fault = "";
        try
        {
            // Opening a pipe would wait for its writer; its length is 0, too.
            if (file.Length == 0)
            {
                fault = "it is empty";
                return null;
            }

            Span<byte> start = stackalloc byte[ImageFormat.StartBytes];
            using var handle = File.OpenHandle(file.FullName);
            start = start[..RandomAccess.Read(handle, start, 0)];
            if (ImageFormat.Of(start) is { } format) return format;
            fault = GitLfsPointer.Begins(start) ? GitLfsPointer.Advice : $"its content is no {ImageFormat.Known} image";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            fault = $"it cannot be opened: {e.Message}";
        }

        return null;
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
/// <param name="Format">Its content's format.</param>
internal sealed record LabelledImage(string Path, int Label, ImageFormat Format);
