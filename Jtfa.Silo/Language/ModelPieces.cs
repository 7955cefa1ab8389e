using System.Diagnostics.CodeAnalysis;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Language.Architectures;
using Jtfa.Language.Files;
using Jtfa.Language.Files.Pieces;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Language;

/// <summary>
/// Models' files that this silo has, in pieces for the others; and pieces of files that it lacks, from the others, in a folder of its own.
/// </summary>
internal sealed partial class ModelPieces(
    IOptions<LanguageOptions> options, ILanguageSilos silos, IGrainFactory grains, TimeProvider clock, ILogger<ModelPieces> logger)
    : IModelPieces, IDisposable
{
    private const int AtOnce = 3;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);
    private const int HashesAtOnce = PieceManifest.PieceBytes / PieceManifest.HashBytes;

    private readonly LanguageOptions _options = options.Value;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _fetching = new(1);
    private readonly Dictionary<string, (DateTime WrittenAt, Task<GivenFile> File)> _given = [];
    private readonly Dictionary<string, PartialModelFile> _taken = [];
    private PieceCache? _cache;

    /// <inheritdoc />
    public void Dispose()
    {
        _cache?.Dispose();
        _fetching.Dispose();
    }

    /// <inheritdoc />
    public async Task<PiecedFile?> FileOfAsync(string model, CancellationToken cancellationToken) =>
        await GivenAsync(model, cancellationToken) is { } given
            ? new PiecedFile(given.Manifest.Digest, given.Manifest.Length, given.HeadBytes)
            : null;

    /// <inheritdoc />
    public async Task<byte[]?> HashesAsync(string model, string digest, int first, CancellationToken cancellationToken)
    {
        if (await GivenAsync(model, cancellationToken) is not { } given || given.Manifest.Digest != digest) return null;
        var hashes = given.Manifest.Hashes;
        if (first < 0 || first >= given.Manifest.Count) return null;
        return hashes.Slice(
            first * PieceManifest.HashBytes, Math.Min(HashesAtOnce, given.Manifest.Count - first) * PieceManifest.HashBytes).ToArray();
    }

    /// <inheritdoc />
    public async Task<byte[]?> ReadAsync(string model, string digest, int piece, CancellationToken cancellationToken)
    {
        if (await GivenAsync(model, cancellationToken) is not { } given || given.Manifest.Digest != digest) return null;
        if (piece < 0 || piece >= given.Manifest.Count) return null;
        await using var file = new FileStream(
            given.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.Asynchronous);
        var bytes = new byte[given.Manifest.BytesOf(piece)];
        file.Position = (long)piece * PieceManifest.PieceBytes;
        await file.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    /// <inheritdoc />
    public Task FetchAsync(string model, string source, int first, int count, CancellationToken cancellationToken) =>
        PathOfAsync(model, source, new ModelPart(first, count, Starts: false), cancellationToken);

    /// <summary>The file of a model with at least one part of it: this silo's own, or one that others gave.</summary>
    /// <param name="model">The model's name, as the silos that have it are configured.</param>
    /// <param name="source">The silo whose file it is; any other that has the same gives pieces, too.</param>
    /// <param name="part">What is needed of it.</param>
    /// <param name="cancellationToken">Gives up; what was fetched stays.</param>
    /// <returns>Its path. Tensors of other parts may not be there.</returns>
    /// <exception cref="ModelFileException">No silo has it, none gives it any more, or there is no room for it.</exception>
    public async Task<string> PathOfAsync(string model, string source, ModelPart part, CancellationToken cancellationToken)
    {
        if (_options.Models.Find(each => each.Name == model) is { } own && File.Exists(own.File)) return own.File;
        await _fetching.WaitAsync(cancellationToken);
        try
        {
            var sources = await SourcesAsync(model, source, cancellationToken);
            var (digest, headBytes) = (sources[0].File.Digest, sources[0].File.HeadBytes);
            var file = await BeginAsync(model, sources, cancellationToken);
            var fetch = new PieceFetch(file, AtOnce, (source, why) => LogLeft(source.Name, model, why));

            // The one whose file it is comes last, since it computes beside.
            PieceSource[] from = [.. sources.AsEnumerable().Reverse().Select(source => new PieceSource(
                source.Silo, (piece, stop) => ReadAsync(Grain(source.Silo, model), digest, piece, stop)))];

            async Task FetchAsync(IReadOnlyList<int> pieces)
            {
                var missing = file.Missing(pieces);
                if (missing.Count == 0) return;
                _cache!.MakeRoom(file, missing);
                await fetch.RunAsync(missing, from, null, cancellationToken);
            }

            await FetchAsync([.. ModelPart.HeadPieces(file.Manifest, headBytes)]);
            List<int> needed;
            using (var begun = GgufFile.Open(file.Path)) needed = [.. part.PiecesOf(file.Manifest, begun, Architecture.Of(begun))];
            var lacking = file.Missing(needed).Count;
            if (lacking > 0) LogFetching(model, part.First, part.First + part.Count - 1, lacking, file.Manifest.Count);
            await FetchAsync(needed);
            return file.Path;
        }
        finally
        {
            _fetching.Release();
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(
        IModelPiecesGrain grain, string digest, int piece, CancellationToken cancellationToken) =>
        await grain.ReadAsync(digest, piece, cancellationToken) ?? throw new IOException("it does not have the file any more");

    private IModelPiecesGrain Grain(string silo, string model) => grains.GetGrain<IModelPiecesGrain>($"{model}/{silo}");

    // Those that have the file of one of them, which is the first.
    [SuppressMessage("Design", "CA1031", Justification = "Whatever a silo's grain throws, the file is taken from the others.")]
    private async Task<List<(string Silo, PiecedFile File)>> SourcesAsync(
        string model, string source, CancellationToken cancellationToken)
    {
        async Task<(string Silo, PiecedFile? File)> AskAsync(string silo)
        {
            try
            {
                return (silo, await Grain(silo, model).GetFileAsync(cancellationToken));
            }
            catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
            {
                LogLeft(silo, model, fault.Message.ReplaceLineEndings(" "));
                return (silo, null);
            }
        }

        // Those that do not answer soon, as where they read the whole file for the first time, are not waited for.
        var asked = silos.Names.Where(silo => silo != silos.Own && silo != source).Select(AskAsync).ToList();
        var own = await AskAsync(source);
        await Task.WhenAny(Task.WhenAll(asked), Task.Delay(s_patience, clock, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        if (own.File is not { } wanted)
            throw new ModelFileException(model, $"silo {source} does not give its file: it is not there, has none, or its log says why");
        List<(string Silo, PiecedFile File)> having = [(source, wanted)];
        foreach (var answer in asked.Where(each => each.IsCompletedSuccessfully))
            if (await answer is { Silo: var silo, File: { } file }) having.Add((silo, file));
        foreach (var (silo, file) in having.Where(each => each.File.Digest != having[0].File.Digest))
            LogLeft(silo, model, $"its file is {file.Digest}, that of silo {having[0].Silo} is {having[0].File.Digest}");
        return [.. having.Where(each => each.File.Digest == having[0].File.Digest)];
    }

    // Opened for as long as the silo runs: another plan may need more of it.
    private async Task<PartialModelFile> BeginAsync(
        string model, List<(string Silo, PiecedFile File)> sources, CancellationToken cancellationToken)
    {
        var (digest, length, _) = sources[0].File;
        if (_taken.TryGetValue(digest, out var taken)) return taken;
        _cache ??= new PieceCache(_options.CacheFolder, (long)_options.CacheMiB << 20);
        var manifest = _cache.Find(digest);
        foreach (var (silo, _) in sources)
        {
            if (manifest is not null) break;
            if (await HashesAsync(Grain(silo, model), digest, length, cancellationToken) is { } hashes)
                manifest = PieceManifest.OfSent(digest, length, hashes);
            if (manifest is null) LogLeft(silo, model, "its pieces' hashes are not those of the file");
        }

        if (manifest is null) throw new ModelFileException(model, "no silo says truly what the model's file is made of: see the log");
        return _taken[digest] = await Task.Run(() => _cache.Open(manifest, cancellationToken), cancellationToken);
    }

    private static async Task<byte[]?> HashesAsync(
        IModelPiecesGrain grain, string digest, long length, CancellationToken cancellationToken)
    {
        var hashes = new MemoryStream();
        var bytes = (long)PieceManifest.CountOf(length) * PieceManifest.HashBytes;
        while (hashes.Length < bytes)
        {
            var first = (int)(hashes.Length / PieceManifest.HashBytes);
            if (await grain.GetHashesAsync(digest, first, cancellationToken) is not { Length: > 0 } next) return null;
            hashes.Write(next);
        }

        return hashes.ToArray();
    }

    private async Task<GivenFile?> GivenAsync(string model, CancellationToken cancellationToken)
    {
        if (_options.Models.Find(each => each.Name == model) is not { } configured || !File.Exists(configured.File)) return null;
        var writtenAt = File.GetLastWriteTimeUtc(configured.File);
        Task<GivenFile> read;
        lock (_gate)
        {
            if (!_given.TryGetValue(model, out var known) || known.WrittenAt != writtenAt || known.File.IsFaulted)
            {
                // Read to its end whoever gives up waiting: the next one asks for the same.
                known = (writtenAt, Task.Run(() => GivenFile.Of(configured.File), CancellationToken.None));
                _given[model] = known;
            }

            read = known.File;
        }

        return await read.WaitAsync(cancellationToken);
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Fetching the model {Model}'s blocks {First} to {Last}: {Pieces} of its file's {All} pieces are missing")]
    private partial void LogFetching(string model, int first, int last, int pieces, int all);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Silo {Silo} is not asked for the model {Model}'s file any more: {Fault}")]
    private partial void LogLeft(string silo, string model, string fault);

    /// <summary>A file that is given away.</summary>
    private sealed record GivenFile(string Path, PieceManifest Manifest, long HeadBytes)
    {
        public static GivenFile Of(string path)
        {
            using var file = GgufFile.Open(path);
            return new(path, PieceManifest.Of(path), file.Header.DataStart);
        }
    }
}
