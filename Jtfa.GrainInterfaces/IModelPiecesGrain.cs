using Orleans.Concurrency;

namespace Jtfa.Interfaces;

/// <summary>
/// The file of a language model that a silo has, in pieces for silos that lack it. Key: <c>model/silo</c>; it is on that silo.
/// </summary>
[Alias("Jtfa.IModelPiecesGrain")]
public interface IModelPiecesGrain : IGrainWithStringKey
{
    /// <summary>What the file is; null where the silo does not have it. The first call reads all of the file.</summary>
    [Alias("GetFile")]
    [AlwaysInterleave]
    [ResponseTimeout("00:10:00")]
    Task<PiecedFile?> GetFileAsync(CancellationToken cancellationToken = default);

    /// <summary>SHA-256 of the file's pieces, one behind the other, from a piece on: as many as one call takes.</summary>
    /// <param name="digest">The file's digest.</param>
    /// <param name="first">The first piece.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Null where the silo does not have that file.</returns>
    [Alias("GetHashes")]
    [AlwaysInterleave]
    [ResponseTimeout("00:10:00")]
    Task<byte[]?> GetHashesAsync(string digest, int first, CancellationToken cancellationToken = default);

    /// <summary>The bytes of a piece, at most 256 kB.</summary>
    /// <param name="digest">The file's digest.</param>
    /// <param name="piece">The piece's number.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Null where the silo does not have it.</returns>
    [Alias("Read")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:30")]
    Task<byte[]?> ReadAsync(string digest, int piece, CancellationToken cancellationToken = default);

    /// <summary>
    /// Lets the silo fetch what some blocks need, where it lacks the file. What was fetched stays, however the call ends.
    /// </summary>
    /// <param name="source">The silo whose file it is to be.</param>
    /// <param name="first">The first block.</param>
    /// <param name="count">How many.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    [Alias("Fetch")]
    [AlwaysInterleave]
    [ResponseTimeout("01:00:00")]
    Task FetchAsync(string source, int first, int count, CancellationToken cancellationToken = default);
}

/// <summary>A model's file that is given away in pieces.</summary>
/// <param name="Digest">SHA-256 of its length and its pieces' hashes, in hexadecimal.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="HeadBytes">Bytes of its head, which names its tensors.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.PiecedFile")]
public sealed record PiecedFile([property: Id(0)] string Digest, [property: Id(1)] long Length, [property: Id(2)] long HeadBytes);
