using System.Globalization;
using Jtfa.Core;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Cameras.Fitting;
using Jtfa.Silo.Cameras.Vision;

namespace Jtfa.Silo.Tests.Cameras.Fitting;

/// <summary>The projections that <c>jtfa model fit</c> makes, against their definitions and against numpy's linear algebra.</summary>
public sealed class ProjectionFitTests : IDisposable
{
    private const string NumpyPca = """
        import sys, numpy as np
        x = np.load(sys.argv[1])["view0"].astype(np.float64)
        f = np.load(sys.argv[2])
        d = len(f["components"])
        values, directions = np.linalg.eigh(np.cov(x, rowvar=False))
        rows = directions[:, ::-1][:, :d].T
        rows *= np.sign(rows[np.arange(d), np.abs(rows).argmax(1)])[:, None]
        print(max(np.abs(rows - f["components"]).max(), np.abs(x.mean(0) - f["mean"]).max()))
        print(values[::-1][:d].sum() / values.sum())
        """;

    // The generalised problem as it stands, S_w⁻¹·S_b, not made symmetric; rows are compared by the direction that they have.
    private const string NumpyLda = """
        import sys, numpy as np
        f = np.load(sys.argv[1])
        groups = [np.load(path)["view0"].astype(np.float64) for path in sys.argv[2:]]
        x = np.concatenate(groups)
        sw = sum((g - g.mean(0)).T @ (g - g.mean(0)) for g in groups) / len(x)
        sb = sum(len(g) * np.outer(g.mean(0) - x.mean(0), g.mean(0) - x.mean(0)) for g in groups) / len(x)
        all = np.cov(x, rowvar=False, bias=True)
        sw = 0.9 * sw + 0.1 * np.trace(np.linalg.inv(all) @ sw) / len(sw) * all
        values, directions = np.linalg.eig(np.linalg.inv(sw) @ sb)
        order = np.argsort(-values.real)[:len(f["components"])]
        a = f["components"].astype(np.float64)
        unit = lambda rows: rows / np.linalg.norm(rows, axis=1)[:, None]
        along = np.abs((unit(a) * unit(directions.real[:, order].T)).sum(1))
        print(max(np.abs(1 - along).max(), np.abs(a @ sw @ a.T - np.eye(len(a))).max()))
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(60, 24, 5)] // more vectors than numbers
    [InlineData(20, 90, 7)] // fewer: as of a wide backbone
    public void Principal_components_are_orthonormal_and_their_tokens_uncorrelated(int count, int length, int dimension)
    {
        var vectors = Vectors(count, length);
        var (projection, kept) = ProjectionFit.Principal(vectors, dimension);
        Assert.Equal((length, dimension), (projection.Features, projection.Dimension));
        Assert.InRange(kept, 0.1, 1);
        var rows = Components(projection);
        for (var i = 0; i < dimension; i++)
            for (var j = 0; j < dimension; j++) Assert.Equal(i == j ? 1 : 0, Dot(rows[i], rows[j]), 1e-5);

        var tokens = vectors.Select(vector => Token(projection, vector)).ToList();
        var variances = Enumerable.Range(0, dimension).Select(k => tokens.Average(token => (double)token[k] * token[k])).ToList();
        Assert.Equal(variances.OrderDescending(), variances);
        for (var i = 0; i < dimension; i++)
        {
            Assert.Equal(0, tokens.Average(token => token[i]), 1e-4);
            for (var j = 0; j < i; j++)
                Assert.Equal(0, tokens.Average(token => (double)token[i] * token[j]) / Math.Sqrt(variances[i] * variances[j]), 1e-4);
        }
    }

    [Theory]
    [InlineData(300, 12, 12)]
    [InlineData(40, 60, 6)]
    public async Task Principal_components_are_numpys(int count, int length, int dimension)
    {
        var vectors = Vectors(count, length);
        vectors.AsCapture().Save(_folder["x.npz"]);
        var (projection, kept) = ProjectionFit.Principal(vectors, dimension);
        projection.Save(_folder["pca.npz"]);
        var said = (await Numpy.RunAsync(NumpyPca, _folder["x.npz"], _folder["pca.npz"])).Split('\n');
        Assert.InRange(double.Parse(said[0], CultureInfo.InvariantCulture), 0, 1e-4);
        Assert.Equal(double.Parse(said[1], CultureInfo.InvariantCulture), kept, 1e-6);
    }

    [Fact]
    public async Task Discriminants_are_numpys()
    {
        IReadOnlyList<float[]>[] groups =
            [.. Enumerable.Range(0, 4).Select(c => RandomVectors.Around((ulong)c, 50 + (10 * c), RandomVectors.Centre(c, 8), 2))];
        foreach (var (i, group) in groups.Index()) group.AsCapture().Save(_folder[$"{i}.npz"]);
        var (projection, _) = ProjectionFit.Discriminant(
            [.. groups.SelectMany(group => group)], [.. groups.Index().SelectMany(group => group.Item.Select(_ => group.Index))], 16);
        Assert.Equal(3, projection.Dimension); // one fewer than classes
        projection.Save(_folder["lda.npz"]);
        var error = await Numpy.RunAsync(NumpyLda, [_folder["lda.npz"], .. groups.Index().Select(group => _folder[$"{group.Index}.npz"])]);
        Assert.InRange(double.Parse(error, CultureInfo.InvariantCulture), 0, 1e-4);
    }

    [Fact]
    public void Discriminants_find_the_one_direction_that_tells_classes_apart_where_another_varies_far_more()
    {
        float[] Vector(int label, ulong i) =>
            [100 * RandomVectors.Around(i, 1, [0], 1)[0][0], label + (0.05f * RandomVectors.Around(i + 7777, 1, [0], 1)[0][0]), 0];
        List<float[]> vectors = [.. Enumerable.Range(0, 200).Select(i => Vector(i % 2, (ulong)i))];
        List<int> labels = [.. Enumerable.Range(0, 200).Select(i => i % 2)];
        var (lda, _) = ProjectionFit.Discriminant(vectors, labels, 1);
        var (pca, _) = ProjectionFit.Principal(vectors, 1);

        Assert.Equal(1, Right(lda));
        Assert.InRange(Right(pca), 0.4, 0.65);

        // By the token's one number, cut in the middle between the classes.
        double Right(TokenProjection projection)
        {
            var tokens = vectors.Select(vector => (double)Token(projection, vector)[0]).ToList();
            double Mean(int label) => tokens.Index().Where(token => labels[token.Index] == label).Average(token => token.Item);
            var (middle, higher) = ((Mean(0) + Mean(1)) / 2, Mean(1) > Mean(0) ? 1 : 0);
            return tokens.Index().Average(token => token.Item > middle == (labels[token.Index] == higher) ? 1.0 : 0.0);
        }
    }

    [Fact]
    public void Tokens_have_no_more_numbers_than_vectors_vary_in()
    {
        var plane = RandomVectors.Around(3, 50, [1, 2], 1).Select(pair => new[] { pair[0], pair[1], pair[0] + pair[1], 5f }).ToList();
        var (projection, kept) = ProjectionFit.Principal(plane, 16);
        Assert.Equal(2, projection.Dimension);
        Assert.Equal(1, kept, 1e-9);
    }

    [Fact]
    public void Vectors_that_are_all_equal_are_refused()
    {
        var fault = Assert.Throws<CameraFaultException>(() => ProjectionFit.Principal([[1, 2], [1, 2], [1, 2]], 2));
        Assert.Contains("All vectors of the collection are equal", fault.Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<float[]> Vectors(int count, int length) => RandomVectors.Around(1, count, new float[length], 5);

    private static float[] Token(TokenProjection projection, float[] vector)
    {
        var token = new float[projection.Dimension];
        projection.Apply(vector, token);
        return token;
    }

    private float[][] Components(TokenProjection projection)
    {
        projection.Save(_folder["saved.npz"]);
        return [.. Npz.Read(_folder["saved.npz"])["components"].ToSingles().Chunk(projection.Features)];
    }

    private static double Dot(float[] a, float[] b) => a.Zip(b).Sum(pair => (double)pair.First * pair.Second);
}
