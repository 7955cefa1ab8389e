using System.Buffers.Binary;
using System.IO.Compression;
using Jtfa.Core;

namespace Jtfa.Silo.Cameras.Sources;

/// <summary>
/// The content of an IDX file of unsigned bytes, MNIST's format (http://yann.lecun.com/exdb/mnist): 00 00 08, the number of
/// dimensions, each dimension as a big-endian uint32, then the values, the last dimension fastest.
/// </summary>
/// <param name="Shape">The dimensions.</param>
/// <param name="Data">As many bytes as the dimensions' product.</param>
public sealed record IdxFile(int[] Shape, byte[] Data)
{
    /// <summary>The most values that a file may claim: 1 GiB.</summary>
    public const long MaxBytes = 1L << 30;

    private const byte UnsignedByte = 0x08;
    private const int ChunkBytes = 1 << 20;

    /// <summary>
    /// Reads a file, plain or gzip'ed (its first bytes tell). Memory grows with the data read, not with the size claimed.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="rank">How many dimensions it must have.</param>
    /// <param name="setting">The setting that names the file, for messages.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <exception cref="CameraFaultException">The file is missing or is not such a file.</exception>
    public static async Task<IdxFile> ReadAsync(string path, int rank, string setting, CancellationToken cancellationToken)
    {
        await using var file = SourceFile.Open(path, "IDX file", setting);
        try
        {
            if (GitLfsPointer.Is(file)) throw new InvalidDataException(GitLfsPointer.Advice);
            var gzip = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
            file.Position = 0;
            await using var content = gzip ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
            return await ReadAsync(content, rank, cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new CameraFaultException($"The IDX file '{path}' is corrupt ({e.Message}): fetch it again or correct {setting}", e);
        }
    }

    private static async Task<IdxFile> ReadAsync(Stream content, int rank, CancellationToken cancellationToken)
    {
        var header = new byte[4 + (4 * rank)];
        var got = await content.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, cancellationToken);
        if (got < 4 || header[0] != 0 || header[1] != 0 || header[2] != UnsignedByte)
            throw new InvalidDataException("it does not start with 00 00 08, the mark of IDX files of bytes");
        if (header[3] != rank) throw new InvalidDataException($"it has {header[3]} dimensions, {rank} are needed");
        if (got < header.Length) throw new InvalidDataException("it ends inside its header");

        var shape = new int[rank];
        var claimed = 1L;
        for (var i = 0; i < rank; i++)
        {
            var size = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4 + (4 * i)));
            claimed = size > MaxBytes ? MaxBytes + 1 : Math.Min(claimed * size, MaxBytes + 1);
            shape[i] = (int)Math.Min(size, MaxBytes);
        }
        if (claimed is 0 or > MaxBytes) throw new InvalidDataException(
            $"it claims {(claimed == 0 ? "no values" : $"over {MaxBytes} values")}");
        return new IdxFile(shape, await ReadDataAsync(content, (int)claimed, cancellationToken));
    }

    private static async Task<byte[]> ReadDataAsync(Stream content, int claimed, CancellationToken cancellationToken)
    {
        var data = new byte[Math.Min(claimed, ChunkBytes)];
        var filled = 0;
        while (true)
        {
            var wanted = data.Length - filled;
            var got = await content.ReadAtLeastAsync(data.AsMemory(filled), wanted, throwOnEndOfStream: false, cancellationToken);
            filled += got;
            if (got < wanted) throw new InvalidDataException($"it ends after {filled} of {claimed} values");
            if (filled == claimed) break;
            Array.Resize(ref data, (int)Math.Min(claimed, 2L * data.Length));
        }
        if (await content.ReadAsync(new byte[1], cancellationToken) != 0)
            throw new InvalidDataException($"it goes on after the {claimed} values that it claims");
        return data;
    }
}
