namespace Jtfa.Testing.Processes;

/// <summary>Fills disks.</summary>
internal static class Ballast
{
    /// <summary>Makes a file that takes all the room on its disk, to the last byte.</summary>
    public static void Fill(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        var (chunk, end) = (new byte[1 << 20], 0L);
        for (var size = chunk.Length; size > 0;)
        {
            try
            {
                RandomAccess.Write(file, chunk.AsSpan(0, size), end);
                end += size;
            }
            catch (IOException)
            {
                end = RandomAccess.GetLength(file);
                size /= 2;
            }
        }
    }
}
