using Jtfa.Language.Decoding;

namespace Jtfa.Language.Tests.Decoding;

/// <summary>FSD beside its formula, computed anew from the whole text.</summary>
public sealed class FsdTests
{
    [Theory, InlineData(1, 0.9), InlineData(2, 0.9), InlineData(3, 0.9), InlineData(5, 0.4)]
    public void Its_language_model_is_that_of_the_whole_text(int order, double beta)
    {
        var random = new Random(order);
        var model = new AntiLanguageModel(order, beta);
        List<int> text = [];
        for (var step = 0; step < 300; step++)
        {
            if (text.Count > 0 && random.Next(3) == 0)
            {
                model.RemoveLast();
                text.RemoveAt(text.Count - 1);
            }
            else
            {
                text.Add(random.Next(7));
                model.Append(text[^1]);
            }
            for (var id = 0; id < 8; id++) Assert.Equal(Plain(text, order, beta, id), model.Of(id), 1e-12);
        }
    }

    [Fact]
    public void A_text_that_greedy_repeats_for_ever_goes_on_elsewhere()
    {
        // The model wants 1 2 3 1 2 3 …, and anything else with a little less.
        static float[] Next(int last) => [.. Enumerable.Range(0, 10).Select(id => id == last % 3 + 1 ? 2f : 1.2f - 0.01f * id)];
        Assert.True(Repeats(new() { Temperature = 0 }));
        Assert.False(Repeats(new() { Fsd = new() }));

        static bool Repeats(SamplingOptions options)
        {
            var sampler = new Sampler(options, 10);
            List<int> text = [1];
            sampler.Accept(1);
            for (var i = 0; i < 60; i++)
            {
                text.Add(sampler.Sample(Next(text[^1])));
                sampler.Accept(text[^1]);
            }
            return text.Skip(30).Zip(text.Skip(33)).All(pair => pair.First == pair.Second);
        }
    }

    // Yang et al. 2023 with the t + 1 of their program.
    private static double Plain(List<int> text, int order, double beta, int id)
    {
        if (text.Count < order - 1 || text.Count == 0) return 0;
        var (score, rest) = (0.0, 1.0);
        for (var context = order - 1; context >= 0; context--)
        {
            var followers = Enumerable.Range(0, text.Count - context)
                .Where(i => text.Skip(i).Take(context).SequenceEqual(text.TakeLast(context))).Select(i => text[i + context]).ToList();
            var count = followers.Count(follower => follower == id);
            if (count == 0) continue;
            score += context == 0 ? rest * count / followers.Count : rest * beta * count / (followers.Count + 1);
            rest *= 1 - beta;
        }
        return score;
    }
}
