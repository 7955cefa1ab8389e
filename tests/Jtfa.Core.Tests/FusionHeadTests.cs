namespace Jtfa.Core.Tests;

public class FusionHeadTests
{
    public static TheoryData<int> Indices { get; } = new(Enumerable.Range(0, ReferenceVectors.Fusions.Length));

    [Theory, MemberData(nameof(Indices))]
    public void Fusion_gives_the_published_weights_and_token(int index)
    {
        var reference = ReferenceVectors.Fusions[index];
        var d = reference.W.Length;
        var head = new FusionHead(new float[d], 1, d, [0], reference.W);

        var (attention, fused) = Fuse(head, reference.Tokens, reference.Beta);

        for (var i = 0; i < attention.Length; i++) Assert.Equal(reference.Weights[i], attention[i], 1e-5);
        for (var k = 0; k < d; k++) Assert.Equal(reference.Fused[k], fused[k], 1e-5);
    }

    [Fact]
    public void The_references_use_every_beta_and_number_of_tokens() =>
        Assert.Equal(15, ReferenceVectors.Fusions.Select(fusion => (fusion.Beta, fusion.Tokens.Length)).Distinct().Count());

    [Fact]
    public void Without_a_gate_the_scores_are_sums()
    {
        float[][] tokens = [[1, 2, 3, 4, 5], [-1, 0, 0.5f, 1, 2]];
        var plain = new FusionHead(new float[5], 1, 5, [0]);
        var ones = new FusionHead(new float[5], 1, 5, [0], [1, 1, 1, 1, 1], gamma: 0, beta: 1);

        Assert.Equal(Fuse(ones, tokens, 0.1).Attention, Fuse(plain, tokens, 0.1).Attention);
        Assert.Equal(1, plain.Beta);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(33)]
    public void The_formula_holds_for_any_dimension_gate_and_quality(int d)
    {
        var random = new Random(d);
        float[] Draw(int length) => [.. Enumerable.Range(0, length).Select(_ => (random.NextSingle() * 2) - 1)];
        var (weights, bias, gate, gamma, beta) = (Draw(5 * d), Draw(5), Draw(d), 0.7, 1.3);
        float[][] tokens = [Draw(d), Draw(d), Draw(d), Draw(d)];
        float[] qualities = [1, 0.5f, 0.01f, 0.9f];
        var head = new FusionHead(weights, 5, d, bias, gate, gamma, beta);

        var (attention, fused) = Fuse(head, tokens, head.Beta, qualities);
        var (pred, confidence) = head.Decide(fused);

        double Score(float[] token, int i) => token.Zip(gate, (z, w) => (double)z * w).Sum() + (gamma * Math.Log(qualities[i]));
        var scores = tokens.Select(Score).ToArray();
        var exponentials = scores.Select(score => Math.Exp(beta * score)).ToArray();
        var expected = exponentials.Select(exponential => exponential / exponentials.Sum()).ToArray();
        var expectedFused = Enumerable.Range(0, d).Select(k => tokens.Select((token, i) => expected[i] * token[k]).Sum()).ToArray();
        var logits = Enumerable.Range(0, 5).Select(c => bias[c] + expectedFused.Select((z, k) => z * weights[(c * d) + k]).Sum()).ToArray();
        for (var i = 0; i < 4; i++) Assert.Equal(expected[i], attention[i], 1e-6);
        for (var k = 0; k < d; k++) Assert.Equal(expectedFused[k], fused[k], 1e-6);
        Assert.Equal(Array.IndexOf(logits, logits.Max()), pred);
        Assert.Equal(Math.Exp(logits.Max()) / logits.Sum(Math.Exp), confidence, 1e-6);
    }

    [Fact]
    public void Large_scores_and_sharp_betas_overflow_nothing()
    {
        var head = new FusionHead(new float[2], 1, 2, [0]);
        Assert.Equal([1f, 0f], Fuse(head, [[1e20f, 1e20f], [-1e20f, 1e20f]], 1e6).Attention);
        Assert.Equal([0.5f, 0.5f], Fuse(head, [[1e20f, 1e20f], [1e20f, 1e20f]], 1e6).Attention);
        Assert.Equal([0f, 1f], Fuse(head, [[3, 3], [1, 1]], -1e6).Attention);
    }

    [Fact]
    public void One_token_is_fused_to_itself()
    {
        var head = new FusionHead(new float[3], 1, 3, [0], gamma: 2);
        var (attention, fused) = Fuse(head, [[1, -2, 3]], 5, [0.25f]);
        Assert.Equal([1f], attention);
        Assert.Equal([1f, -2f, 3f], fused);
    }

    [Fact]
    public void Quality_weighs_as_a_power()
    {
        var head = new FusionHead(new float[1], 1, 1, [0], gamma: 1);
        Assert.Equal(0.8, Fuse(head, [[1], [1]], 1, [1f, 0.25f]).Attention[0], 1e-6); // 1 : 0.25
    }

    [Fact]
    public void Equal_logits_go_to_the_smaller_class()
    {
        var head = new FusionHead([0, 1, 1, 1], 4, 1, [0, 0, 0, 0]);
        var (pred, confidence) = head.Decide([2]);
        Assert.Equal(1, pred);
        Assert.Equal(Math.Exp(2) / (1 + (3 * Math.Exp(2))), confidence, 1e-12);
    }

    [Fact]
    public void Confidence_stays_a_probability_for_extreme_logits()
    {
        var head = new FusionHead([1e10f, -1e10f, 1e10f], 3, 1, [0, 0, 0]);
        Assert.Equal((0, 0.5), head.Decide([1e20f]));
        Assert.Equal((1, 1.0), head.Decide([-1e20f]));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var head = new FusionHead(new float[6], 2, 3, [0, 0]);
        Assert.Throws<ArgumentException>(() => head.Fuse([], [], 1, [], new float[3]));
        Assert.Throws<ArgumentException>(() => head.Fuse(new float[5], [1, 1], 1, new float[2], new float[3]));
        Assert.Throws<ArgumentException>(() => head.Fuse(new float[6], [1, 1], 1, new float[1], new float[3]));
        Assert.Throws<ArgumentException>(() => head.Fuse(new float[6], [1, 1], 1, new float[2], new float[4]));
        foreach (var quality in new[] { 0, -1, 1.5f, float.NaN })
            Assert.Throws<ArgumentException>(() => head.Fuse(new float[6], [1, quality], 1, new float[2], new float[3]));
        Assert.Throws<ArgumentException>(() => head.Decide(new float[2]));
    }

    [Fact]
    public void A_head_that_contradicts_itself_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new FusionHead(new float[5], 2, 3, [0, 0]));
        Assert.Throws<ArgumentException>(() => new FusionHead(new float[6], 2, 3, [0]));
        Assert.Throws<ArgumentException>(() => new FusionHead(new float[6], 2, 3, [0, 0], [1, 1]));
        Assert.Throws<ArgumentException>(() => new FusionHead([], 0, 3, []));
        Assert.Throws<ArgumentException>(() => new FusionHead([], 2, 0, [0, 0]));
        Assert.Throws<ArgumentException>(() => new FusionHead(new float[1025], 1, 1025, [0]));
        Assert.Throws<ArgumentException>(() => new FusionHead([float.NaN], 1, 1, [0]));
        Assert.Throws<ArgumentException>(() => new FusionHead([1], 1, 1, [float.PositiveInfinity]));
        Assert.Throws<ArgumentException>(() => new FusionHead([1], 1, 1, [0], [float.NaN]));
        Assert.Throws<ArgumentException>(() => new FusionHead([1], 1, 1, [0], gamma: double.NaN));
        Assert.Throws<ArgumentException>(() => new FusionHead([1], 1, 1, [0], beta: double.PositiveInfinity));
    }

    [Fact]
    public void Fusing_and_deciding_allocate_nothing()
    {
        var head = new FusionHead(new float[160], 10, 16, new float[10]);
        var (tokens, qualities, attention, fused) = (new float[48], new float[] { 1, 1, 1 }, new float[3], new float[16]);
        Assert.Equal(0, Allocation.Of(() => head.Fuse(tokens, qualities, 1, attention, fused)));
        Assert.Equal(0, Allocation.Of(() => head.Decide(fused)));
    }

    private static (float[] Attention, float[] Fused) Fuse(FusionHead head, float[][] tokens, double beta, float[]? qualities = null)
    {
        var (attention, fused) = (new float[tokens.Length], new float[head.Dimension]);
        head.Fuse([.. tokens.SelectMany(token => token)], qualities ?? [.. tokens.Select(_ => 1f)], beta, attention, fused);
        return (attention, fused);
    }
}
