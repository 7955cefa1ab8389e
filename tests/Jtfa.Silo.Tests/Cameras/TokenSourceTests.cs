using Jtfa.Silo.Cameras.Sources;

namespace Jtfa.Silo.Tests.Cameras;

public sealed class TokenSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _time = new(Fixtures.Start);
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Replayed_tokens_are_the_rows_of_the_array()
    {
        float[] tokens = [.. Enumerable.Range(0, 40).Select(i => i / 8f)];
        var path = Fixtures.Npy(_folder, "tokens.npy", tokens, 10, 4);
        var labels = _folder.Write("labels.txt", "0\n1\n2\n3\n-1\n5\n6\r\n7\n 8 \n9\n\n");
        await using var source = await ReplayTokenSource.OpenAsync(path, labels, _time, _cancellation);
        Assert.Equal((10, 4), (source.Count, source.Dimension));
        for (var tick = 0L; tick < 50; tick++)
        {
            var sample = Assert.NotNull(await source.NextAsync(tick, _cancellation));
            var row = SampleOrder.IndexOf(tick, 10); // the images' order: replay and idx cameras of one scene agree
            Assert.Null(sample.Frame);
            Assert.Equal(tokens[(row * 4)..((row + 1) * 4)], sample.Token.ToArray());
            Assert.Equal(row == 4 ? -1 : row, sample.Label);
        }
    }

    [Fact]
    public async Task Recordings_that_cannot_be_used_are_told()
    {
        Task Open(string path, string labels = "") => ReplayTokenSource.OpenAsync(path, labels, _time, _cancellation);
        var good = Fixtures.Npy(_folder, "good.npy", [1, 2, 3, 4], 2, 2);
        var flat = Fixtures.Npy(_folder, "flat.npy", [1, 2, 3], 3);
        var wide = Fixtures.Npy(_folder, "wide.npy", new float[1025], 1, 1025);
        var infinite = Fixtures.Npy(_folder, "infinite.npy", [1, 2, 3, float.NaN], 2, 2);
        await Fixtures.FaultAsync(() => Open(_folder["none.npy"]), "none.npy", "does not exist");
        await Fixtures.FaultAsync(() => Open(_folder.Write("rubbish.npy", "rubbish rubbish")), "rubbish.npy", "numpy.save");
        await Fixtures.FaultAsync(() => Open(flat), "flat.npy", "shape (3)", "(n, d)");
        await Fixtures.FaultAsync(() => Open(wide), "wide.npy", "1 to 1024");
        await Fixtures.FaultAsync(() => Open(infinite), "infinite.npy", "not finite in row 1");
        await Fixtures.FaultAsync(() => Open(good, _folder.Write("three.txt", "1\n2\n3\n")), "three.txt", "3 labels", "2 tokens");
        await Fixtures.FaultAsync(() => Open(good, _folder.Write("words.txt", "1\nshoe\n")), "words.txt", "line 2");
        await Fixtures.FaultAsync(() => Open(good, _folder["none.txt"]), "none.txt", "Source.Labels");
    }

    [Fact]
    public async Task Random_tokens_are_normal_and_seeded()
    {
        await using var source = new RandomTokenSource(1000, 1, 0, _time);
        await using var same = new RandomTokenSource(1000, 1, 0, _time);
        await using var otherView = new RandomTokenSource(1000, 1, 1, _time);
        var first = await TokenAsync(source, 5);
        Assert.Equal(first, await TokenAsync(same, 5));
        Assert.NotEqual(first, await TokenAsync(same, 6));
        Assert.NotEqual(first, await TokenAsync(otherView, 5));
        Assert.InRange(first.Average(), -0.1, 0.1); // standard error 0.03
        Assert.InRange(first.Average(value => value * value), 0.85, 1.15); // standard error 0.045
    }

    private async Task<float[]> TokenAsync(RandomTokenSource source, long tick)
    {
        var sample = Assert.NotNull(await source.NextAsync(tick, _cancellation));
        Assert.Equal(-1, sample.Label);
        return sample.Token.ToArray();
    }
}
