using System.IO.Compression;

namespace Jtfa.Core;

/// <summary>numpy's .npz format: a zip file of .npy arrays, one an entry, named as the entry without ".npy".</summary>
public static class Npz
{
    private const string Extension = ".npy";

    // The earliest time that zip can hold, which numpy writes too, so that the same arrays make the same file.
    private static readonly DateTimeOffset s_entryTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Reads all arrays of a file (numpy.savez, numpy.savez_compressed).</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is not a zip file of supported arrays; the message names file and array.</exception>
    public static IReadOnlyDictionary<string, NpyArray> Read(string path)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: there is no such file.", path);
        using var file = File.OpenRead(path);
        var arrays = new Dictionary<string, NpyArray>(StringComparer.Ordinal);
        var name = "";
        try
        {
            using var zip = new ZipArchive(file, ZipArchiveMode.Read);
            foreach (var entry in zip.Entries)
            {
                name = entry.FullName;
                if (!name.EndsWith(Extension, StringComparison.Ordinal)) continue;
                using var content = entry.Open();
                arrays[name[..^Extension.Length]] = Npy.Read(content);
            }
        }
        catch (Exception fault) when (fault is InvalidDataException or EndOfStreamException or NotSupportedException or ArgumentException)
        {
            throw new InvalidDataException($"{path}{(name.Length == 0 ? "" : ", array " + name)}: {fault.Message}", fault);
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
