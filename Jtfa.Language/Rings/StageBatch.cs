using System.Buffers.Binary;
using Jtfa.Language.Caches;
using Jtfa.Language.Models;

namespace Jtfa.Language.Rings;

/// <summary>
/// A batch on its way through a ring, as bytes: whose rows it has, which pages they read and write, and their hidden states. Stages
/// allocate no pages: those of all stages have the numbers that the starter gave them, so that sharing pages and taking them back need no
/// message.
/// <code>
/// magic u32, epoch i32, number i64, format i32, width i32, sequences i32, rows i32
/// of each sequence: position i32, rows i32, wanted i32 (0 or 1), pages i32, the pages' numbers i32
/// rows × hidden state
/// </code>
/// All is little-endian. It comes from another process, and is taken for hostile.
/// </summary>
internal sealed class StageBatch
{
    private const uint Magic = 0x3142_534a; // "JSB1"
    private const int HeaderBytes = 36;
    private const int SequenceBytes = 16;
    private readonly PageStore _store;
    private readonly int _width;
    private readonly List<StageSequence> _sequences = [];
    private byte[] _message = [];
    private int _stateOffset;

    /// <summary>Room for a batch, to be used again and again.</summary>
    /// <param name="store">The stage's keys and values.</param>
    /// <param name="width">Numbers of a hidden state.</param>
    public StageBatch(PageStore store, int width) => (_store, _width) = (store, width);

    /// <summary>Its number in its epoch, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>How hidden states are written.</summary>
    public StateFormat Format { get; private set; }

    /// <summary>All rows.</summary>
    public int Rows { get; private set; }

    /// <summary>Rows whose hidden states the starter wants.</summary>
    public int Wanted { get; private set; }

    /// <summary>Sequences that have rows in it.</summary>
    public int Count { get; private set; }

    /// <summary>One of them.</summary>
    public StageSequence this[int index] => _sequences[index];

    /// <summary>Writes a batch that begins its way.</summary>
    /// <param name="epoch">The ring's epoch.</param>
    /// <param name="number">Its number.</param>
    /// <param name="rows">The rows, those of a sequence one after the other.</param>
    /// <param name="wanted">Rows, in their order, whose hidden states are to come back; each the last of its sequence.</param>
    /// <param name="hidden">rows × width.</param>
    /// <param name="width">Numbers of a hidden state.</param>
    /// <param name="format">How they are written.</param>
    public static byte[] Write(
        int epoch, long number, IReadOnlyList<BatchRow> rows, ReadOnlySpan<int> wanted, ReadOnlySpan<float> hidden, int width,
        StateFormat format)
    {
        var (sequences, size) = (0, (long)HeaderBytes);
        for (var row = 0; row < rows.Count; row = EndOf(rows, row), sequences++)
            size += SequenceBytes + (sizeof(int) * rows[row].Sequence.Pages);
        var message = new byte[checked((int)(size + ((long)rows.Count * HiddenStates.RowBytes(format, width))))];
        var rest = message.AsSpan();
        BinaryPrimitives.WriteUInt32LittleEndian(rest, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(rest[4..], epoch);
        BinaryPrimitives.WriteInt64LittleEndian(rest[8..], number);
        rest = rest[16..];
        foreach (var field in (ReadOnlySpan<int>)[(int)format, width, sequences, rows.Count, 0]) Put(ref rest, field);
        for (var row = 0; row < rows.Count;)
        {
            var (sequence, position, _) = rows[row];
            var end = EndOf(rows, row);
            var isWanted = !wanted.IsEmpty && wanted[0] == end - 1;
            if (isWanted) wanted = wanted[1..];
            foreach (var field in (ReadOnlySpan<int>)[position, end - row, isWanted ? 1 : 0, sequence.Pages]) Put(ref rest, field);
            for (var page = 0; page < sequence.Pages; page++) Put(ref rest, sequence.PageAt(page));
            row = end;
        }

        HiddenStates.Write(hidden, width, format, rest);
        return message;
    }

    /// <summary>Which epoch and number a message says that it has, and whether it can be one at all.</summary>
    public static bool TryPeek(ReadOnlySpan<byte> message, out int epoch, out long number)
    {
        (epoch, number) = (0, 0);
        if (message.Length < HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(message) != Magic) return false;
        epoch = BinaryPrimitives.ReadInt32LittleEndian(message[4..]);
        number = BinaryPrimitives.ReadInt64LittleEndian(message[8..]);
        return number > 0;
    }

    /// <summary>Reads a batch; keeps the message, which must not change.</summary>
    /// <exception cref="RingException">It is damaged, or of another model.</exception>
    public void Read(byte[] message)
    {
        if (!TryPeek(message, out _, out var number)) throw new RingException("A batch has no header.");
        var rest = message.AsSpan(16);
        var (format, width, sequences, rows, unused) = (Take(ref rest), Take(ref rest), Take(ref rest), Take(ref rest), Take(ref rest));
        if (!Enum.IsDefined((StateFormat)format) || unused != 0)
            throw new RingException($"A batch has hidden states of the format {format}.");
        if (width != _width) throw new RingException($"A batch has hidden states of {width} numbers, and the model has {_width}.");
        if (sequences < 1 || rows < sequences || (long)sequences * SequenceBytes > rest.Length)
            throw new RingException($"A batch of {message.Length} bytes says that it has {sequences} sequences and {rows} rows.");
        (Number, Format, Rows, Wanted, Count, _message) = (number, (StateFormat)format, rows, 0, sequences, message);
        var left = (long)rows;
        for (var index = 0; index < sequences; index++) left -= ReadSequence(index, ref rest);
        if (left != 0) throw new RingException($"A batch says that it has {rows} rows, and its sequences have {rows - left}.");
        if (rest.Length != (long)rows * HiddenStates.RowBytes(Format, width))
            throw new RingException($"A batch has {rest.Length} bytes for {rows} hidden states of {width} numbers.");
        _stateOffset = message.Length - rest.Length;
    }

    /// <summary>Reads its hidden states.</summary>
    /// <param name="states">Takes rows × width.</param>
    public void ReadStates(Span<float> states) => HiddenStates.Read(_message.AsSpan(_stateOffset), _width, Format, states);

    /// <summary>The same batch for the next stage, with other hidden states.</summary>
    /// <param name="states">rows × width.</param>
    public byte[] With(ReadOnlySpan<float> states)
    {
        var next = new byte[_message.Length];
        _message.AsSpan(0, _stateOffset).CopyTo(next);
        HiddenStates.Write(states, _width, Format, next.AsSpan(_stateOffset));
        return next;
    }

    /// <summary>Forgets the message.</summary>
    public void Clear() => _message = [];

    private int ReadSequence(int index, ref Span<byte> rest)
    {
        if (rest.Length < SequenceBytes) throw new RingException("A batch ends within its sequences.");
        var (position, rows, wanted, pages) = (Take(ref rest), Take(ref rest), Take(ref rest), Take(ref rest));
        var end = (long)position + rows;
        if (position < 0 || rows < 1 || wanted is < 0 or > 1 || end > (long)_store.Pages * PagePool.PageTokens
            || pages != PageTable.PagesOf((int)end))
        {
            throw new RingException($"A sequence has {rows} rows from {position} on, on {pages} pages.");
        }

        if (rest.Length / sizeof(int) < pages) throw new RingException("A batch ends within a sequence's pages.");
        var numbers = rest[..(sizeof(int) * pages)];
        for (var at = 0; at < numbers.Length; at += sizeof(int))
        {
            if ((uint)BinaryPrimitives.ReadInt32LittleEndian(numbers[at..]) is var page && page >= (uint)_store.Pages)
                throw new RingException($"A sequence reads the page {(int)page}: there are 0 … {_store.Pages - 1}.");
        }

        if (index == _sequences.Count) _sequences.Add(new StageSequence(_store));
        _sequences[index].Set(position, rows, wanted == 1, numbers);
        Wanted += wanted;
        rest = rest[numbers.Length..];
        return rows;
    }

    private static int EndOf(IReadOnlyList<BatchRow> rows, int row)
    {
        var sequence = rows[row].Sequence;
        while (row < rows.Count && rows[row].Sequence == sequence) row++;
        return row;
    }

    private static void Put(ref Span<byte> rest, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(rest, value);
        rest = rest[sizeof(int)..];
    }

    private static int Take(ref Span<byte> rest)
    {
        var value = BinaryPrimitives.ReadInt32LittleEndian(rest);
        rest = rest[sizeof(int)..];
        return value;
    }
}
