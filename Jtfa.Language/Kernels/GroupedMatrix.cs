using Jtfa.Language.Files;

namespace Jtfa.Language.Kernels;

/// <summary>A matrix in groups of 16 rows, whose weights lie so that a vector holds the same columns of several rows.</summary>
internal abstract unsafe class GroupedMatrix : WeightMatrix
{
    /// <summary>Rows of a group.</summary>
    protected const int Group = 16;

    /// <summary>Bytes: what memory brings in while as many are computed with.</summary>
    protected const int Ahead = 4096;

    private readonly NativeBuffer<byte> _groups;
    private readonly int _groupBytes;
    private readonly InstructionSet _instructions = Instructions.Chosen; // looked at early, so that a wrong choice is told at loading

    /// <param name="file">The file.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="first">Its first row.</param>
    /// <param name="count">How many rows.</param>
    /// <param name="groupBytes">Bytes that a group takes.</param>
    protected GroupedMatrix(GgufFile file, GgufTensor tensor, int first, int count, int groupBytes)
        : base(count, checked((int)tensor.Columns))
    {
        _groupBytes = groupBytes;
        Bytes = (count + Group - 1L) / Group * groupBytes;
        _groups = new NativeBuffer<byte>(Bytes + Ahead); // to ask for memory that is not there is slow
        for (var row = 0; row < count; row++)
        {
            var group = _groups.Span((long)(row / Group) * groupBytes, groupBytes);
            PutRow(tensor.Format, file.Rows(tensor, first + row, 1), row % Group, group);
        }
    }

    public override int Grain => Group;

    public override long Bytes { get; }

    public override void Multiply(ActivationBlocks x, float* y, int stride, int from, int to, float* scratch) =>
        Multiply(x, y, stride, from, to, _instructions);

    /// <summary>The same by chosen instructions.</summary>
    internal abstract void Multiply(ActivationBlocks x, float* y, int stride, int from, int to, InstructionSet instructions);

    /// <summary>Puts a file's row into its place among 16.</summary>
    protected abstract void PutRow(Weights.WeightFormat format, ReadOnlySpan<byte> stored, int row, Span<byte> group);

    /// <summary>Where the group of a row begins.</summary>
    protected byte* GroupOf(int row) => _groups.Address + ((long)(row / Group) * _groupBytes);

    protected override void Dispose(bool disposing)
    {
        if (disposing) _groups.Dispose();
    }
}
