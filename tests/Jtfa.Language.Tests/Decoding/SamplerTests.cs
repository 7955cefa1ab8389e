using System.Diagnostics;
using Jtfa.Language.Decoding;

namespace Jtfa.Language.Tests.Decoding;

/// <summary>The sampler beside plain formulas over a whole sorted vocabulary, and what it promises of machines, memory and time.</summary>
public sealed class SamplerTests
{
    private static readonly SamplingOptions[] s_truncations =
    [
        new(), new() { Temperature = 0.3 }, new() { TopK = 5 }, new() { TopK = 40, TopP = 0.9, MinP = 0.05, Temperature = 0.8 },
        new() { TopP = 0.95 }, new() { TopP = 0.5, Temperature = 2 }, new() { TopP = 0 }, new() { MinP = 0.1 },
        new() { TopP = 0.99, MinP = 0.001, Temperature = 1.5 }, new() { TopK = 700 },
        new() { RepetitionPenalty = 1.3, FrequencyPenalty = 0.2, PresencePenalty = 0.5, PenaltyWindow = 20, TopK = 50 },
        new()
        {
            FrequencyPenalty = -0.5, PenaltyWindow = -1,
            LogitBias = new Dictionary<int, double> { [3] = 9, [7] = double.NegativeInfinity },
        },
    ];

    public static TheoryData<int> Truncations => [.. Enumerable.Range(0, s_truncations.Length)];

    [Theory, MemberData(nameof(Truncations))]
    public void A_distribution_is_what_the_plain_formulas_give(int which)
    {
        var options = s_truncations[which];
        const int vocabulary = 611;
        var random = new Random(1);
        foreach (var spread in new[] { 0.0, 0.02, 1, 4, 30 })
        {
            var sampler = new Sampler(options, vocabulary);
            var distribution = new Distribution(vocabulary);
            List<int> history = [];
            for (var step = 0; step < 60; step++)
            {
                float[] logits = [.. Enumerable.Range(0, vocabulary).Select(_ => (float)(spread * Normal(random)))];
                if (step % 7 == 0) logits[random.Next(vocabulary)] = float.NaN;
                var expected = Plain(options, logits, history);
                sampler.Process(logits, distribution);
                Assert.Equal(expected.Keys.Order(), distribution.Ids.ToArray().Where(id => distribution.Of(id) > 1e-300).Order());
                foreach (var (id, probability) in expected) Assert.Equal(probability, distribution.Of(id), 1e-9);
                var accepted = random.Next(40);
                sampler.Accept(accepted);
                history.Add(accepted);
            }
        }
    }

    [Fact]
    public void Rewinding_takes_back_what_was_accepted()
    {
        var options = new SamplingOptions { FrequencyPenalty = 1, PenaltyWindow = 8, Fsd = new() };
        Sampler straight = new(options, 50), detour = new(options, 50);
        var random = new Random(2);
        for (var step = 0; step < 3000; step++)
        {
            var wrong = random.Next(0, 12);
            for (var i = 0; i < wrong; i++) detour.Accept(random.Next(50));
            detour.Rewind(wrong);
            float[] logits = [.. Enumerable.Range(0, 50).Select(_ => (float)Normal(random))];
            var chosen = straight.Sample(logits);
            Assert.Equal(chosen, detour.Sample(logits));
            straight.Accept(chosen);
            detour.Accept(chosen);
        }
    }

    [Fact]
    public void Greedy_takes_the_lowest_of_equal_ids()
    {
        var sampler = new Sampler(new() { Temperature = 0 }, 20);
        var logits = new float[20];
        (logits[0], logits[11], logits[17]) = (float.NaN, 2, 2);
        Assert.Equal(11, sampler.Sample(logits));
        logits.AsSpan().Fill(float.NegativeInfinity);
        Assert.Throws<InvalidOperationException>(() => sampler.Sample(logits));
    }

    /// <summary>These ids were drawn once and have to be drawn for ever, on each kind of processor.</summary>
    [Fact]
    public void A_seed_gives_the_same_text_on_every_machine()
    {
        Assert.Equal("3,30,39,59,63,47,44,56,49,47", Drawn(new() { Seed = 42 }));
        Assert.Equal("33,45,20,3,24,56,30,59,55,57", Drawn(new() { Seed = 42, TopP = 0.9, Temperature = 0.7 }));
        var unnamed = new Sampler(new(), 10);
        Assert.Equal(Drawn(new() { Seed = unnamed.Seed }), Drawn(new() { Seed = unnamed.Seed }));

        static string Drawn(SamplingOptions options)
        {
            var (sampler, noise) = (new Sampler(options, 64), Xoshiro256.Seeded(7));
            return string.Join(',', Enumerable.Range(0, 10).Select(_ =>
            {
                float[] logits = [.. Enumerable.Range(0, 64).Select(_ => (float)(4 * noise.NextDouble()))];
                return sampler.Sample(logits);
            }));
        }
    }

    /// <summary>The first numbers of the authors' program from the state 1, 2, 3, 4.</summary>
    [Fact]
    public void Random_numbers_are_those_of_xoshiro()
    {
        var random = new Xoshiro256(1, 2, 3, 4);
        Assert.Equal([11520, 0, 1509978240, 1215971899390074240], Enumerable.Range(0, 4).Select(_ => (long)random.NextBits()));
    }

    [Fact]
    public void Exponentials_are_right_to_the_last_bits()
    {
        var random = new Random(3);
        for (var i = 0; i < 100_000; i++)
        {
            var x = -708 * Math.Pow(random.NextDouble(), 4);
            Assert.InRange(Exponentials.Of(x) / Math.Exp(x), 1 - 1e-15, 1 + 1e-15);
        }
        Assert.Equal(1, Exponentials.Of(0));
        Assert.Equal(0, Exponentials.Of(double.NegativeInfinity));
    }

    [Theory]
    [InlineData(0, 1, 0), InlineData(1, 1, 0), InlineData(1, 0.95, 0), InlineData(1, 0.95, 40), InlineData(0.7, 0.9, 2000)]
    public void A_step_over_150_000_text_tokens_allocates_nothing(double temperature, double topP, int topK)
    {
        const int vocabulary = 151_936;
        var options = new SamplingOptions
        {
            Temperature = temperature,
            TopP = topP,
            TopK = topK,
            FrequencyPenalty = 0.1,
            Seed = 5,
            LogitBias = new Dictionary<int, double> { [9] = -1 },
        };
        var sampler = new Sampler(options, vocabulary);
        var random = new Random(4);
        float[] logits = [.. Enumerable.Range(0, vocabulary).Select(_ => (float)(2.5 * Normal(random)))];
        logits[77] = 16;
        for (var i = 0; i < 300; i++) sampler.Accept(sampler.Sample(logits));
        const int steps = 50;
        var (before, milliseconds) = (GC.GetAllocatedBytesForCurrentThread(), double.PositiveInfinity);
        for (var i = 0; i < steps; i++)
        {
            var start = Stopwatch.GetTimestamp();
            sampler.Sample(logits);
            milliseconds = Math.Min(milliseconds, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        TestContext.Current.TestOutputHelper!.WriteLine($"{temperature} {topP} {topK}: {milliseconds:F3} ms, the best of {steps} steps");
        Assert.Equal(0, allocated);
        Assert.InRange(milliseconds, 0, 50);
    }

    [Fact]
    public void Log_probabilities_are_the_models_own()
    {
        var random = new Random(6);
        float[] logits = [.. Enumerable.Range(0, 500).Select(_ => (float)(3 * Normal(random)))];
        var total = Math.Log(logits.Sum(logit => Math.Exp(logit)));
        var top = new LogProbability[5];
        var chosen = new LogProbabilities(new SamplerBuffers(500)).Of(logits, 123, top);
        Assert.Equal(logits[123] - total, chosen.Value, 1e-9);
        Assert.Equal(Enumerable.Range(0, 500).OrderByDescending(id => logits[id]).Take(5), top.Select(one => one.Id));
        foreach (var one in top) Assert.Equal(logits[one.Id] - total, one.Value, 1e-9);
    }

    [Fact]
    public void Every_fault_of_options_is_named()
    {
        var options = new SamplingOptions
        {
            Temperature = -1,
            TopK = -2,
            TopP = 1.5,
            MinP = double.NaN,
            RepetitionPenalty = 0,
            PresencePenalty = 1000,
            FrequencyPenalty = -1000,
            PenaltyWindow = -5,
            LogitBias = new Dictionary<int, double> { [-1] = 0, [4] = double.NaN },
            Fsd = new() { Alpha = 2, Candidates = 0, Order = 0, Beta = -1 },
        };
        var faults = options.Faults().ToList();
        string[] names =
        [
            "Temperature=-1", "TopK=-2", "TopP=1.5", "MinP=NaN", "RepetitionPenalty=0", "PresencePenalty=1000", "FrequencyPenalty=-1000",
            "PenaltyWindow=-5", "LogitBias[-1]=0", "LogitBias[4]=NaN", "Fsd.Alpha=2", "Fsd.Candidates=0", "Fsd.Order=0", "Fsd.Beta=-1",
        ];
        Assert.Equal(names, faults.Select(fault => fault[..fault.IndexOf(':')]));
        Assert.Empty(new SamplingOptions { Fsd = new() }.Faults());
        Assert.Throws<ArgumentException>(() => new Sampler(new() { LogitBias = new Dictionary<int, double> { [10] = 1 } }, 10));
    }

    internal static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    // The documented steps, each over a sorted list.
    private static Dictionary<int, double> Plain(SamplingOptions options, float[] given, List<int> history)
    {
        var logits = given.Select(logit => float.IsNaN(logit) ? float.NegativeInfinity : logit).ToArray();
        foreach (var (id, bias) in options.LogitBias ?? new Dictionary<int, double>()) logits[id] += (float)bias;
        var window = options.PenaltyWindow < 0 ? history : history.TakeLast(options.PenaltyWindow);
        foreach (var group in window.GroupBy(id => id))
        {
            ref var logit = ref logits[group.Key];
            logit = logit > 0 ? logit / (float)options.RepetitionPenalty : logit * (float)options.RepetitionPenalty;
            logit -= (float)(group.Count() * options.FrequencyPenalty + options.PresencePenalty);
        }
        var left = Enumerable.Range(0, logits.Length).Where(id => !float.IsNegativeInfinity(logits[id]))
            .OrderByDescending(id => logits[id]).ThenBy(id => id).ToList();
        if (options.TopK > 0) left = [.. left.Take(options.TopK)];
        double max = logits[left[0]];
        var all = left.Sum(id => Math.Exp(logits[id] - max));
        if (options.TopP < 1)
        {
            var (sum, kept) = (0.0, 0);
            do sum += Math.Exp(logits[left[kept++]] - max);
            while (kept < left.Count && sum < options.TopP * all);
            left = [.. left.Take(kept)];
        }
        left.RemoveAll(id => Math.Exp(logits[id] - max) < options.MinP);
        var weights = left.ToDictionary(id => id, id => Math.Exp((logits[id] - max) / options.Temperature));
        var total = weights.Values.Sum();
        return weights.Where(pair => pair.Value > 1e-300).ToDictionary(pair => pair.Key, pair => pair.Value / total);
    }
}
