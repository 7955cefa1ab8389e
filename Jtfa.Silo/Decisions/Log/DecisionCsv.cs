using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Decisions;

/// <summary>
/// The log as a CSV file with the published schema, continued where there is one. Rows are appended once they are committed.
/// </summary>
public sealed class DecisionCsv : IDisposable
{
    /// <summary>The published schema.</summary>
    public const string Header = "timestamp,cause,m,fill_ratio,bytes,lat_mean,p50,p90,p99,tail_factor,pred,gt,correct,acc_running";

    // 14 numbers of at most 24 characters.
    private const int LongestRow = 512;

    private readonly FileStream _file;
    private byte[] _buffer = new byte[64 * 1024];

    private DecisionCsv(FileStream file, long tornBytes) => (_file, TornBytes) = (file, tornBytes);

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
            var torn = file.Length == 0 ? Begin(file) : Continue(file, path);
            return new DecisionCsv(file, torn);
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
        Span<byte> row = stackalloc byte[LongestRow];
        return Encoding.UTF8.GetString(row[..(Format(decision, row) - 1)]);
    }

    /// <summary>Appends rows, all or none.</summary>
    /// <exception cref="IOException">None was written.</exception>
    public void Append(IReadOnlyList<Decision> decisions)
    {
        var length = 0;
        foreach (var decision in decisions)
        {
            if (_buffer.Length - length < LongestRow) Array.Resize(ref _buffer, 2 * _buffer.Length);
            length += Format(decision, _buffer.AsSpan(length));
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

    private static long Begin(FileStream file)
    {
        file.Write(Encoding.UTF8.GetBytes(Header + "\n"));
        return 0;
    }

    private static long Continue(FileStream file, string path)
    {
        var first = new byte[Header.Length];
        var read = file.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
        var next = file.ReadByte();
        if (next == '\r') next = file.ReadByte();
        if (read < first.Length || Encoding.UTF8.GetString(first) != Header || next != '\n')
            throw new DecisionLogException(
                $"{path} is not a decision log (its first line is not the header {Header}): move it away, or name another file in " +
                $"{DecisionLogOptions.Section}:{nameof(DecisionLogOptions.Csv)}");

        // A kill may have left half a row; the table has the whole row. The header's line end stops the search.
        var end = file.Length;
        file.Position = end - 1;
        while (file.ReadByte() != '\n') file.Position -= 2;
        file.SetLength(file.Position);
        return end - file.Position;
    }

    private static int Format(Decision d, Span<byte> row)
    {
        var cause = d.Cause == Core.FireCause.K ? 'K' : 'T';
        Utf8.TryWrite(
            row,
            CultureInfo.InvariantCulture,
            $"{d.Timestamp},{cause},{d.M},{d.FillRatio},{d.Bytes},{d.LatMean},{d.P50},{d.P90},{d.P99}," +
            $"{d.TailFactor},{d.Pred},{d.Gt},{(d.Correct ? 1 : 0)},{d.AccRunning}\n",
            out var length);
        return length;
    }
}
