using System.IO.Compression;

namespace Jtfa.Core.Tests;

public sealed class NpzTests : IDisposable
{
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
        Npz.Write(_file.Path, Arrays);
        var (random, file, invalid) = (new Random(5), File.ReadAllBytes(_file.Path), 0);
        for (var round = 0; round < 3_000; round++)
        {
            var mutant = file.ToArray();
            for (var mutations = random.Next(1, 6); mutations > 0; mutations--) mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(_file.Path, random.Next(4) == 0 ? mutant[..random.Next(mutant.Length)] : mutant);
            try
            {
                Assert.InRange(Npz.Read(_file.Path).Count, 0, 2);
            }
            catch (InvalidDataException)
            {
                invalid++;
            }
        }
        Assert.InRange(invalid, 500, 2_999);
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
