using Jtfa.Language.Architectures;

namespace Jtfa.Language.Files.Pieces;

/// <summary>A part of a model that a silo is to have.</summary>
/// <param name="First">The first block.</param>
/// <param name="Count">How many.</param>
/// <param name="Starts">Whether it has the embeddings and the head, too.</param>
public sealed record ModelPart(int First, int Count, bool Starts)
{
    /// <summary>The pieces of the file's head, which names all else.</summary>
    public static IEnumerable<int> HeadPieces(PieceManifest manifest, long headBytes)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return PieceManifest.Covering(0, Math.Clamp(headBytes, 1, manifest.Length));
    }

    /// <summary>The tensors of the part.</summary>
    /// <param name="file">The model; its head is enough.</param>
    /// <param name="architecture">What is computed.</param>
    public IEnumerable<GgufTensor> TensorsOf(GgufFile file, Architecture architecture)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(architecture);
        var names = architecture.Tensors;
        return file.Tensors.Where(tensor => names.BlockOf(tensor.Name) is { } block
            ? block >= First && block - First < Count
            : Starts || names.IsOfEveryStage(tensor.Name));
    }

    /// <summary>The pieces that hold the head and the part's tensors.</summary>
    public IEnumerable<int> PiecesOf(PieceManifest manifest, GgufFile file, Architecture architecture)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(file);
        return TensorsOf(file, architecture)
            .SelectMany(tensor => PieceManifest.Covering(file.Header.DataStart + tensor.Offset, tensor.Bytes))
            .Concat(HeadPieces(manifest, file.Header.DataStart)).Distinct().Order();
    }
}
