using System.IO.Compression;

namespace Jtfa.Core;

/// <summary>numpy's .npz format: a zip file of .npy arrays, one an entry, named as the entry without ".npy".</summary>
public static class Npz
{
    private const string Extension = ".npy";

    // The earliest time that zip can hold, which numpy writes too, so that the same arrays make the same file.
    private static readonly DateTimeOffset s_entryTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Reads arrays of a file (numpy.savez, numpy.savez_compressed).</summary>
    /// <param name="path">The file.</param>
    /// <param name="wanted">
    /// Names of the arrays to read, if they are there; what else the file holds is passed over. None: all arrays.
    /// </param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// The file cannot be opened or is not a zip file, or an array is not of a supported type; the message names file and array.
    /// </exception>
    public static IReadOnlyDictionary<string, NpyArray> Read(string path, params IReadOnlyCollection<string> wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: there is no such file.", path);
        var arrays = new Dictionary<string, NpyArray>(StringComparer.Ordinal);
        var entryName = "";
        try
        {
            using var file = File.OpenRead(path);
            if (GitLfsPointer.Is(file)) throw new InvalidDataException(GitLfsPointer.Advice);
            using var zip = new ZipArchive(file, ZipArchiveMode.Read);
            foreach (var entry in zip.Entries)
            {
                entryName = entry.FullName;
                var name = entryName.EndsWith(Extension, StringComparison.Ordinal) ? entryName[..^Extension.Length] : null;
                if (name is null || (wanted.Count > 0 && !wanted.Contains(name))) continue;
                using var content = entry.Open();
                arrays[name] = Npy.Read(content);
            }
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException or UnauthorizedAccessException
            or NotSupportedException or ArgumentException)
        {
            var array = entryName.Length == 0 ? "" : $", array {entryName}";
            throw new InvalidDataException($"{path}{NpyHeader.OneLine($"{array}: {fault.Message}")}", fault);
        }
        return arrays;
    }

    /// <summary>Writes arrays as a file that numpy.load reads, replacing any file there. The same arrays make the same bytes.</summary>
    public static void Write(string path, IReadOnlyDictionary<string, NpyArray> arrays)
    {
        ArgumentNullException.ThrowIfNull(arrays);
        using var file = File.Create(path);
        using var zip = new ZipArchive(file, ZipArchiveMode.Create);
        foreach (var (name, array) in arrays)
        {
            var entry = zip.CreateEntry(name + Extension, CompressionLevel.NoCompression);
            entry.LastWriteTime = s_entryTime;
            using var content = entry.Open();
            Npy.Write(content, array);
        }
    }
}
