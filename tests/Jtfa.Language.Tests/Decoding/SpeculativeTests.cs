using Jtfa.Language.Decoding;

namespace Jtfa.Language.Tests.Decoding;

/// <summary>Drafts change how fast a text comes and nothing else.</summary>
public sealed class SpeculativeTests
{
    private const int Vocabulary = 12;

    private static readonly SamplingOptions[] s_samplings =
    [
        new(), new() { Temperature = 0.6, TopP = 0.9 }, new() { TopK = 4, Temperature = 1.7 },
        new() { FrequencyPenalty = 1.5, MinP = 0.02 },
    ];

    public static TheoryData<int> Samplings => [.. Enumerable.Range(0, s_samplings.Length)];

    /// <summary>
    /// Pairs of text tokens (a place of the draft and what comes after it) by Pearson's chi-square test, at a false-alarm rate of 1e-6 for
    /// each of its 8 runs. The seed is fixed: it always passes or always fails.
    /// </summary>
    [Theory, MemberData(nameof(Samplings))]
    public void A_drafted_text_has_the_targets_distribution(int which)
    {
        var options = s_samplings[which];
        foreach (var isLookup in new[] { false, true })
        {
            const int runs = 60_000;
            var observed = new int[Vocabulary * Vocabulary];
            var verifier = new SpeculativeSampler(Vocabulary);
            SamplerBuffers buffers = new(Vocabulary);
            Distribution[] drafts = [new(Vocabulary), new(Vocabulary), new(Vocabulary)];
            for (var run = 0; run < runs; run++)
            {
                Sampler target = new(options with { Seed = (ulong)run }, Vocabulary, buffers);
                Sampler drafter = new(options with { Seed = (ulong)run + 1_000_000_000 }, Vocabulary, buffers);
                var text = Continue(target, drafter, isLookup ? [] : drafts, verifier, length: 2);
                observed[text[0] * Vocabulary + text[1]]++;
            }
            var (statistic, freedom, rare, rareSeen) = (0.0, -1, 0.0, 0);
            var expected = Pairs(options);
            for (var i = 0; i < expected.Length; i++)
            {
                if (expected[i] == 0) Assert.Equal(0, observed[i]);
                if (expected[i] * runs < 8)
                {
                    rare += expected[i] * runs;
                    rareSeen += observed[i];
                    continue;
                }
                freedom++;
                statistic += Math.Pow(observed[i] - expected[i] * runs, 2) / (expected[i] * runs);
            }
            if (rare >= 8)
            {
                freedom++;
                statistic += Math.Pow(rareSeen - rare, 2) / rare;
            }
            // Wilson and Hilferty 1931: the cube root of a chi-square over its degrees of freedom is near normal; 4.753 leaves 1e-6 above.
            var bound = freedom * Math.Pow(1 - 2.0 / (9 * freedom) + 4.753 * Math.Sqrt(2.0 / (9 * freedom)), 3);
            TestContext.Current.TestOutputHelper!.WriteLine(
                $"chi-square {statistic:F1} of {freedom}, bound {bound:F1}; accepted {100.0 * verifier.Accepted / verifier.Proposed:F0} %");
            Assert.InRange(statistic, 0, bound);
            Assert.InRange(verifier.Accepted, verifier.Proposed / 20, verifier.Proposed * 19 / 20);
        }
    }

    [Fact]
    public void A_draft_of_the_target_itself_is_accepted_whole()
    {
        var verifier = new SpeculativeSampler(Vocabulary);
        Distribution[] drafts = [new(Vocabulary), new(Vocabulary), new(Vocabulary)];
        var options = new SamplingOptions { TopP = 0.9, FrequencyPenalty = 0.3 };
        Sampler target = new(options, Vocabulary), drafter = new(options, Vocabulary);
        Continue(target, drafter, drafts, verifier, length: 400, draftIsTarget: true);
        Assert.Equal(verifier.Proposed, verifier.Accepted);
    }

    [Fact]
    public void A_text_without_chance_is_the_same_with_drafts()
    {
        foreach (var options in new[] { new SamplingOptions { Temperature = 0, FrequencyPenalty = 0.3 }, new() { Fsd = new() } })
        {
            var plain = new Sampler(options, Vocabulary);
            List<int> expected = [];
            for (var i = 0; i < 300; i++)
            {
                expected.Add(plain.Sample(Row(expected.Count == 0 ? 0 : expected[^1], isDraft: false)));
                plain.Accept(expected[^1]);
            }
            Distribution[] drafts = [new(Vocabulary), new(Vocabulary), new(Vocabulary)];
            var verifier = new SpeculativeSampler(Vocabulary);
            Assert.Equal(expected, Continue(new(options, Vocabulary), new(options, Vocabulary), drafts, verifier, length: 300));
            Assert.Equal(expected, Continue(new(options, Vocabulary), new(options, Vocabulary), [], verifier, length: 300));
            Assert.InRange(verifier.Accepted, 1, verifier.Proposed);
        }
    }

    [Fact]
    public void Nothing_is_taken_after_the_end_of_a_text()
    {
        var verifier = new SpeculativeSampler(4, id => id == 2);
        var target = new Sampler(new() { Temperature = 0 }, 4);
        var taken = new int[4];
        float[] logits = [0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0];
        Assert.Equal(2, verifier.Verify(target, logits, [1, 2, 3], [], taken));
        Assert.Equal([1, 2], taken[..2]);
    }

    [Fact]
    public void Look_up_proposes_what_followed_the_longest_end_last()
    {
        var random = new Random(9);
        var drafter = new NgramDrafter(longest: 4, shortest: 2);
        List<int> text = [];
        var (proposal, found) = (new int[6], 0);
        for (var step = 0; step < 3000; step++)
        {
            text.Add(random.Next(random.Next(1, 8)));
            drafter.Append(text[^1]);
            var expected = Plain(text);
            var length = drafter.Propose(proposal);
            Assert.Equal(expected, proposal[..length]);
            if (length > 0) found++;
        }
        Assert.InRange(found, 1000, 3000);

        static int[] Plain(List<int> text)
        {
            for (var length = Math.Min(4, text.Count); length >= 2; length--)
            {
                for (var start = text.Count - length - 1; start >= 0; start--)
                {
                    if (!text.Skip(start).Take(length).SequenceEqual(text.TakeLast(length))) continue;
                    List<int> extended = [.. text];
                    for (var i = 0; i < 6; i++) extended.Add(extended[start + length + i]);
                    return [.. extended.TakeLast(6)];
                }
            }
            return [];
        }
    }

    // Goes on as an engine does: three are drafted, all four rows of the target are there at once, what is not taken is forgotten.
    private static List<int> Continue(
        Sampler target, Sampler drafter, Distribution[] drafts, SpeculativeSampler verifier, int length, bool draftIsTarget = false)
    {
        List<int> text = [];
        var (logits, taken) = (new float[4 * Vocabulary], new int[4]);
        Span<int> proposed = stackalloc int[3];
        while (text.Count < length)
        {
            var last = text.Count == 0 ? 0 : text[^1];
            Row(last, isDraft: false).CopyTo(logits, 0);
            for (var i = 0; i < 3; i++)
            {
                if (drafts.Length == 0) proposed[i] = Array.IndexOf(s_rows[last], s_rows[last].Max());
                else
                {
                    drafter.Process(Row(last, isDraft: !draftIsTarget), drafts[i]);
                    proposed[i] = drafter.Draw(drafts[i]);
                }
                last = proposed[i];
                drafter.Accept(last);
                Row(last, isDraft: false).CopyTo(logits, (i + 1) * Vocabulary);
            }
            drafter.Rewind(3);
            var count = verifier.Verify(target, logits, proposed, drafts, taken);
            foreach (var id in taken.AsSpan(0, count))
            {
                drafter.Accept(id);
                text.Add(id);
            }
        }
        return text[..length];
    }

    private static double[] Pairs(SamplingOptions options)
    {
        var pairs = new double[Vocabulary * Vocabulary];
        Distribution first = new(Vocabulary), second = new(Vocabulary);
        var sampler = new Sampler(options, Vocabulary);
        sampler.Process(Row(0, isDraft: false), first);
        foreach (var id in first.Ids)
        {
            sampler.Accept(id);
            sampler.Process(Row(id, isDraft: false), second);
            foreach (var next in second.Ids) pairs[id * Vocabulary + next] = first.Of(id) * second.Of(next);
            sampler.Rewind(1);
        }
        return pairs;
    }

    private static readonly float[][] s_rows = [.. Enumerable.Range(0, 2 * Vocabulary).Select(row =>
    {
        var random = new Random(row % Vocabulary);
        var other = new Random(1000 + row);
        return Enumerable.Range(0, Vocabulary)
            .Select(id => (float)(1.3 * SamplerTests.Normal(random) + (row < Vocabulary ? 0 : SamplerTests.Normal(other)))
                + (id == (row + 1) % Vocabulary ? 1 : 0)).ToArray();
    })];

    private static float[] Row(int last, bool isDraft) => s_rows[(isDraft ? Vocabulary : 0) + last];
}
