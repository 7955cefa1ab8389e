using FsCheck.Fluent;

namespace Jtfa.Core.Tests;

public class CodebookTests
{
    [Fact]
    public void Entries_of_clusters_far_apart_are_their_means()
    {
        var random = new Random(1);
        const int clusters = 6, dimension = 5, each = 40;
        var centres = Enumerable.Range(0, clusters)
            .Select(c => Enumerable.Range(0, dimension).Select(j => c == j ? 100f : -50f * c).ToArray());
        var vectors = centres.SelectMany(centre => Enumerable.Range(0, each).Select(
            _ => centre.Select(value => value + random.NextSingle() - 0.5f).ToArray())).ToArray();

        var book = Codebook.Train([.. vectors.SelectMany(vector => vector)], dimension, clusters, seed: 3);

        foreach (var cluster in vectors.Chunk(each))
        {
            var entry = Assert.Single(cluster.Select(vector => book.Nearest(vector)).Distinct());
            for (var j = 0; j < dimension; j++) Assert.Equal(cluster.Average(vector => vector[j]), book[entry][j], 1e-3f);
        }
    }

    [Fact]
    public void The_nearest_entry_is_none_further_than_any_other_and_the_same_seed_gives_the_same_book() =>
        Property.Holds(Gen.Choose(0, int.MaxValue), seed =>
        {
            var random = new Random(seed);
            var (d, m) = (random.Next(1, 40), random.Next(1, 60));
            var count = random.Next(1, m + 1);
            var vectors = Enumerable.Range(0, m * d).Select(_ => (float)random.Next(-3, 4)).ToArray(); // many are equal
            var book = Codebook.Train(vectors, d, count, seed);
            Assert.Equal((count, d), (book.Count, book.Dimension));
            var total = 0.0;
            foreach (var vector in vectors.Chunk(d))
            {
                var distances = Enumerable.Range(0, count).Select(entry => Distance(vector, book[entry])).ToArray();
                Assert.Equal(distances.Min(), distances[book.Nearest(vector)], 1e-3);
                total += distances.Min();
            }

            // As many entries as distinct vectors: each stands for itself.
            if (count >= vectors.Chunk(d).Select(vector => string.Join(' ', vector)).Distinct().Count()) Assert.Equal(0, total, 1e-6);
            var again = Codebook.Train(vectors, d, count, seed);
            for (var entry = 0; entry < count; entry++) Assert.Equal(book[entry].ToArray(), again[entry].ToArray());
        }, runs: 200);

    [Fact]
    public void No_entry_can_be_moved_to_make_its_vectors_nearer()
    {
        var random = new Random(2);
        var vectors = Enumerable.Range(0, 3000).Select(_ => (float)random.NextDouble()).ToArray();
        var book = Codebook.Train(vectors, 3, 16, seed: 1);
        var members = vectors.Chunk(3).GroupBy(vector => book.Nearest(vector)).ToList();
        Assert.Equal(16, members.Count);
        foreach (var entry in members)
            for (var j = 0; j < 3; j++) Assert.Equal(entry.Average(vector => vector[j]), book[entry.Key][j], 1e-4f);
    }

    [Fact]
    public void What_is_out_of_range_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new Codebook([], 2));
        Assert.Throws<ArgumentException>(() => new Codebook([1, 2, 3], 2));
        Assert.Throws<ArgumentException>(() => new Codebook([1, float.NaN], 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => Codebook.Train([1, 2], 2, 2, 0));
        Assert.Throws<ArgumentException>(() => new Codebook([1, 2], 2).Nearest([1]));
    }

    private static double Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++) sum += (a[i] - b[i]) * (double)(a[i] - b[i]);
        return sum;
    }
}
