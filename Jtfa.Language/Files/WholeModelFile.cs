namespace Jtfa.Language.Files;

/// <summary>Writes model files so that they are there whole or not at all, whenever a program is ended.</summary>
internal static class WholeModelFile
{
    /// <summary>Writes a file in the place of any that is there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes it.</param>
    /// <exception cref="ModelFileException">It cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        var part = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            using (var stream = File.Create(part)) write(stream);
            File.Move(part, path, overwrite: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(path, $"it cannot be written ({fault.Message.TrimEnd('.')}): make room, or name another", fault);
        }
        finally
        {
            if (File.Exists(part)) File.Delete(part);
        }
    }
}
