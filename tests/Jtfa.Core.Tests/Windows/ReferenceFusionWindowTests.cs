namespace Jtfa.Core.Tests.Windows;

/// <summary>
/// The published fusions again, through the whole window: tokens quantised as a camera sends them, fused as the window does.
/// </summary>
public class ReferenceFusionWindowTests
{
    public static TheoryData<int> Indices { get; } = new(Enumerable.Range(0, ReferenceVectors.Fusions.Length));

    [Theory, MemberData(nameof(Indices))]
    public void A_window_of_plain_tokens_fuses_to_the_published_vector_but_for_quantisation(int index)
    {
        var reference = ReferenceVectors.Fusions[index];
        var tokens = reference.Tokens.Select(Encode).ToArray();
        var decoded = tokens.Select(NaiveFusion.Decode).ToArray();
        var tolerance = ToleranceOf(reference, decoded);

        for (var element = 0; element < reference.Fused.Length; element++)
        {
            var value = FusedElement(tokens, reference, element);
            Assert.InRange(value, reference.Fused[element] - tolerance, reference.Fused[element] + tolerance);
        }
    }

    [Theory, MemberData(nameof(Indices))]
    public void A_window_fuses_what_was_sent_as_the_definition_does(int index)
    {
        var reference = ReferenceVectors.Fusions[index];
        var tokens = reference.Tokens.Select(Encode).ToArray();
        var decoded = tokens.Select(NaiveFusion.Decode).ToArray();
        var fused = NaiveFusion.Fuse(decoded, [.. decoded.Select(vector => Score(reference, vector))], reference.Beta);

        for (var element = 0; element < fused.Length; element++)
            Assert.Equal(fused[element], FusedElement(tokens, reference, element), 2e-5 * Math.Max(1, reference.Beta));
    }

    private static WindowToken Encode(float[] vector, int view)
    {
        var values = new sbyte[vector.Length];
        var scale = TokenCodec.Encode(vector, TokenEncoding.Plain, 0, values);
        return new WindowToken(
            new TokenHeader { View = view, Scale = scale, Quality = 1, Label = -1, Encoding = TokenEncoding.Plain }, values);
    }

    // A window gives a class and its probability, not z*. With logits z*[element] and 0, these two give the element back.
    private static double FusedElement(WindowToken[] tokens, ReferenceFusion reference, int element)
    {
        var dimension = reference.Fused.Length;
        var weights = new float[2 * dimension];
        weights[element] = 1;
        var head = new FusionHead(weights, 2, dimension, [0, 0], reference.W);
        var window = new FusionWindow(tokens.Length, tokens.Length, dimension);
        foreach (var token in tokens) window.Add(token.Header, token.Values);
        var fired = window.Fire(FireCause.K, 1, head, reference.Beta);
        return Math.Log(fired.Confidence / (1 - fired.Confidence)) * (fired.Pred == 0 ? 1 : -1);
    }

    // Quantisation moves each vector, and by its score the weights: all of them by a factor within e^±(β·(largest − smallest move)).
    private static double ToleranceOf(ReferenceFusion reference, double[][] decoded)
    {
        var original = reference.Tokens.Select(token => token.Select(value => (double)value).ToArray()).ToArray();
        var moved = original.Zip(decoded, (z, sent) => z.Zip(sent, (a, b) => Math.Abs(a - b)).Max()).Max();
        var scores = original.Zip(decoded, (z, sent) => Score(reference, sent) - Score(reference, z)).ToArray();
        var factor = Math.Exp(Math.Abs(reference.Beta) * (scores.Max() - scores.Min())) - 1;
        var largest = original.Max(z => z.Max(Math.Abs));
        return moved + (factor * largest) + 1e-4;
    }

    private static double Score(ReferenceFusion reference, double[] vector) => vector.Select((value, j) => value * reference.W[j]).Sum();
}
