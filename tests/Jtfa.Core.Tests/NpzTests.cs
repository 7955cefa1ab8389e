using System.IO.Compression;
using Jtfa.Testing.Fuzzing;

namespace Jtfa.Core.Tests;

public sealed class NpzTests : IDisposable
{
    private static readonly int s_mutants = LongForm.IsAsked ? 1_000_000 : 5_000;
    private readonly TemporaryFile _file = new();

    private static Dictionary<string, NpyArray> Arrays => new()
    {
        ["W"] = NpyArray.FromSingles([1, 2, 3, 4, 5, 6], 2, 3),
        ["mean"] = NpyArray.FromSingles([0.5f], 1),
    };

    public void Dispose() => _file.Dispose();

    [Fact]
    public void What_is_written_is_read()
    {
        Npz.Write(_file.Path, Arrays);

        var arrays = Npz.Read(_file.Path);

        Assert.Equal(["W", "mean"], arrays.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([2, 3], arrays["W"].Shape);
        Assert.Equal([1, 2, 3, 4, 5, 6], arrays["W"].ToSingles());
        Assert.Equal([0.5f], arrays["mean"].ToSingles());
    }

    [Fact]
    public void The_same_arrays_make_the_same_file()
    {
        Npz.Write(_file.Path, Arrays);
        var first = File.ReadAllBytes(_file.Path);
        Npz.Write(_file.Path, Arrays);
        Assert.Equal(first, File.ReadAllBytes(_file.Path));
    }

    [Fact]
    public void Other_entries_are_passed_over()
    {
        Npz.Write(_file.Path, Arrays);
        using (var zip = ZipFile.Open(_file.Path, ZipArchiveMode.Update))
        using (var text = new StreamWriter(zip.CreateEntry("README.txt").Open())) text.Write("not an array");

        Assert.Equal(2, Npz.Read(_file.Path).Count);
    }

    [Fact]
    public void Only_the_arrays_that_are_wanted_are_read()
    {
        Npz.Write(_file.Path, Arrays);
        using (var zip = ZipFile.Open(_file.Path, ZipArchiveMode.Update))
        using (var text = new StreamWriter(zip.CreateEntry("names.npy").Open())) text.Write("no array that anybody wants");

        Assert.Equal(["W"], Npz.Read(_file.Path, "W", "b").Keys);
        Assert.Throws<InvalidDataException>(() => Npz.Read(_file.Path, "names"));
    }

    [Fact]
    public void A_pointer_of_git_lfs_is_told()
    {
        File.WriteAllText(_file.Path, "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n");
        var fault = Assert.Throws<InvalidDataException>(() => Npz.Read(_file.Path));
        Assert.Equal($"{_file.Path}: {GitLfsPointer.Advice}", fault.Message);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named() =>
        Assert.Contains(_file.Path, Assert.Throws<FileNotFoundException>(() => Npz.Read(_file.Path)).Message);

    [Fact]
    public void A_broken_array_is_named()
    {
        using (var zip = ZipFile.Open(_file.Path, ZipArchiveMode.Create))
        using (var text = new StreamWriter(zip.CreateEntry("W.npy").Open())) text.Write("not an array");

        var fault = Assert.Throws<InvalidDataException>(() => Npz.Read(_file.Path));
        Assert.Contains(_file.Path, fault.Message);
        Assert.Contains("W.npy", fault.Message);
    }

    [Fact]
    public void A_shape_beyond_the_data_costs_no_memory()
    {
        using (var zip = ZipFile.Open(_file.Path, ZipArchiveMode.Create))
        using (var content = zip.CreateEntry("W.npy", CompressionLevel.NoCompression).Open())
        {
            Npy.Write(content, new float[3], 3);
        }
        Patch("(3,), }        "u8, "(30000000,), }"u8);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidDataException>(() => Npz.Read(_file.Path));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void Mutated_files_are_read_or_invalid()
    {
        byte[][] wholes = [Whole(CompressionLevel.NoCompression), Whole(CompressionLevel.Optimal)];
        var invalid = 0;
        for (var round = 0; round < s_mutants; round++)
        {
            File.WriteAllBytes(_file.Path, Mutation.Of(wholes, round));
            try
            {
                FusionHead.Load(_file.Path);
            }
            catch (InvalidDataException fault)
            {
                invalid++;
                if (fault.Message.Any(char.IsControl)) Assert.Fail($"{round}: {fault.Message}");
            }
            catch (Exception fault)
            {
                Assert.Fail($"{round}: {fault}");
            }
        }

        Assert.InRange(invalid, s_mutants / 2, s_mutants - 1);
    }

    private byte[] Whole(CompressionLevel compression)
    {
        var arrays = new Dictionary<string, NpyArray>(Arrays)
        {
            ["b"] = NpyArray.FromSingles([1, 2], 2),
            ["max_norm"] = NpyArray.FromSingles([9]),
        };
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create))
        {
            foreach (var (name, array) in arrays)
            {
                using var content = zip.CreateEntry($"{name}.npy", compression).Open();
                Npy.Write(content, array);
            }
        }

        return file.ToArray();
    }

    private void Patch(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        var bytes = File.ReadAllBytes(_file.Path);
        var at = bytes.AsSpan().IndexOf(from);
        Assert.True(at >= 0);
        to.CopyTo(bytes.AsSpan(at));
        File.WriteAllBytes(_file.Path, bytes);
    }
}
