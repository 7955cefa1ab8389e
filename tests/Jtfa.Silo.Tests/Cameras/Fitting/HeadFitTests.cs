using Jtfa.Core;
using Jtfa.Silo.Cameras.Fitting;

namespace Jtfa.Silo.Tests.Cameras.Fitting;

/// <summary>The gate and head that <c>jtfa model fit</c> makes.</summary>
public sealed class HeadFitTests : IDisposable
{
    private const int Dimension = 6;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(2, 1, 1f)]
    [InlineData(5, 3, 1f)]
    [InlineData(4, 2, 1000f)] // tokens of any size
    [InlineData(4, 2, 0.001f)]
    public void Classes_far_apart_are_told_apart_by_every_subset_of_the_views(int classes, int views, float size)
    {
        IReadOnlyList<float[]> Tokens(int c, int view) =>
            Scaled(RandomVectors.Around((ulong)((c * 10) + view), 40, Axis(c, 2), 0.3f), size);
        FusedSamples[] samples = [.. Enumerable.Range(0, classes).Select(c =>
            RandomVectors.Together([.. Enumerable.Range(0, views).Select(view => Tokens(c, view))]))];
        var head = HeadFit.Fit(samples, Dimension, seed: 1).ToHead();
        foreach (var (label, one) in samples.Index())
        {
            for (var subset = 1; subset < 1 << views; subset++)
            {
                for (var row = 0; row < one.Moments.Count; row++)
                {
                    var present = Enumerable.Range(0, views).Where(view => (subset & (1 << view)) != 0);
                    Assert.Equal(label, Fuse(head, [.. present.Select(view => one.Tokens[view][row])]).Pred);
                }
            }
        }
    }

    [Fact]
    public void The_gate_learns_which_tokens_say_nothing()
    {
        // A camera that sees nothing gives tokens of noise; that it does shows in the last number.
        FusedSamples[] samples = [.. Enumerable.Range(0, 3).Select(c => RandomVectors.Together(
            RandomVectors.Around((ulong)c, 200, Axis(c, 1), 0.3f),
            RandomVectors.Around((ulong)(c + 50), 200, Axis(Dimension - 1, 2), 1.5f)))];
        var head = HeadFit.Fit(samples, Dimension, seed: 1).ToHead();
        var weights = samples.SelectMany(one => one.Tokens[0].Zip(one.Tokens[1], (seeing, blind) => Fuse(head, [seeing, blind]).Seeing));
        Assert.InRange(weights.Average(), 0.8, 1);
    }

    [Fact]
    public void A_view_may_miss_a_class_and_views_may_be_captured_apart()
    {
        var both = Enumerable.Range(0, 2).Select(c => new FusedSamples(
            [RandomVectors.Around((ulong)c, 30, Axis(c, 2), 0.3f), RandomVectors.Around((ulong)c + 9, 20, Axis(c, 2), 0.3f)],
            [.. Enumerable.Range(0, 30).Select(i => new[] { i, -1 }), .. Enumerable.Range(0, 20).Select(i => new[] { -1, i })]));
        var alone = new FusedSamples(
            [RandomVectors.Around(99, 25, Axis(2, 2), 0.3f), []], [.. Enumerable.Range(0, 25).Select(i => new[] { i, -1 })]);
        var head = HeadFit.Fit([.. both, alone], Dimension, seed: 1).ToHead();
        Assert.All(alone.Tokens[0], token => Assert.Equal(2, Fuse(head, [token]).Pred));

        // Of a moment that one view alone saw, the other's token is one of the class.
        var one = both.First();
        Assert.All(one.At(0, new Random(1)).Index(), token => Assert.Contains(token.Item, one.Tokens[token.Index]));
        Assert.Single(alone.At(0, new Random(1)));
    }

    [Fact]
    public void Each_class_weighs_the_same_however_often_it_was_captured()
    {
        // Two classes that overlap, one captured fifty times as often: by counts alone it would be decided for nearly always.
        FusedSamples[] samples =
        [
            RandomVectors.Together(RandomVectors.Around(1, 2000, Axis(0, 1), 1)),
            RandomVectors.Together(RandomVectors.Around(2, 40, Axis(1, 1), 1)),
        ];
        var head = HeadFit.Fit(samples, Dimension, seed: 1).ToHead();
        double Right(int label, ulong seed) =>
            RandomVectors.Around(seed, 2000, Axis(label, 1), 1).Average(token => Fuse(head, [token]).Pred == label ? 1.0 : 0.0);
        Assert.InRange(Right(0, 77) - Right(1, 78), -0.2, 0.2);
    }

    [Fact]
    public void A_seed_makes_the_same_file_again_and_the_file_is_the_head()
    {
        FusedSamples[] samples =
            [.. Enumerable.Range(0, 3).Select(c => RandomVectors.Together(RandomVectors.Around((ulong)c, 30, Axis(c, 2), 1)))];
        var fitted = HeadFit.Fit(samples, Dimension, seed: 5);
        fitted.Save(_folder["head.npz"]);
        HeadFit.Fit(samples, Dimension, seed: 5).Save(_folder["again.npz"]);
        Assert.Equal(File.ReadAllBytes(_folder["head.npz"]), File.ReadAllBytes(_folder["again.npz"]));

        var (made, read) = (fitted.ToHead(), FusionHead.Load(_folder["head.npz"]));
        Assert.Equal((made.Classes, made.Dimension, made.Beta, made.MaxNorm), (read.Classes, read.Dimension, read.Beta, read.MaxNorm));
        var longest = samples.SelectMany(one => one.Tokens[0]).Max(token => Math.Sqrt(token.Sum(value => (double)value * value)));
        Assert.Equal(2 * longest, read.MaxNorm, 1e-3);
        Assert.All(samples[1].Tokens[0], token => Assert.Equal(made.Decide(token), read.Decide(token)));
    }

    private static (int Pred, float Seeing) Fuse(FusionHead head, float[][] tokens)
    {
        var (attention, fused) = (new float[tokens.Length], new float[head.Dimension]);
        head.Fuse([.. tokens.SelectMany(token => token)], [.. tokens.Select(_ => 1f)], head.Beta, attention, fused);
        return (head.Decide(fused).Pred, attention[0]);
    }

    private static float[] Axis(int axis, float length) => [.. Enumerable.Range(0, Dimension).Select(i => i == axis ? length : 0)];

    private static IReadOnlyList<float[]> Scaled(IReadOnlyList<float[]> tokens, float factor) =>
        [.. tokens.Select(token => token.Select(value => value * factor).ToArray())];
}
