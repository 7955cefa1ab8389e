using Jtfa.Language.Architectures;
using Jtfa.Language.Caches;
using Jtfa.Language.Files;
using Jtfa.Language.Files.Pieces;
using Jtfa.Language.Kernels;
using Jtfa.Language.Models;

namespace Jtfa.Language.Tests.Files;

/// <summary>A model's file in pieces, which come from others, some of whom fail or lie.</summary>
public sealed class PieceTests : IDisposable
{
    private const long Room = 64L << 20;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("jtfa-pieces-");
    private readonly string _model;
    private readonly byte[] _bytes;
    private readonly PieceManifest _manifest;
    private readonly List<string> _left = [];

    public PieceTests()
    {
        _model = Path.Combine(_folder.FullName, "model.gguf");

        // Embeddings and head of 2.3 MB each, of which the second stage needs none.
        RandomModel.Write(_model, "llama:factors", vocabulary: 9_000);
        _bytes = File.ReadAllBytes(_model);
        _manifest = PieceManifest.Of(_model, Cancel);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(0, 1, true), InlineData(0, 2, true), InlineData(1, 1, false)]
    public async Task A_part_computes_what_the_whole_does_though_sources_fail_and_lie(int first, int count, bool starts)
    {
        var random = new Random(first + count);
        using var cache = Cache();
        using var file = cache.Open(_manifest, Cancel);
        var given = new List<int>();
        PieceSource[] sources =
        [
            Source("dies", piece => random.Next(3) == 0 ? throw new IOException("cut off") : BytesOf(piece)),
            Source("lies", piece => random.Next(3) == 0 ? new byte[_manifest.BytesOf(piece)] : BytesOf(piece)),
            Source("good", piece =>
            {
                lock (given) given.Add(piece);
                return BytesOf(piece);
            }),
        ];
        var pieces = await FetchAsync(file, new ModelPart(first, count, starts), sources);
        Assert.Equal(given.Count, given.Distinct().Count());
        Assert.All(_left, left => Assert.Matches("^(dies: cut off|lies: piece [0-9]+ is another one there)$", left));
        Assert.Equal(pieces.Sum(piece => (long)_manifest.BytesOf(piece)), file.Bytes);
        Assert.True(starts || file.Bytes < _bytes.Length * 0.6, $"{file.Bytes} of {_bytes.Length} bytes");

        using (var whole = GgufFile.Open(_model))
        using (var part = GgufFile.Open(file.Path))
            Assert.Equal(Computed(whole, first, count), Computed(part, first, count));
        if (starts) return; // blocks are so small that a neighbour's lie in the same piece
        using var again = GgufFile.Open(file.Path);
        var fault = Assert.Throws<ModelFileException>(() => again.Rows(again.Find("output.weight")!, 4_000, 1));
        Assert.Contains("tensor output.weight is not here: of the file's ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fetch_that_was_cut_off_goes_on_where_it_was_and_takes_nothing_on_trust()
    {
        string path;
        using (var cache = Cache())
        using (var file = cache.Open(_manifest, Cancel))
        {
            path = file.Path;
            var calls = 0;
            var brief = Source("brief", piece => Interlocked.Increment(ref calls) > 5 ? throw new IOException("it stops") : BytesOf(piece));
            var fault = await Assert.ThrowsAsync<ModelFileException>(() => Fetch(file, atOnce: 1).RunAsync(All, [brief], null, Cancel));
            Assert.Contains($"{_manifest.Count - 5} pieces are missing", fault.Message, StringComparison.Ordinal);
            Assert.Equal(["brief: it stops"], _left);
        }

        // What a failing machine may leave: a piece that says it is there, and is not.
        using (var disk = File.OpenWrite(path))
        {
            disk.Position = 2 * PieceManifest.PieceBytes;
            disk.Write(new byte[1000]);
        }

        using var later = Cache();
        Assert.Equal(_manifest.Digest, later.Find(_manifest.Digest)?.Digest);
        using var resumed = later.Open(_manifest, Cancel);
        Assert.Equal(4L * PieceManifest.PieceBytes, resumed.Bytes);
        var asked = new List<int>();
        var good = Source("good", piece =>
        {
            lock (asked) asked.Add(piece);
            return BytesOf(piece);
        });
        await Fetch(resumed).RunAsync(All, [good], null, Cancel);
        Assert.Equal([2, .. All.Skip(5)], asked.Order());
        Assert.Equal(_bytes, File.ReadAllBytes(path));
    }

    [Fact]
    public async Task A_cancelled_fetch_ends_and_keeps_what_it_has()
    {
        using var cache = Cache();
        using var file = cache.Open(_manifest, Cancel);
        using var stop = new CancellationTokenSource();
        var calls = 0;
        var slow = new PieceSource("slow", async (piece, token) =>
        {
            if (Interlocked.Increment(ref calls) > 3)
            {
                await stop.CancelAsync();
                await Task.Delay(Timeout.Infinite, token);
            }

            return BytesOf(piece);
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Fetch(file).RunAsync(All, [slow], null, stop.Token));
        Assert.Equal(3L * PieceManifest.PieceBytes, file.Bytes);
        Assert.Empty(_left);
    }

    [Fact]
    public async Task The_file_that_was_opened_longest_ago_makes_room_and_an_open_one_never_does()
    {
        using var cache = new PieceCache(Path.Combine(_folder.FullName, "cache"), _bytes.Length * 5 / 2);
        var source = Source("good", BytesOf);
        var others = new List<(PieceManifest Manifest, byte[] Bytes)>();
        for (var i = 0; i < 3; i++)
        {
            var path = Path.Combine(_folder.FullName, $"{i}");
            byte[] bytes = [.. _bytes, (byte)i];
            await File.WriteAllBytesAsync(path, bytes, Cancel);
            others.Add((PieceManifest.Of(path, Cancel), bytes));
        }

        async Task<PartialModelFile> TakeAsync(int i)
        {
            var (manifest, bytes) = others[i];
            var file = cache.Open(manifest, Cancel);
            cache.MakeRoom(file, All);
            await Fetch(file).RunAsync(All, [Source("good", piece => Slice(bytes, piece))], null, Cancel);
            return file;
        }

        (await TakeAsync(0)).Dispose();
        (await TakeAsync(1)).Dispose();
        File.SetLastWriteTimeUtc(Cached(0) + ".pieces", DateTime.UtcNow.AddMinutes(-1));
        using var third = await TakeAsync(2);
        Assert.Equal((false, true, true), (File.Exists(Cached(0)), File.Exists(Cached(1)), File.Exists(Cached(2))));
        Assert.False(File.Exists(Cached(0) + ".pieces"));
        using var second = cache.Open(others[1].Manifest, Cancel);
        using var file = cache.Open(_manifest, Cancel);
        var fault = Assert.Throws<ModelFileException>(() => cache.MakeRoom(file, All));
        Assert.Contains("allow it more, or give the silo fewer blocks", fault.Message, StringComparison.Ordinal);
        Assert.True(cache.Bytes <= _bytes.Length * 5 / 2);

        var twice = Assert.Throws<ModelFileException>(() => new PieceCache(Path.Combine(_folder.FullName, "cache"), Room));
        Assert.Contains("stop the silo that has it", twice.Message, StringComparison.Ordinal);

        string Cached(int i) => Path.Combine(_folder.FullName, "cache", others[i].Manifest.Digest + ".gguf");
    }

    [Fact]
    public void A_file_without_its_head_or_with_a_damaged_map_is_refused()
    {
        using var cache = Cache();
        using var file = cache.Open(_manifest, Cancel);
        Assert.Throws<ModelFileException>(() => GgufFile.Open(file.Path));
        Assert.True(file.Write(0, BytesOf(0).Span));
        Assert.False(file.Write(1, BytesOf(0).Span));
        File.WriteAllText(file.Path + ".pieces", "no map");
        var fault = Assert.Throws<ModelFileException>(() => GgufFile.Open(file.Path));
        Assert.Contains("remove it and the model's file beside it", fault.Message, StringComparison.Ordinal);
        Assert.Null(cache.Find(_manifest.Digest));
    }

    [Fact]
    public void A_manifest_that_was_sent_is_the_one_that_was_asked_for()
    {
        var hashes = _manifest.Hashes.ToArray();
        Assert.Equal(_manifest.Digest, PieceManifest.OfSent(_manifest.Digest, _manifest.Length, hashes)?.Digest);
        Assert.Null(PieceManifest.OfSent(_manifest.Digest, _manifest.Length + 1, hashes));
        Assert.Null(PieceManifest.OfSent(_manifest.Digest, long.MaxValue, hashes));
        Assert.Null(PieceManifest.OfSent(_manifest.Digest, _manifest.Length, [.. hashes[32..], .. hashes[..32]]));
        Assert.True(PieceManifest.PieceBytes <= 256_000);
        foreach (var wrong in (string[])["", "../../etc/passwd", new('g', 64), new('A', 64)]) Assert.False(PieceManifest.IsDigest(wrong));
    }

    private int[] All => [.. Enumerable.Range(0, _manifest.Count)];

    private PieceCache Cache() => new(Path.Combine(_folder.FullName, "cache"), Room);

    private PieceFetch Fetch(PartialModelFile file, int atOnce = 3) => new(file, atOnce, (source, why) =>
    {
        lock (_left) _left.Add($"{source.Name}: {why}");
    });

    private async Task<int[]> FetchAsync(PartialModelFile file, ModelPart part, PieceSource[] sources)
    {
        using var whole = GgufFile.Open(_model);
        var head = ModelPart.HeadPieces(_manifest, whole.Header.DataStart).ToList();
        await Fetch(file).RunAsync(head, sources, null, Cancel);
        int[] pieces;
        using (var begun = GgufFile.Open(file.Path)) pieces = [.. part.PiecesOf(_manifest, begun, Architecture.Of(begun))];
        await Fetch(file).RunAsync(pieces, [.. sources.Where(source => _left.All(left => !left.StartsWith(source.Name)))], null, Cancel);
        return pieces;
    }

    private static PieceSource Source(string name, Func<int, ReadOnlyMemory<byte>> read) => new(name, async (piece, _) =>
    {
        await Task.Yield();
        return read(piece);
    });

    private static float[] Computed(GgufFile file, int first, int count)
    {
        var architecture = Architecture.Of(file);
        var sizes = Hyperparameters.Of(file, architecture);
        using var workers = new Workers(1);
        using var stage = new Stage(file, architecture, sizes, first, count, workers);
        using var pool = new PagePool(stage.Shape, CacheFormat.F32, 4);
        using var sequence = new CachedSequence(pool);
        var (batch, random) = (new Batch(), new Random(1));
        Assert.True(batch.TryAdd(sequence, [1, 2, 3, 4]));
        float[] hidden = [.. Enumerable.Range(0, 4 * sizes.Width).Select(_ => (float)random.NextDouble())];
        stage.Forward(batch, hidden);
        return hidden;
    }

    private ReadOnlyMemory<byte> BytesOf(int piece) => Slice(_bytes, piece);

    private static ReadOnlyMemory<byte> Slice(byte[] bytes, int piece)
    {
        var first = piece * PieceManifest.PieceBytes;
        return bytes.AsMemory(first, Math.Min(PieceManifest.PieceBytes, bytes.Length - first));
    }
}
