using System.Numerics;
using System.Runtime.InteropServices;

namespace Jtfa.Core;

/// <summary>
/// The gate and the linear head. Token i of m scores s_i = w·z_i + γ·ln(quality_i); attention a = softmax(β·s); fused
/// z* = Σ a_i·z_i; logits = W·z* + b; pred = argmax. w of ones, γ = 0 and β = 1 is what the published JTFA scripts do. Immutable;
/// fusing and deciding allocate nothing.
/// </summary>
public sealed class FusionHead
{
    private readonly float[] _weights;
    private readonly float[] _bias;
    private readonly float[] _gate;
    private readonly double _gamma;

    /// <summary>A head and its gate.</summary>
    /// <param name="weights">W, classes × dimension, row-major.</param>
    /// <param name="classes">Classes, 1 or more.</param>
    /// <param name="dimension">Token dimension d, 1 … <see cref="TokenPacket.MaxDimension"/>.</param>
    /// <param name="bias">b, one a class.</param>
    /// <param name="gate">w, d elements; null for ones.</param>
    /// <param name="gamma">γ: how much quality weighs.</param>
    /// <param name="beta">β: the softmax's inverse temperature.</param>
    /// <param name="maxNorm">The longest token that it was trained for, with a margin; above 0.</param>
    /// <exception cref="ArgumentException">A length contradicts classes or dimension, or a number is not finite.</exception>
    public FusionHead(float[] weights, int classes, int dimension, float[] bias, float[]? gate = null, double gamma = 0, double beta = 1,
        double maxNorm = double.PositiveInfinity)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(bias);
        if (classes < 1) throw new ArgumentException($"classes={classes}: allowed is 1 or more.", nameof(classes));
        if (dimension is < 1 or > TokenPacket.MaxDimension)
            throw new ArgumentException($"dimension={dimension}: allowed is 1 … {TokenPacket.MaxDimension}.", nameof(dimension));
        if (weights.Length != (long)classes * dimension)
            throw new ArgumentException($"W has {weights.Length} elements: expected {classes} × {dimension}.", nameof(weights));
        if (bias.Length != classes) throw new ArgumentException($"b has {bias.Length} elements: expected {classes}.", nameof(bias));
        if (gate is not null && gate.Length != dimension)
            throw new ArgumentException($"w has {gate.Length} elements: expected {dimension}.", nameof(gate));
        (Classes, Dimension, _gamma, Beta) = (classes, dimension, gamma, beta);
        _weights = [.. weights];
        _bias = [.. bias];
        _gate = gate is null ? [.. Enumerable.Repeat(1f, dimension)] : [.. gate];
        if (!(_weights.All(float.IsFinite) && _bias.All(float.IsFinite) && _gate.All(float.IsFinite)
            && double.IsFinite(gamma) && double.IsFinite(beta)))
            throw new ArgumentException("W, b, w, gamma and beta must be finite.");
        if (!(maxNorm > 0)) throw new ArgumentException($"max_norm={maxNorm}: allowed is above 0.", nameof(maxNorm));
        MaxNorm = maxNorm;
    }

    /// <summary>Token dimension d.</summary>
    public int Dimension { get; }

    /// <summary>Classes of the head.</summary>
    public int Classes { get; }

    /// <summary>β: the softmax's inverse temperature, where the scene's policy sets none.</summary>
    public double Beta { get; }

    /// <summary>The Euclidean norm that no honest token exceeds; infinite where the head states none.</summary>
    public double MaxNorm { get; }

    /// <summary>
    /// Reads a head: arrays W (classes, d) and b (classes,), and where present w (d,), gamma, beta and max_norm (scalars).
    /// </summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">An array is missing or misshapen; the message names file, array and shape.</exception>
    public static FusionHead Load(string npzPath)
    {
        var file = new HeadFile(npzPath);
        var (weights, classes, dimension) = file.Matrix("W", $"(classes, d) with d up to {TokenPacket.MaxDimension}");
        var bias = file.Vector("b", classes) ?? throw file.Missing("b", $"({classes},)");
        var gate = file.Vector("w", dimension);
        var (gamma, beta) = (file.Scalar("gamma") ?? 0, file.Scalar("beta") ?? 1);
        var maxNorm = file.Scalar("max_norm") ?? double.PositiveInfinity;
        try
        {
            return new FusionHead(weights, classes, dimension, bias, gate, gamma, beta, maxNorm);
        }
        catch (ArgumentException fault)
        {
            throw new InvalidDataException($"{npzPath}: {fault.Message}", fault);
        }
    }

    /// <summary>Weighs and fuses the tokens of a window.</summary>
    /// <param name="tokens">m × d, row-major, finite.</param>
    /// <param name="qualities">m, each in (0, 1].</param>
    /// <param name="beta">β of this window, finite; 0 weighs all tokens alike.</param>
    /// <param name="attention">Takes m weights, which add up to 1.</param>
    /// <param name="fused">Takes d elements.</param>
    /// <exception cref="ArgumentException">m is 0, a length is wrong, or a quality is not in (0, 1].</exception>
    public void Fuse(ReadOnlySpan<float> tokens, ReadOnlySpan<float> qualities, double beta, Span<float> attention, Span<float> fused)
    {
        var m = qualities.Length;
        if (m == 0 || tokens.Length != m * Dimension || attention.Length != m || fused.Length != Dimension)
        {
            throw new ArgumentException($"{tokens.Length} token elements, {m} qualities, {attention.Length} attention weights and "
                + $"{fused.Length} fused elements do not fit d={Dimension}.");
        }
        Score(tokens, qualities, attention);
        Softmax(attention, beta);
        fused.Clear();
        for (var i = 0; i < m; i++) AddScaled(tokens.Slice(i * Dimension, Dimension), attention[i], fused);
    }

    /// <summary>Classifies a fused token.</summary>
    /// <param name="fused">d elements, finite.</param>
    /// <returns>The class with the largest logit, ties to the smaller, and its softmax probability.</returns>
    /// <exception cref="ArgumentException">The length is not d.</exception>
    public (int Pred, double Confidence) Decide(ReadOnlySpan<float> fused)
    {
        if (fused.Length != Dimension) throw new ArgumentException($"{fused.Length} elements: expected {Dimension}.", nameof(fused));
        var (pred, largest, others) = (0, Logit(0, fused), 0.0);

        // Softmax in one pass: others is the sum of exp(logit − largest) over all classes but pred.
        for (var k = 1; k < Classes; k++)
        {
            var logit = Logit(k, fused);
            if (logit > largest)
            {
                others = (others + 1) * Math.Exp(largest - logit);
                (pred, largest) = (k, logit);
            }
            else
            {
                others += Math.Exp(logit - largest);
            }
        }
        return (pred, 1 / (1 + others));
    }

    private double Logit(int k, ReadOnlySpan<float> fused) => Dot(_weights.AsSpan(k * Dimension, Dimension), fused) + (double)_bias[k];

    private void Score(ReadOnlySpan<float> tokens, ReadOnlySpan<float> qualities, Span<float> scores)
    {
        for (var i = 0; i < scores.Length; i++)
        {
            if (qualities[i] is not (> 0 and <= 1))
                throw new ArgumentException($"Quality {qualities[i]}: allowed is above 0 … 1.", nameof(qualities));
            var score = Dot(_gate, tokens.Slice(i * Dimension, Dimension)) + (_gamma * Math.Log(qualities[i]));
            scores[i] = (float)score;
        }
    }

    /// <summary>Scores to weights, in place. The largest exponent is subtracted so that no Exp overflows; it cancels out.</summary>
    private static void Softmax(Span<float> scores, double beta)
    {
        var largest = double.NegativeInfinity;
        foreach (var score in scores) largest = Math.Max(largest, beta * score);
        var sum = 0.0;
        foreach (ref var score in scores)
        {
            var weight = Math.Exp((beta * score) - largest);
            score = (float)weight;
            sum += weight;
        }
        foreach (ref var weight in scores) weight = (float)(weight / sum);
    }

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sums = Vector<float>.Zero;
        var wideA = MemoryMarshal.Cast<float, Vector<float>>(a);
        var wideB = MemoryMarshal.Cast<float, Vector<float>>(b);
        for (var i = 0; i < wideA.Length && i < wideB.Length; i++) sums += wideA[i] * wideB[i];
        var sum = Vector.Sum(sums);
        for (var i = wideA.Length * Vector<float>.Count; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    private static void AddScaled(ReadOnlySpan<float> token, float factor, Span<float> sum)
    {
        var wideToken = MemoryMarshal.Cast<float, Vector<float>>(token);
        var wideSum = MemoryMarshal.Cast<float, Vector<float>>(sum);
        for (var i = 0; i < wideSum.Length && i < wideToken.Length; i++) wideSum[i] += wideToken[i] * factor;
        for (var i = wideSum.Length * Vector<float>.Count; i < sum.Length; i++) sum[i] += token[i] * factor;
    }
}
