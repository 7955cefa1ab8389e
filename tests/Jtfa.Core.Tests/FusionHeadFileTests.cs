using System.IO.Compression;

namespace Jtfa.Core.Tests;

public sealed class FusionHeadFileTests : IDisposable
{
    private readonly TemporaryFile _file = new();

    private readonly Dictionary<string, NpyArray> _arrays = new()
    {
        ["W"] = NpyArray.FromSingles([1, 2, 3, 4, 5, 6], 2, 3),
        ["b"] = NpyArray.FromSingles([0.5f, -0.5f], 2),
        ["w"] = NpyArray.FromSingles([1, 0, -1], 3),
        ["gamma"] = NpyArray.FromSingles([0.5f]),
        ["beta"] = NpyArray.FromSingles([2], 1),
    };

    public void Dispose() => _file.Dispose();

    [Fact]
    public void A_head_is_read_whole()
    {
        var (loaded, built) = (Load(), new FusionHead([1, 2, 3, 4, 5, 6], 2, 3, [0.5f, -0.5f], [1, 0, -1], 0.5, 2));

        Assert.Equal((3, 2, 2.0), (loaded.Dimension, loaded.Classes, loaded.Beta));
        Assert.Equal(Run(built), Run(loaded));
    }

    [Fact]
    public void Gate_gamma_and_beta_have_defaults()
    {
        foreach (var name in new[] { "w", "gamma", "beta" }) _arrays.Remove(name);

        Assert.Equal(Run(new FusionHead([1, 2, 3, 4, 5, 6], 2, 3, [0.5f, -0.5f])), Run(Load()));
    }

    [Fact]
    public void Arrays_beside_its_own_do_not_matter()
    {
        Write();
        using (var zip = ZipFile.Open(_file.Path, ZipArchiveMode.Update))
        using (var text = new StreamWriter(zip.CreateEntry("classes.npy").Open())) text.Write("names, as an array of objects");
        Assert.Equal(2, FusionHead.Load(_file.Path).Classes);
    }

    [Fact]
    public void A_head_may_state_how_long_tokens_are()
    {
        Assert.Equal(double.PositiveInfinity, Load().MaxNorm);
        _arrays["max_norm"] = NpyArray.FromSingles([12.5f]);
        Assert.Equal(12.5, Load().MaxNorm);
        _arrays["max_norm"] = NpyArray.FromSingles([0]);
        Write();
        ExpectFault("max_norm=0: allowed is above 0");
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        var fault = Assert.Throws<FileNotFoundException>(() => FusionHead.Load(_file.Path));
        Assert.Contains(_file.Path, fault.Message);
        var folder = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"), "head.npz");
        Assert.Throws<FileNotFoundException>(() => FusionHead.Load(folder));
    }

    [Fact]
    public void A_file_that_is_no_npz_is_named()
    {
        File.WriteAllText(_file.Path, "not a zip file");
        ExpectFault(_file.Path);
    }

    [Theory]
    [InlineData("W", "array W is missing; expected shape (classes, d)")]
    [InlineData("b", "array b is missing; expected shape (2,)")]
    public void A_missing_array_is_named(string name, string message)
    {
        _arrays.Remove(name);
        Write();
        ExpectFault(message);
    }

    [Theory]
    [InlineData("W", 6, "array W has shape (6,); expected (classes, d)")]
    [InlineData("b", 3, "array b has shape (3,); expected (2,)")]
    [InlineData("w", 2, "array w has shape (2,); expected (3,)")]
    [InlineData("gamma", 2, "array gamma has shape (2,); expected () or (1,)")]
    [InlineData("beta", 0, "array beta has shape (0,); expected () or (1,)")]
    public void A_misshapen_array_is_named(string name, int length, string message)
    {
        _arrays[name] = NpyArray.FromSingles(new float[length], length);
        Write();
        ExpectFault(message);
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(2, 0)]
    [InlineData(1, 1025)]
    public void A_matrix_of_an_impossible_size_is_named(int classes, int d)
    {
        _arrays["W"] = NpyArray.FromSingles(new float[classes * d], classes, d);
        Write();
        ExpectFault($"array W has shape ({classes}, {d})");
    }

    [Theory]
    [InlineData("W")]
    [InlineData("b")]
    [InlineData("w")]
    [InlineData("gamma")]
    [InlineData("beta")]
    public void Numbers_are_finite(string name)
    {
        var values = _arrays[name].ToSingles();
        values[^1] = float.NaN;
        _arrays[name] = NpyArray.FromSingles(values, _arrays[name].Shape);
        Write();
        ExpectFault("must be finite");
    }

    private static (float First, float Second, int Pred, double Confidence) Run(FusionHead head)
    {
        var (attention, fused) = (new float[2], new float[3]);
        head.Fuse([1, 2, 3, -1, 0, 1], [1, 0.5f], head.Beta, attention, fused);
        var (pred, confidence) = head.Decide(fused);
        return (attention[0], attention[1], pred, confidence);
    }

    private void ExpectFault(string message)
    {
        var fault = Assert.Throws<InvalidDataException>(() => FusionHead.Load(_file.Path));
        Assert.Contains(message, fault.Message);
        Assert.Contains(_file.Path, fault.Message);
        Assert.DoesNotContain('\n', fault.Message);
    }

    private void Write() => Npz.Write(_file.Path, _arrays);

    private FusionHead Load()
    {
        Write();
        return FusionHead.Load(_file.Path);
    }
}
