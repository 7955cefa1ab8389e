using Jtfa.Language.Evaluation;
using Jtfa.Language.Files;
using Jtfa.Language.Models;
using Jtfa.Language.Tests.Models;
using Jtfa.Language.Tests.Peer;
using Jtfa.Language.Tokenizers;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Tests.Evaluation;

/// <summary>How well a model foretells a text, beside llama.cpp's logits, and what formats cost.</summary>
public sealed class PerplexityTests : IDisposable
{
    private const string Folder = "JTFA_STORIES";
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Losses_are_those_of_llama_cpps_logits_window_by_window()
    {
        Ggml.Needed();
        RandomModel.Write(_path, "llama");
        var tokens = Tokens(150);
        using var model = LanguageModel.Load(_path, 2);
        var losses = Perplexity.Of(model, tokens, 70);

        var expected = new List<double>();
        foreach (var window in tokens.Chunk(70))
        {
            using var peer = new LlamaCpp(_path);
            var logits = peer.Run(window);
            for (var i = 1; i < window.Length; i++)
            {
                var largest = logits[i - 1].Max();
                expected.Add(largest + Math.Log(logits[i - 1].Sum(logit => Math.Exp(logit - largest))) - logits[i - 1][window[i]]);
            }
        }

        Assert.Equal(147, losses.Count);
        Assert.InRange(losses.Mean / expected.Average(), 1 - 1e-5, 1 + 1e-5);
        Assert.Equal(Math.Exp(losses.Mean), losses.Perplexity);
    }

    [Fact]
    public void A_format_costs_what_its_bits_say_and_single_precision_nothing()
    {
        RandomModel.Write(_path, "llama");
        int[] tokens;
        TextLosses asIs;
        using (var model = LanguageModel.Load(_path, 2))
        {
            tokens = WrittenText.By(model, 400);
            asIs = Perplexity.Of(model, tokens, 128);
        }

        double Ratio(string format) => FormatTrial.Of(
            _path, WeightFormat.Find(format)!, 2, inexact => Perplexity.Of(inexact, tokens, 128)).RatioTo(asIs);
        Assert.Equal(1, Ratio("F32"));

        // Rows have 64 and 96 numbers, blocks up to 256.
        double[] ratios = [Ratio("Q8_0"), Ratio("Q4_K"), Ratio("Q3H"), Ratio("Q3_B64")];
        TestContext.Current.TestOutputHelper!.WriteLine(string.Join(", ", ratios));
        Assert.Equal(ratios.Order(), ratios);
        Assert.InRange(ratios[0], 0.98, 1.02);
        Assert.True(ratios[^1] > 1.01);
    }

    [Fact]
    public void Intervals_hold_the_truth_and_a_ratios_is_narrower()
    {
        var random = new Random(1);
        var held = 0;
        for (var text = 0; text < 200; text++)
        {
            // Neighbours depend on each other; the mean is 2.
            var (state, values) = (0.0, new double[3000]);
            foreach (ref var value in values.AsSpan()) value = 2 + (state = (0.9 * state) + random.NextDouble() - 0.5);
            if (new TextLosses(values).Interval() is { } interval && interval.Low <= Math.Exp(2) && interval.High >= Math.Exp(2)) held++;
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{held} of 200");
        Assert.InRange(held, 172, 199); // of blocks of a few lengths of the dependence, somewhat less than 95 %

        double[] losses = [.. Enumerable.Range(0, 1000).Select(_ => 3 * random.NextDouble())];
        var (one, other) = (new TextLosses(losses), new TextLosses([.. losses.Select(loss => 1.1 * loss)]));
        var (own, ratio) = (one.Interval()!.Value, other.IntervalOfRatioTo(one)!.Value);
        Assert.InRange(ratio.High - ratio.Low, 1e-6, (own.High - own.Low) / 5);
        Assert.Equal(own, new TextLosses(losses).Interval());
        Assert.Null(new TextLosses(losses[..100]).Interval());
    }

    [Fact]
    public void Published_weights_lose_as_much_as_with_Inferflow()
    {
        var folder = Environment.GetEnvironmentVariable(Folder);
        Assert.SkipWhen(folder is null, $"Needs {Folder}: a folder of stories260K-f32.gguf and of ppl.txt.");
        var (path, text) = (Path.Combine(folder!, "stories260K-f32.gguf"), File.ReadAllText(Path.Combine(folder!, "ppl.txt")));
        int[] tokens;
        using (var file = GgufFile.Open(path)) tokens = Perplexity.Tokens(Tokenizer.Load(file), text);
        using var model = LanguageModel.Load(path, 2);
        var asIs = Perplexity.Of(model, tokens, Perplexity.UsualWindow);
        foreach (var (format, ratio) in new[] { ("Q3H_B64", 1.364), ("Q3_B32", 1.659) })
        {
            var ours = FormatTrial.Of(
                path, WeightFormat.Find(format)!, 2, inexact => Perplexity.Of(inexact, tokens, Perplexity.UsualWindow)).RatioTo(asIs);
            TestContext.Current.TestOutputHelper!.WriteLine($"{format}: {ours:F4}, Inferflow {ratio}");
            Assert.InRange(ours / ratio, 0.99, 1.01);
        }
    }

    private static int[] Tokens(int count) => [1, .. Enumerable.Range(0, count - 1).Select(i => 3 + (i * 97 % 297))];
}
