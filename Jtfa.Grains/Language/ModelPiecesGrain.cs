using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>
/// Files of language models that this silo has, in pieces: implemented by the silo. What takes time takes none of the caller's turn.
/// </summary>
public interface IModelPieces
{
    /// <summary>What a model's file is; null where the silo does not have it.</summary>
    Task<PiecedFile?> FileOfAsync(string model, CancellationToken cancellationToken);

    /// <summary>Hashes of pieces from one on; null where the silo does not have the file.</summary>
    Task<byte[]?> HashesAsync(string model, string digest, int first, CancellationToken cancellationToken);

    /// <summary>A piece; null where the silo does not have it.</summary>
    Task<byte[]?> ReadAsync(string model, string digest, int piece, CancellationToken cancellationToken);

    /// <summary>Fetches what some blocks of a model need, where the silo lacks its file.</summary>
    Task FetchAsync(string model, string source, int first, int count, CancellationToken cancellationToken);
}

/// <summary>A model's file of this silo, for silos that lack it.</summary>
[NamedSiloPlacement]
public sealed class ModelPiecesGrain(IModelPieces pieces) : Grain, IModelPiecesGrain
{
    private string Model => this.GetPrimaryKeyString().Split('/')[0];

    /// <inheritdoc />
    public Task<PiecedFile?> GetFileAsync(CancellationToken cancellationToken) => pieces.FileOfAsync(Model, cancellationToken);

    /// <inheritdoc />
    public Task<byte[]?> GetHashesAsync(string digest, int first, CancellationToken cancellationToken) =>
        pieces.HashesAsync(Model, digest, first, cancellationToken);

    /// <inheritdoc />
    public Task<byte[]?> ReadAsync(string digest, int piece, CancellationToken cancellationToken) =>
        pieces.ReadAsync(Model, digest, piece, cancellationToken);

    /// <inheritdoc />
    public Task FetchAsync(string source, int first, int count, CancellationToken cancellationToken) =>
        pieces.FetchAsync(Model, source, first, count, cancellationToken);
}
