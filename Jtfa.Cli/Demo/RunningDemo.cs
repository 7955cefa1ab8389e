using System.Text;

namespace Jtfa.Cli.Demo;

/// <summary>
/// The mark of the demo that runs with a decision log: a file beside the log, which is locked while it runs and says where its page is.
/// One that was killed leaves a file that nobody has locked.
/// </summary>
internal sealed class RunningDemo : IDisposable
{
    private const long LockedByte = 1L << 40;

    private readonly FileStream? _file;

    private RunningDemo(FileStream? file) => _file = file;

    /// <summary>Takes the mark.</summary>
    /// <param name="database">The decision log.</param>
    /// <exception cref="UsageException">Another demo has it; the message says where that one's page is.</exception>
    public static RunningDemo Take(FileInfo database)
    {
        var path = $"{database.FullName}.running";
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // No file can be made there: the silo will say so of the log itself.
            return new RunningDemo(null);
        }

        try
        {
            // Not by FileShare, and not where the text is: others read it.
            if (!OperatingSystem.IsMacOS()) file.Lock(LockedByte, 1);
            return new RunningDemo(file);
        }
        catch (IOException)
        {
            using var text = new StreamReader(file);
            var page = text.ReadToEnd() is { Length: > 0 } said ? $", its page is {said}" : "";
            throw new UsageException(
                $"a demo runs with {database.Name} already{page}: end it by Ctrl-C there, or give this one its own --db and --csv");
        }
    }

    /// <summary>Says where its page is.</summary>
    public void Tell(string page)
    {
        if (_file is null) return;
        _file.SetLength(0);
        _file.Write(Encoding.UTF8.GetBytes(page));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (_file is null) return;
        File.Delete(_file.Name);
        _file.Dispose();
    }
}
