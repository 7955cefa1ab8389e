using System.Text;
using Jtfa.Language.Caches;
using Jtfa.Language.Decoding;
using Jtfa.Language.Files;
using Jtfa.Language.Generation;
using Jtfa.Language.Kernels;

namespace Jtfa.Language.Tests.Generation;

/// <summary>Texts of small random models, with drafts and without.</summary>
public sealed class GeneratorTests : IDisposable
{
    private static readonly GenerationOptions s_greedy = new() { Sampling = new() { Temperature = 0 }, MaxTokens = 120 };

    private readonly string _folder = Directory.CreateTempSubdirectory("jtfa-").FullName;
    private readonly Workers _workers = new(2);

    public void Dispose()
    {
        _workers.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory, InlineData("llama:gqa-linear"), InlineData("bloom"), InlineData("qwen3")]
    public void A_greedy_text_is_the_same_with_drafts(string kind)
    {
        using var model = Load(kind);
        using var draft = Load(kind, "Q4_0"); // what a smaller model would be: right often and not always
        var schema = JsonGrammar.Parse("""{ "type": "array", "items": { "enum": ["red", "green", "blue"] }, "minItems": 30 }""");
        foreach (var json in new[] { null, model.Masks(schema) })
        {
            foreach (var options in new[] { s_greedy, Fsd(), s_greedy with { Stop = ["d\",\"g"], MaxTokens = 300 } })
            {
                var expected = Run(model, null, options, json);
                foreach (var drafter in new IDrafter[] { new LookupDrafter(), new ModelDrafter(draft, CacheFormat.F32, 0) })
                {
                    var found = Run(model, drafter, options, json);
                    Assert.Equal(expected.Text, found.Text);
                    Assert.Equal(expected.Result.Tokens, found.Result.Tokens);
                    Assert.Equal(expected.Result.Finish, found.Result.Finish);
                    var figures = found.Result.Statistics;
                    Assert.InRange(figures.Accepted, 0, figures.Drafted);
                    Assert.True(figures.Passes + figures.Accepted + 1 >= figures.CompletionTokens, $"{figures}");
                    if (drafter is ModelDrafter) Assert.InRange(figures.Passes, 1, figures.CompletionTokens * 3 / 4);
                    (drafter as IDisposable)?.Dispose();
                }
            }
        }

        static GenerationOptions Fsd() => s_greedy with { Sampling = new() { Fsd = new() } };
    }

    /// <summary>
    /// Triples of text tokens, of which a draft proposes the last two, by Pearson's chi-square test at a false-alarm rate of 1e-6. Seeds
    /// are fixed: it always passes or always fails.
    /// </summary>
    [Theory, InlineData(false), InlineData(true)]
    public void A_drawn_text_has_the_same_distribution_with_drafts(bool isLookup)
    {
        const int runs = 6000;
        using var model = Load("llama");
        using var draft = Load("llama", "Q4_0");
        using var modelDrafter = new ModelDrafter(draft, CacheFormat.F32, 0);
        IDrafter drafter = isLookup ? new LookupDrafter() : modelDrafter;
        int[] allowed = [70, 80, 90]; // few, so that they repeat
        var sampling = new SamplingOptions
        {
            Temperature = 2,
            LogitBias = Enumerable.Range(0, 300).Except(allowed).ToDictionary(id => id, _ => double.NegativeInfinity),
        };
        int[] prompt = [1, 70, 80, 90, 70, 80, 90];
        var generator = new Generator(model, CacheFormat.F32, drafter);
        var observed = new Dictionary<(int, int, int), int>();
        var (drafted, accepted) = (0L, 0L);
        for (var run = 0; run < runs; run++)
        {
            var options = new GenerationOptions { Sampling = sampling with { Seed = (ulong)run }, MaxTokens = 4 };
            var result = generator.Run(prompt, options, _ => { });
            var triple = (result.Tokens[0], result.Tokens[1], result.Tokens[2]);
            observed[triple] = observed.GetValueOrDefault(triple) + 1;
            drafted += result.Statistics.Drafted;
            accepted += result.Statistics.Accepted;
        }

        var (statistic, cells) = (0.0, 0);
        foreach (var (triple, probability) in Triples(model, prompt, sampling))
        {
            cells++;
            statistic += Math.Pow(observed.GetValueOrDefault(triple) - (probability * runs), 2) / (probability * runs);
            observed.Remove(triple);
        }

        // Wilson and Hilferty 1931: the cube root of a chi-square over its degrees of freedom is near normal; 4.753 leaves 1e-6 above.
        var freedom = cells - 1;
        var bound = freedom * Math.Pow(1 - (2.0 / (9 * freedom)) + (4.753 * Math.Sqrt(2.0 / (9 * freedom))), 3);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"chi-square {statistic:F1} of {freedom}, bound {bound:F1}; {accepted} of {drafted} accepted");
        Assert.Empty(observed);
        Assert.InRange(statistic, 0, bound);
        Assert.InRange(drafted, runs / 50, long.MaxValue);
        Assert.InRange(accepted, drafted / 20, drafted * 19 / 20);
    }

    [Fact]
    public void A_text_ends_with_the_context_and_a_draft_may_be_shorter()
    {
        using var model = Load("gpt2"); // positions are learned, for 256 text tokens
        var prompt = Enumerable.Range(0, 250).Select(i => 5 + (i * 7 % 200)).ToArray();
        var open = s_greedy with { Sampling = new() { Temperature = 0, LogitBias = Endless } };
        foreach (var drafter in new IDrafter?[] { null, new LookupDrafter(), new ModelDrafter(model, CacheFormat.F32, 0) })
        {
            var result = new Generator(model, CacheFormat.F32, drafter).Run(prompt, open, _ => { });
            Assert.Equal((7, FinishReason.Length), (result.Tokens.Count, result.Finish));
            (drafter as IDisposable)?.Dispose();
        }

        var generator = new Generator(model);
        Assert.Contains("allowed is 1 … 256", Fault(new int[257]), StringComparison.Ordinal);
        Assert.Contains("allowed is 1 … 256", Fault([]), StringComparison.Ordinal);
        string Fault(int[] tokens) => Assert.Throws<ArgumentException>(() => generator.Run(tokens, open, _ => { })).Message;
    }

    [Fact]
    public void A_long_prompt_is_told_of_in_parts_and_may_be_stopped()
    {
        using var model = Load("llama", context: 4096);
        var prompt = Enumerable.Range(0, 1300).Select(i => 5 + (i * 7 % 200)).ToArray();
        List<long> seen = [];
        var told = new Told(progress => seen.Add(progress.Done));
        var result = new Generator(model).Run(prompt, s_greedy with { MaxTokens = 3 }, _ => { }, progress: told);
        Assert.Equal([512, 1024, 1300], seen);
        Assert.Equal((1300, 3), (result.Statistics.PromptTokens, result.Statistics.CompletionTokens));

        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => new Generator(model).Run(
            prompt, s_greedy, _ => { }, progress: new Told(_ => stop.Cancel()), cancellationToken: stop.Token));
    }

    [Fact]
    public void A_step_allocates_nothing_beside_the_text()
    {
        using var model = Load("llama", context: 4096);
        var options = new GenerationOptions
        {
            Sampling = new() { Temperature = 0.8, TopP = 0.9, Seed = 3, LogitBias = Endless },
            MaxTokens = 1500,
        };
        var (marks, steps) = (new long[2], 0);
        new Generator(model, CacheFormat.F32).Run([1], options, _ =>
        {
            steps++;
            if (steps == 1100) marks[0] = GC.GetAllocatedBytesForCurrentThread(); // lists have grown to 2,048 then
            if (steps == 1400) marks[1] = GC.GetAllocatedBytesForCurrentThread();
        });
        Assert.Equal(0, marks[1] - marks[0]);
    }

    [Fact]
    public void A_draft_of_another_vocabulary_and_an_encoder_are_refused()
    {
        using var model = Load("llama");
        var path = Path.Combine(_folder, "other.gguf");
        RandomModel.Write(path, "llama", vocabulary: 310);
        using var other = TextModel.Load(path, _workers);
        Assert.Matches(
            "other.gguf: it has 310 text tokens, and .*llama.* has 300",
            Assert.Throws<ModelFileException>(() => model.CheckDraft(other)).Message);
        model.CheckDraft(model);
        Assert.Contains(
            "'bert' is an encoder", Assert.Throws<ModelFileException>(() => Load("bert")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_drafts_gain_is_measured()
    {
        using var model = Load("llama");
        var generator = new Generator(model, CacheFormat.F32, new LookupDrafter()) { MeasuresPlainSteps = true };
        var result = generator.Run([1, 70], s_greedy, _ => { });
        var plain = new Generator(model, CacheFormat.F32).Run([1, 70], s_greedy, _ => { });
        Assert.Equal(plain.Tokens, result.Tokens);
        Assert.InRange(result.Statistics.SpeedUp!.Value, 0.01, 100);
        Assert.Null(plain.Statistics.SpeedUp);
        Assert.Equal(plain.Statistics.Passes, plain.Statistics.CompletionTokens - 1);
    }

    private sealed class Told(Action<WorkProgress> told) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => told(value);
    }

    // Neither an end nor bytes, which are no text where they come at random.
    private static Dictionary<int, double> Endless => Enumerable.Range(2, 257).ToDictionary(id => id, _ => double.NegativeInfinity);

    private TextModel Load(string kind, string type = "F32", int context = 256)
    {
        var path = Path.Combine(_folder, $"{kind.Replace(':', '-')}-{type}.gguf");
        RandomModel.Write(path, kind, type, context: context);
        return TextModel.Load(path, _workers);
    }

    private static (string Text, GeneratedText Result) Run(
        TextModel model, IDrafter? drafter, GenerationOptions options, JsonMasks? json)
    {
        var text = new StringBuilder();
        var generator = new Generator(model, CacheFormat.F32, drafter);
        var result = generator.Run([1, 70, 80, 90, 70, 80], options, piece => text.Append(piece), json);
        return (text.ToString(), result);
    }

    private static Dictionary<(int, int, int), double> Triples(TextModel model, int[] prompt, SamplingOptions sampling)
    {
        var triples = new Dictionary<(int, int, int), double>();
        using var sequence = new RunningSequence(model, CacheFormat.F32, prompt.Length + 3);
        sequence.Prefill(prompt.AsSpan(0, prompt.Length - 1), null, CancellationToken.None);
        var vocabulary = model.Tokenizer.VocabularySize;
        var sampler = new Sampler(sampling, vocabulary);
        foreach (var (first, p1) in After(prompt[^1], 0))
            foreach (var (second, p2) in After(first, 1))
                foreach (var (third, p3) in After(second, 2)) triples[(first, second, third)] = p1 * p2 * p3;
        return triples;

        (int Id, double Probability)[] After(int id, int place)
        {
            sequence.Truncate(prompt.Length - 1 + place);
            var distribution = new Distribution(vocabulary);
            sampler.Process(sequence.Append([id]), distribution);
            return [.. distribution.Ids.ToArray().Zip(distribution.Probabilities.ToArray()).Where(pair => pair.Second > 0)];
        }
    }
}
