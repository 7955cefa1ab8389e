using Jtfa.Language.Caches;
using Jtfa.Language.Models;

namespace Jtfa.Language.Tests.Caches;

/// <summary>Sequences that begin like earlier ones of their owner read the same pages, and say the same.</summary>
public sealed class PrefixCacheTests : IDisposable
{
    private const int PageTokens = PagePool.PageTokens;
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory, InlineData("llama:gqa-linear"), InlineData("gpt2"), InlineData("bloom"), InlineData("phi3")]
    public void Numbers_are_the_same_with_and_without_sharing(string kind)
    {
        RandomModel.Write(_path, kind);
        using var model = LanguageModel.Load(_path, 2);
        foreach (var format in Enum.GetValues<CacheFormat>())
        {
            using var pool = model.CreatePool(format, 32);
            int[] text = [.. Enumerable.Range(3, 70)], turn = [.. text, .. Enumerable.Range(120, 30)];
            using var alone = new CachedSequence(pool);
            var expected = Step(model, alone, turn);
            alone.Dispose();

            using var prefixes = new PrefixCache(pool);
            using (var first = new CachedSequence(pool))
            {
                Step(model, first, text);
                prefixes.Remember("me", text, first);
            }

            Assert.Equal((4, 4, 28), (prefixes.Pages, prefixes.Idle, pool.Free));
            using var next = new CachedSequence(pool);
            Assert.Equal(64, prefixes.Adopt("me", turn, next));
            Assert.Equal((64, 4, 0, 28), (next.Length, next.Pages, prefixes.Idle, pool.Free));
            Assert.Equal(expected, Step(model, next, turn[64..]));
        }
    }

    [Fact]
    public void Two_that_computed_the_same_at_once_keep_it_once()
    {
        RandomModel.Write(_path, "llama");
        using var model = LanguageModel.Load(_path, 1);
        using var pool = model.CreatePool(CacheFormat.F16, 16);
        using var prefixes = new PrefixCache(pool);
        int[] text = [.. Enumerable.Range(3, 40)], longer = [.. text, .. Enumerable.Range(100, 20)];
        using CachedSequence first = new(pool), second = new(pool), alone = new(pool);
        Step(model, first, text);
        Step(model, second, text);
        Assert.Equal(10, pool.Free);
        prefixes.Remember("me", text, first);
        prefixes.Remember("me", text, second);
        Assert.Equal((2, 12), (prefixes.Pages, pool.Free));
        Assert.Equal(Step(model, alone, longer), Step(model, second, longer[40..]));
        prefixes.Remember("me", longer, second);
        Assert.Equal(3, prefixes.Pages);
    }

    [Fact]
    public void Nothing_of_one_owner_is_given_to_another()
    {
        using var pool = SmallPool(16);
        using var prefixes = new PrefixCache(pool);
        int[] text = [.. Enumerable.Range(0, 50)];
        using (var mine = Grown(pool, 50)) prefixes.Remember("me", text, mine);
        using CachedSequence yours = new(pool), mineAgain = new(pool);
        Assert.Equal(0, prefixes.Adopt("you", text, yours));
        Assert.Equal(0, prefixes.Adopt("", text, yours));
        Assert.Equal((0, 3), (yours.Pages, prefixes.Idle));
        Assert.Equal(48, prefixes.Adopt("me", text, mineAgain));
        var fault = Assert.Throws<InvalidOperationException>(() => prefixes.Remember("you", text, mineAgain));
        Assert.Contains("another owner's", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, prefixes.Adopt("you", text, yours));
    }

    [Fact]
    public void The_last_text_token_is_left_to_compute()
    {
        using var pool = SmallPool(16);
        using var prefixes = new PrefixCache(pool);
        int[] text = [.. Enumerable.Range(0, 48)];
        using (var first = Grown(pool, 48)) prefixes.Remember("me", text, first);
        using var same = new CachedSequence(pool);
        Assert.Equal(32, prefixes.Adopt("me", text, same));
        Assert.Equal(0, prefixes.Adopt("me", text, same)); // it has as much already
        Assert.Equal(48, prefixes.Adopt("me", [.. text, 7], same));
    }

    [Fact]
    public void Who_needs_a_page_has_the_one_that_was_left_first()
    {
        using var pool = SmallPool(6);
        using var prefixes = new PrefixCache(pool);
        int[] old = [.. Enumerable.Range(0, 33)], young = [.. Enumerable.Range(100, 33)];
        using (var first = Grown(pool, 33)) prefixes.Remember("a", old, first);
        using (var second = Grown(pool, 33)) prefixes.Remember("b", young, second);
        Assert.Equal((4, 2, 6), (prefixes.Idle, pool.Free, pool.Available));

        using var third = Grown(pool, 3 * PageTokens); // one page more than is free
        using CachedSequence again = new(pool), fourth = new(pool);
        Assert.Equal(16, prefixes.Adopt("a", old, again)); // the last page went, not one that another follows
        Assert.Equal((2, 2), (prefixes.Idle, prefixes.Owners));
        Assert.False(fourth.TryGrow(3 * PageTokens)); // what is read stays
        Assert.True(fourth.TryGrow(2 * PageTokens));
        Assert.Equal((0, 1, 1), (prefixes.Idle, prefixes.Owners, prefixes.Pages));
        Assert.False(third.TryGrow(1));
    }

    [Fact]
    public void What_a_fork_reads_is_remembered_when_it_is_one_sequences_alone()
    {
        using var pool = SmallPool(16);
        using var prefixes = new PrefixCache(pool);
        int[] text = [.. Enumerable.Range(0, 48)];
        using var sequence = Grown(pool, 48);
        var fork = sequence.Fork(20);
        prefixes.Remember("me", text, sequence);
        Assert.Equal(0, prefixes.Pages);
        fork.Dispose();
        prefixes.Remember("me", text, sequence);
        Assert.Equal(3, prefixes.Pages);
        using var second = sequence.Fork(48); // of what is remembered
        prefixes.Remember("me", text, second);
        sequence.Dispose();
        Assert.Equal((3, 0), (prefixes.Pages, prefixes.Idle));
        second.Truncate(20);
        Assert.True(second.TryGrow(1)); // its own copy of the second page
        Assert.Equal((3, 2, 12), (prefixes.Pages, prefixes.Idle, pool.Free));
    }

    // A model of all there is: which pages each sequence reads, and which text of which owner each remembered page holds.
    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Random_operations_lose_no_page_and_mix_no_texts(int seed)
    {
        const int pages = 24;
        var random = new Random(seed);
        using var pool = SmallPool(pages);
        using var prefixes = new PrefixCache(pool);
        var live = new List<(string Owner, List<int> Text, CachedSequence Sequence)>();
        var written = new Dictionary<int, (string Owner, int[] Text)>(); // what a page held when its last token was written
        var (adopted, refused) = (0, 0);
        for (var operation = 0; operation < 20_000; operation++)
        {
            var at = live.Count == 0 ? -1 : random.Next(live.Count);
            switch (random.Next(8))
            {
                case 0 or 1 when live.Count < 8:
                    live.Add(($"owner {random.Next(3)}", [.. Enumerable.Repeat(random.Next(2), random.Next(1, 80))], new(pool)));
                    var (owner, text, sequence) = live[^1];
                    for (var i = random.Next(100); i < text.Count; i += random.Next(1, 60)) text[i] = random.Next(3);
                    var length = prefixes.Adopt(owner, [.. text], sequence);
                    Assert.True(length < text.Count && length % PageTokens == 0);
                    if (length > 0) adopted++;
                    for (var i = 0; i < sequence.Pages; i++)
                    {
                        var page = written[sequence.PageAt(i)];
                        Assert.Equal(owner, page.Owner);
                        Assert.Equal(text[..((i + 1) * PageTokens)], page.Text);
                    }

                    break;
                case 2 or 3 when at >= 0:
                    var (grower, toGrow) = (live[at].Sequence, random.Next(1, 40));
                    while (live[at].Text.Count < grower.Length + toGrow)
                        live[at].Text.Add(random.Next(50) == 0 ? 2 : live[at].Text.FirstOrDefault());
                    var before = (grower.Length, grower.Pages, pool.Available);
                    if (!grower.TryGrow(toGrow))
                    {
                        refused++;
                        Assert.Equal(before, (grower.Length, grower.Pages, pool.Available));
                        break;
                    }

                    for (var i = before.Length / PageTokens; i < grower.Length / PageTokens; i++)
                        written[grower.PageAt(i)] = (live[at].Owner, [.. live[at].Text.Take((i + 1) * PageTokens)]);
                    break;
                case 4 or 5 when at >= 0:
                    prefixes.Remember(live[at].Owner, [.. live[at].Text], live[at].Sequence);
                    break;
                case 6 when at >= 0 && random.Next(3) == 0:
                    var kept = random.Next(live[at].Sequence.Length + 1);
                    live[at].Sequence.Truncate(kept);
                    live[at].Text.RemoveRange(kept, live[at].Text.Count - kept);
                    break;
                case 6 when at >= 0 && live.Count < 8:
                    var shared = random.Next(live[at].Sequence.Length + 1);
                    live.Add((live[at].Owner, live[at].Text[..shared], live[at].Sequence.Fork(shared)));
                    break;
                case 7 when at >= 0:
                    live[at].Sequence.Dispose();
                    live.RemoveAt(at);
                    break;
            }

            var read = live.SelectMany(one => Enumerable.Range(0, one.Sequence.Pages).Select(one.Sequence.PageAt)).ToHashSet();
            Assert.Equal(pages, pool.Free + prefixes.Idle + read.Count);
        }

        foreach (var (_, _, sequence) in live) sequence.Dispose();
        Assert.Equal((pages, prefixes.Pages), (pool.Available, prefixes.Idle));
        using (var all = Grown(pool, pages * PageTokens)) Assert.Equal((0, 0), (prefixes.Pages, prefixes.Owners));
        Assert.Equal(pages, pool.Free);
        TestContext.Current.TestOutputHelper!.WriteLine($"{adopted} sequences were given pages, {refused} had to wait.");
        Assert.True(adopted > 300 && refused > 300);
    }

    private static PagePool SmallPool(int pages) => new(new CacheShape(1, 1, 4, 4), CacheFormat.F32, pages);

    private static CachedSequence Grown(PagePool pool, int length)
    {
        var sequence = new CachedSequence(pool);
        Assert.True(sequence.TryGrow(length));
        return sequence;
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
