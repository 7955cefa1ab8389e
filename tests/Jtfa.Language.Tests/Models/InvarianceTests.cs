using Jtfa.Language.Caches;
using Jtfa.Language.Models;

namespace Jtfa.Language.Tests.Models;

/// <summary>
/// A sequence's numbers are the same, bit for bit, however its prompt is cut, whatever else is in the batch, and however many threads
/// compute.
/// </summary>
public sealed class InvarianceTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var kind in RandomModel.Kinds.Where(kind => kind != "bert")) cases.Add(kind, "F32");
            foreach (var type in (string[])["F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q3H_B64", "Q6_B32", "Q3_B64"])
                cases.Add("llama", type);
            return cases;
        }
    }

    public void Dispose() => File.Delete(_path);

    [Theory, MemberData(nameof(Cases))]
    public void Numbers_do_not_depend_on_the_batch(string kind, string type)
    {
        RandomModel.Write(_path, kind, type);
        using var alone = LanguageModel.Load(_path, 1);
        using var shared = LanguageModel.Load(_path, 3);
        var random = new Random(5);
        foreach (var format in Enum.GetValues<CacheFormat>())
        {
            using var pool = alone.CreatePool(format, 32);
            int[] tokens = [.. Enumerable.Range(0, 75).Select(_ => random.Next(300))];
            var expected = Run(alone, pool, tokens, [.. Enumerable.Repeat(1, 75)]); // one text token at a time, alone

            using var others = shared.CreatePool(format, 64);
            Assert.Equal(expected, Run(shared, others, tokens, [75]));
            Assert.Equal(expected, Run(shared, others, tokens, [1, 30, 3, 16, 25]));
            Assert.Equal(expected, Run(shared, others, tokens, [40, 35], neighbours: 5));
            Assert.Equal(64, others.Free);
        }
    }

    [Fact]
    public void A_fork_shares_pages_until_it_writes()
    {
        RandomModel.Write(_path, "llama:gqa-linear");
        using var model = LanguageModel.Load(_path, 2);
        using var pool = model.CreatePool(CacheFormat.F32, 16);
        int[] tokens = [.. Enumerable.Range(3, 60)], other = [.. tokens[..40], .. Enumerable.Range(100, 20)];
        var (expected, expectedOther) = (Run(model, pool, tokens, [60]), Run(model, pool, other, [60]));

        using var sequence = new CachedSequence(pool);
        Step(model, sequence, tokens[..40]);
        Assert.Equal((3, 13), (sequence.Pages, pool.Free));
        using var fork = sequence.Fork(40);
        Assert.Equal(13, pool.Free);
        Assert.Equal(expectedOther, Step(model, fork, other[40..]));
        Assert.Equal((4, 11), (fork.Pages, pool.Free)); // its own copy of the third page, and a fourth
        Assert.Equal(expected, Step(model, sequence, tokens[40..]));

        // What a draft got wrong is forgotten.
        sequence.Truncate(40);
        Assert.Equal(expectedOther, Step(model, sequence, other[40..]));
        using var early = sequence.Fork(17);
        Assert.Equal(expected, Step(model, early, tokens[17..]));
    }

    [Fact]
    public void A_pool_that_is_full_takes_nothing_and_breaks_nothing()
    {
        RandomModel.Write(_path, "llama");
        using var model = LanguageModel.Load(_path, 1);
        using var pool = model.CreatePool(CacheFormat.F16, 3);
        using var sequence = new CachedSequence(pool);
        var batch = new Batch();
        Assert.False(batch.TryAdd(sequence, new int[49]));
        Assert.Equal((0, 0, 3), (batch.Rows.Count, sequence.Length, pool.Free));
        Step(model, sequence, [.. Enumerable.Range(3, 40)]);
        using var fork = sequence.Fork(40);
        Assert.False(batch.TryAdd(fork, [3])); // its third page would have to be copied
        Assert.True(batch.TryAdd(sequence, []));
        fork.Dispose();
        Assert.True(batch.TryAdd(sequence, new int[8]));
        Assert.False(batch.TryAdd(sequence, [3]));
    }

    [Theory, InlineData(CacheFormat.F16, 2e-3), InlineData(CacheFormat.Q8, 3e-2)]
    public void Smaller_pages_cost_little(CacheFormat format, double allowed)
    {
        RandomModel.Write(_path, "llama:mqa");
        using var model = LanguageModel.Load(_path, 1);
        using var exact = model.CreatePool(CacheFormat.F32, 8);
        using var small = model.CreatePool(format, 8);
        int[] tokens = [.. Enumerable.Range(3, 100)];
        float[] expected = Run(model, exact, tokens, [100]), logits = Run(model, small, tokens, [100]);
        var away = expected.Zip(logits, (a, b) => Math.Abs(a - b)).Max() / expected.Max(Math.Abs);
        TestContext.Current.TestOutputHelper!.WriteLine($"{format}: {small.PageBytes} of {exact.PageBytes} bytes, away by {away:E1}");
        Assert.InRange(away, 1e-9, allowed);
        Assert.InRange(small.PageBytes, 1, exact.PageBytes / 2);
    }

    // The logits after the last text token.
    private static float[] Run(LanguageModel model, PagePool pool, int[] tokens, int[] chunks, int neighbours = 0)
    {
        using var sequence = new CachedSequence(pool);
        var beside = Enumerable.Range(0, neighbours).Select(_ => new CachedSequence(pool)).ToArray();
        float[] logits = [];
        var at = 0;
        foreach (var chunk in chunks)
        {
            var batch = new Batch();
            for (var i = 0; i < neighbours; i++)
                Assert.True(batch.TryAdd(beside[i], [.. Enumerable.Range(i, (7 * i) + 1).Select(j => j * 31 % 300)]));
            var row = batch.Rows.Count;
            Assert.True(batch.TryAdd(sequence, tokens.AsSpan(at, chunk)));
            at += chunk;
            var hidden = model.Forward(batch);
            logits = new float[model.Vocabulary];
            model.Logits(hidden.Slice((row + chunk - 1) * model.Sizes.Width, model.Sizes.Width), 1, logits);
        }

        foreach (var other in beside) other.Dispose();
        return logits;
    }

    private static float[] Step(LanguageModel model, CachedSequence sequence, int[] tokens)
    {
        var batch = new Batch();
        Assert.True(batch.TryAdd(sequence, tokens));
        var hidden = model.Forward(batch);
        var logits = new float[model.Vocabulary];
        model.Logits(hidden[^model.Sizes.Width..], 1, logits);
        return logits;
    }
}
