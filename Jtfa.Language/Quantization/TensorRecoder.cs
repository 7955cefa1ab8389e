using Jtfa.Language.Files;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Quantization;

/// <summary>Writes one tensor in another format, some rows at a time, of which each thread takes a part.</summary>
internal sealed class TensorRecoder
{
    // Numbers of a part. Several parts a thread are in memory at once.
    private const int PartLength = 1 << 18;
    private const int PartsPerThread = 4;
    private readonly GgufFile _file;
    private readonly TensorPlan _plan;
    private readonly int _columns;
    private readonly int _rowsPerPart;

    public TensorRecoder(GgufFile file, TensorPlan plan)
    {
        (_file, _plan, _columns) = (file, plan, checked((int)plan.Tensor.Columns));
        var step = plan.Through is { } through ? RowsPerBlock(through.BlockLength, _columns) : 1;
        _rowsPerPart = (int)Math.Max(step, Math.Min(plan.Tensor.Rows, PartLength / _columns) / step * step);
    }

    /// <summary>Writes all rows.</summary>
    /// <param name="stream">Takes them.</param>
    /// <param name="threads">How many encode.</param>
    /// <param name="written">Is told how many numbers have been written.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ModelFileException">A number is not finite.</exception>
    public void Write(Stream stream, int threads, Action<long> written, CancellationToken cancellationToken)
    {
        var rows = _plan.Tensor.Rows;
        var parts = new byte[threads * PartsPerThread][];
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken };
        for (var first = 0L; first < rows;)
        {
            var (from, left) = (first, rows - first);
            var count = (int)Math.Min(parts.Length, (left + _rowsPerPart - 1) / _rowsPerPart);
            Parallel.For(0, count, options, part =>
            {
                var row = from + ((long)part * _rowsPerPart);
                parts[part] = Recode(row, (int)Math.Min(_rowsPerPart, rows - row));
            });
            for (var part = 0; part < count; part++) stream.Write(parts[part]);
            var now = Math.Min(rows, first + ((long)count * _rowsPerPart));
            written((now - first) * _columns);
            first = now;
        }
    }

    // So many rows have a whole number of blocks.
    private static int RowsPerBlock(int blockLength, int columns)
    {
        var (a, b) = (blockLength, columns);
        while (b != 0) (a, b) = (b, a % b);
        return blockLength / a;
    }

    private byte[] Recode(long first, int count)
    {
        var (tensor, format) = (_plan.Tensor, _plan.Format);
        if (_plan.Through is null && format == tensor.Format) return _file.Rows(tensor, first, count).ToArray();
        var numbers = new float[checked(count * _columns)];
        tensor.Format.Decode(_file.Rows(tensor, first, count), numbers);
        var odd = Array.FindIndex(numbers, number => !float.IsFinite(number));
        if (odd >= 0)
        {
            throw new ModelFileException(
                _file.Path, $"number {odd % _columns} of row {first + (odd / _columns)} of tensor {tensor.Name} is {numbers[odd]}: "
                + "a model with such numbers computes nothing, get another");
        }

        if (_plan.Through is { } through) PassThrough(through, numbers);
        var blocks = new byte[format.BytesOf(numbers.Length)];
        format.Encode(numbers, blocks);
        return blocks;
    }

    private static void PassThrough(WeightFormat format, float[] numbers)
    {
        var length = format.BlockLength;
        var block = new byte[format.BlockBytes];
        var padded = new float[length];
        for (var at = 0; at < numbers.Length; at += length)
        {
            // At the tensor's end a block may be longer than what is left: it is filled with the last number.
            var here = numbers.AsSpan(at, Math.Min(length, numbers.Length - at));
            here.CopyTo(padded);
            padded.AsSpan(here.Length).Fill(here[^1]);
            format.Encode(padded, block);
            format.Decode(block, padded);
            padded.AsSpan(0, here.Length).CopyTo(here);
        }
    }
}
