using System.Buffers;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Decisions;

/// <summary>Records read off the spool's front.</summary>
/// <param name="Decisions">Their decisions, in order; damaged ones are left out.</param>
/// <param name="Records">How many records that were.</param>
/// <param name="Bytes">How many bytes.</param>
internal sealed record SpoolBatch(IReadOnlyList<Decision> Decisions, int Records, long Bytes);

/// <summary>
/// Decisions that wait on disk for the database: a bounded file, appended at the back, read at the front, deleted when empty. Safe for
/// use by several threads. A second silo beside the same database takes a file numbered 2.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="maxBytes">Bytes that may wait in it.</param>
/// <param name="flushToDisk">Whether what was appended is on the disk.</param>
/// <param name="reserveBytes">Bytes that are taken on the disk at start, for a stop while it is full; 0 for none.</param>
internal sealed class DecisionSpool(string path, long maxBytes, bool flushToDisk, long reserveBytes = 0) : IDisposable
{
    private const int ReadSize = 4 << 20;
    private const int MostSilos = 16;

    private readonly Lock _lock = new();
    private SpoolFile? _file;
    private SpoolReserve? _reserve;
    private bool _mayUseReserve;
    private bool _diskRefuses;
    private long _count;

    /// <summary>Records waiting.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Why the last append did not take everything; null when it did.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Takes over what earlier runs left: this silo's, and those of silos that no longer run.</summary>
    /// <returns>Bytes of half-written records that were cut off.</returns>
    /// <exception cref="DecisionLogException">A spool that is there cannot be read or written.</exception>
    public long TakeOver()
    {
        lock (_lock)
        {
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                var torn = 0L;
                for (var number = 1; number <= MostSilos; number++)
                {
                    if (SpoolFile.TryOpen(Numbered(number), FileMode.Open, out var left))
                    {
                        torn += left.TornBytes;
                        Adopt(left);
                    }
                }

                for (var number = 1; number <= MostSilos; number++) torn += TakeOverReserve(number);
                DeleteIfEmpty();
                return torn;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw new DecisionLogException(
                    $"{path}, the spool, cannot be used ({failure.Message}): make it a file that may be written to, or name another in " +
                    $"{DecisionLogOptions.Section}:{nameof(DecisionLogOptions.SpoolPath)}",
                    failure);
            }
        }
    }

    /// <summary>Takes room on the disk for a stop while it is full.</summary>
    /// <returns>Why there is none; null where there is.</returns>
    public string? MakeReserve()
    {
        if (reserveBytes == 0) return null;
        lock (_lock)
        {
            for (var number = 1; number <= MostSilos; number++)
            {
                try
                {
                    _reserve = new SpoolReserve(ReservePath(number), reserveBytes);
                    return null;
                }
                catch (IOException failure) when (SpoolFile.IsLocked(failure))
                {
                    // Another silo beside this one has it.
                }
                catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
                {
                    return $"{ReservePath(number)}: {failure.Message}";
                }
            }

            return FormattableString.Invariant($"{ReservePath(1)}: {MostSilos} silos use it already");
        }
    }

    /// <summary>
    /// From now on decisions that the disk has no room for go to the reserve: the silo stops, and nothing is read any more.
    /// </summary>
    public void UseReserve()
    {
        lock (_lock) _mayUseReserve = true;
    }

    /// <summary>Appends decisions, in order, as many as fit. <see cref="Refusal"/> says why not all did.</summary>
    /// <returns>How many were appended.</returns>
    public int Append(IReadOnlyList<Decision> decisions)
    {
        lock (_lock)
        {
            var appended = AppendToFile(decisions);
            return _mayUseReserve && _diskRefuses ? appended + AppendToReserve([.. decisions.Skip(appended)]) : appended;
        }
    }

    /// <summary>Reads records off the front, at most <paramref name="limit"/>, which stay until <see cref="Remove"/>.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public SpoolBatch Read(int limit)
    {
        lock (_lock)
        {
            var lines = _file?.ReadFront(ReadSize) ?? [];
            var decisions = new List<Decision>();
            var (records, position) = (0, 0);
            while (records < limit && lines.AsSpan(position).IndexOf((byte)'\n') is >= 0 and var length)
            {
                if (SpoolRecord.Read(lines.AsSpan(position, length)) is { } decision) decisions.Add(decision);
                position += length + 1;
                records++;
            }

            return new SpoolBatch(decisions, records, position);
        }
    }

    /// <summary>Removes a batch that was read, once its decisions are committed.</summary>
    public void Remove(SpoolBatch batch)
    {
        lock (_lock)
        {
            // Counted from the front, so that a rewrite since the batch was read does not matter.
            _file!.RemoveFront(batch.Bytes);
            _count -= batch.Records;
            DeleteIfEmpty();
        }
    }

    /// <summary>Removes records off the front, unread.</summary>
    /// <exception cref="IOException">The file cannot be read, or has fewer.</exception>
    public void RemoveFirst(int records)
    {
        lock (_lock)
        {
            while (records > 0)
            {
                var batch = Read(records);
                if (batch.Records == 0) throw new IOException($"{path} holds fewer decisions than were put into it");
                Remove(batch);
                records -= batch.Records;
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _file?.Dispose();
            _file = null;
            _reserve?.Dispose();
        }
    }

    private int AppendToFile(IReadOnlyList<Decision> decisions) => Try(file =>
    {
        // Rewrites only when that frees more than it copies; until then the file is up to twice as large as what waits in it.
        if (file.Read > file.Waiting) file.Rewrite(flushToDisk);
        var (lines, count) = Encode(decisions, maxBytes - file.Waiting);
        file.Append(lines.Span, flushToDisk);
        Refusal = count == decisions.Count
            ? null
            : FormattableString.Invariant($"{file.Path} has reached its limit of {maxBytes} bytes");
        return count;
    });

    private int AppendToReserve(IReadOnlyList<Decision> decisions)
    {
        if (_reserve is null) return 0;
        try
        {
            var (lines, count) = Encode(decisions, _reserve.Room);
            _reserve.Append(lines.Span);
            _count += count;
            return count;
        }
        catch (IOException failure)
        {
            Refusal = $"{ReservePath(1)}, the room kept for this, cannot be written to: {failure.Message}";
            return 0;
        }
    }

    // A silo that stopped while the disk was full, or was killed, has left it.
    private long TakeOverReserve(int number)
    {
        if (!SpoolFile.TryOpen(ReservePath(number), FileMode.Open, out var left)) return 0;
        var torn = left.TornBytes;
        if (left.IsEmpty)
        {
            left.Delete();
            return torn;
        }

        Claim();
        Adopt(left);
        return torn;
    }

    private string ReservePath(int number)
    {
        var first = Path.ChangeExtension(path, ".reserve");
        return number == 1 ? first : FormattableString.Invariant($"{first}.{number}");
    }

    private static (ReadOnlyMemory<byte> Lines, int Count) Encode(IReadOnlyList<Decision> decisions, long room)
    {
        var lines = new ArrayBufferWriter<byte>(64 * 1024);
        var (fit, count) = (0, 0);
        while (count < decisions.Count)
        {
            SpoolRecord.Write(decisions[count], lines);
            if (lines.WrittenCount > room) break;
            fit = lines.WrittenCount;
            count++;
        }

        return (lines.WrittenMemory[..fit], count);
    }

    private string Numbered(int number) => number == 1 ? path : FormattableString.Invariant($"{path}.{number}");

    private int Try(Func<SpoolFile, int> write)
    {
        try
        {
            var written = write(Claim());
            _diskRefuses = false;
            _count += written;
            DeleteIfEmpty();
            return written;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            DeleteIfEmpty();
            _diskRefuses = true;
            Refusal = $"{path} cannot be written to: {failure.Message}";
            return 0;
        }
    }

    /// <summary>This silo's own file, opened if it is not yet, and made again if it was removed.</summary>
    private SpoolFile Claim()
    {
        for (var number = 1; _file is null && number <= MostSilos; number++)
        {
            if (SpoolFile.TryOpen(Numbered(number), FileMode.OpenOrCreate, out var file))
                Adopt(file); // not empty when another silo ended during an outage
        }

        if (_file is null) throw new IOException(FormattableString.Invariant($"{MostSilos} silos use it already"));
        // Somebody removed the file: the open handle can still read what waits in it, which goes to a new file.
        if (!_file.IsInPlace) _file.Rewrite(flushToDisk);
        return _file;
    }

    private void Adopt(SpoolFile left)
    {
        if (_file is null)
        {
            _file = left;
        }
        else
        {
            while (!left.IsEmpty)
            {
                var lines = left.ReadFront(ReadSize);
                _file.Append(lines, flushToDisk);
                left.RemoveFront(lines.Length);
            }

            left.Delete();
        }

        _count += left.Lines;
    }

    private void DeleteIfEmpty()
    {
        if (_file is not { IsEmpty: true }) return;
        try
        {
            _file.Delete();
            _file = null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Its folder is missing or read-only. After a restart its records are inserted once more, which changes nothing.
            Refusal = $"{path} cannot be deleted: {failure.Message}";
        }
    }
}
