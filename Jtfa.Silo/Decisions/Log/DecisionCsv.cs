using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Decisions;

/// <summary>
/// The log as a CSV file with the published schema and the name of the class behind it, continued where there is one: a file that has the
/// published columns alone keeps to them. Rows are appended once they are committed.
/// </summary>
public sealed class DecisionCsv : IDisposable
{
    /// <summary>The published schema.</summary>
    public const string Published = "timestamp,cause,m,fill_ratio,bytes,lat_mean,p50,p90,p99,tail_factor,pred,gt,correct,acc_running";

    /// <summary>The columns of a new file: the published schema, and the name of class pred, empty where it has none.</summary>
    public const string Header = Published + ",label";

    // 14 numbers of at most 24 characters.
    private const int LongestNumbers = 512;

    private readonly FileStream _file;
    private readonly bool _named;
    private byte[] _buffer = new byte[64 * 1024];

    private DecisionCsv(FileStream file, bool named, long tornBytes) => (_file, _named, TornBytes) = (file, named, tornBytes);

    /// <summary>Bytes of a half-written row that were cut off the file's end when it was opened.</summary>
    public long TornBytes { get; }

    /// <summary>Opens a file, with its header if it is new.</summary>
    /// <exception cref="DecisionLogException">It cannot be written to, or holds something else.</exception>
    public static DecisionCsv Open(string path)
    {
        path = Path.GetFullPath(path);
        FileStream? file = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            OwnFile.MakeIfMissing(path);
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
            // Others may read. On Unix, FileShare keeps no other writer out; this lock keeps out those of other processes.
            if (!OperatingSystem.IsMacOS()) file.Lock(0, long.MaxValue);
            var (named, torn) = file.Length == 0 ? Begin(file) : Continue(file, path);
            return new DecisionCsv(file, named, torn);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw new DecisionLogException(
                $"{path} cannot be written to ({failure.Message}): make it writable, or name another file in " +
                $"{DecisionLogOptions.Section}:{nameof(DecisionLogOptions.Csv)}",
                failure);
        }
        catch (DecisionLogException)
        {
            file?.Dispose();
            throw;
        }
    }

    /// <summary>A decision's row, without the end of line.</summary>
    public static string Row(Decision decision)
    {
        var row = new byte[Room(decision)];
        return Encoding.UTF8.GetString(row, 0, Format(decision, row, named: true) - 1);
    }

    /// <summary>Appends rows, all or none.</summary>
    /// <exception cref="IOException">None was written.</exception>
    public void Append(IReadOnlyList<Decision> decisions)
    {
        var length = 0;
        foreach (var decision in decisions)
        {
            var room = Room(decision);
            if (_buffer.Length - length < room) Array.Resize(ref _buffer, Math.Max(2 * _buffer.Length, length + room));
            length += Format(decision, _buffer.AsSpan(length), _named);
        }

        var end = _file.Position;
        try
        {
            _file.Write(_buffer, 0, length);
        }
        catch (IOException)
        {
            _file.SetLength(end); // a torn row would spoil the file for its readers
            _file.Position = end;
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    private static (bool Named, long TornBytes) Begin(FileStream file)
    {
        file.Write(Encoding.UTF8.GetBytes(Header + "\n"));
        return (true, 0);
    }

    private static (bool Named, long TornBytes) Continue(FileStream file, string path)
    {
        var start = new byte[Header.Length + 2];
        var text = Encoding.UTF8.GetString(start, 0, file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false));
        var line = text.IndexOf('\n', StringComparison.Ordinal);
        var first = line < 0 ? "" : text[..line].TrimEnd('\r');
        if (first is not (Header or Published))
            throw new DecisionLogException(
                $"{path} is not a decision log (its first line is not the header {Header}): move it away, or name another file in " +
                $"{DecisionLogOptions.Section}:{nameof(DecisionLogOptions.Csv)}");

        // A kill may have left half a row; the table has the whole row. The header's line end stops the search.
        var end = file.Length;
        file.Position = end - 1;
        while (file.ReadByte() != '\n') file.Position -= 2;
        file.SetLength(file.Position);
        return (first == Header, end - file.Position);
    }

    // Of a name each character takes three bytes at most, and may be a quotation mark, which is written twice.
    private static int Room(Decision decision) => LongestNumbers + (decision.Label is { } name ? 4 + (3 * name.Length) : 0);

    private static int Format(Decision d, Span<byte> row, bool named)
    {
        var cause = d.Cause == Core.FireCause.K ? 'K' : 'T';
        Utf8.TryWrite(
            row,
            CultureInfo.InvariantCulture,
            $"{d.Timestamp},{cause},{d.M},{d.FillRatio},{d.Bytes},{d.LatMean},{d.P50},{d.P90},{d.P99}," +
            $"{d.TailFactor},{d.Pred},{d.Gt},{(d.Correct ? 1 : 0)},{d.AccRunning}",
            out var length);
        if (named)
        {
            row[length++] = (byte)',';
            if (d.Label is { } name) length += Encoding.UTF8.GetBytes(Quoted(name), row[length..]);
        }

        row[length++] = (byte)'\n';
        return length;
    }

    // RFC 4180.
    private static string Quoted(string text) =>
        text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
