using Jtfa.Language.Files;

namespace Jtfa.Language.Kernels;

/// <summary>
/// Rows of a tensor in its file, which is mapped and takes no memory but that of the rows which are read, shared with all that map it.
/// </summary>
internal sealed class MappedRows : IDisposable
{
    private readonly GgufFile _file;
    private readonly GgufTensor _tensor;

    /// <param name="path">The file; it is kept open.</param>
    /// <param name="tensor">The tensor, as the file had it when it was checked.</param>
    /// <exception cref="ModelFileException">The file has been replaced by another.</exception>
    public MappedRows(string path, GgufTensor tensor)
    {
        _file = GgufFile.Open(path);
        _tensor = _file.Find(tensor.Name) ?? tensor;
        if (_tensor.ToString() == tensor.ToString() && _tensor.Offset == tensor.Offset) return;
        _file.Dispose();
        throw new ModelFileException(path, "it was replaced while it was loaded: load it again");
    }

    /// <summary>Decodes a row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public void Decode(int row, Span<float> numbers) => _tensor.Format.Decode(_file.Rows(_tensor, row, 1), numbers);

    public void Dispose() => _file.Dispose();
}
