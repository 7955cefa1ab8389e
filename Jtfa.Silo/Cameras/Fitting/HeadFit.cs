namespace Jtfa.Silo.Cameras.Fitting;

/// <summary>
/// Fits gate and head together: multinomial logistic regression on fused tokens, logits = W·Σ aᵢzᵢ + b with a = softmax(w·zᵢ). Each row
/// keeps a random subset of its views, every count as likely, so that one head serves every K; every class weighs the same. Adam (Kingma
/// and Ba, 2015) with the rate falling along a cosine; models/training/fusion.py does the same. The gate starts at 0: the plain mean.
/// </summary>
public sealed class HeadFit
{
    private const int Steps = 1500;
    private const int Batch = 128;
    private const double Rate = 1e-2;
    private const double Decay = 1e-3; // of W: where classes are far apart, confidence would else grow with the steps alone
    private const float NormMargin = 2;

    private readonly IReadOnlyList<FusedSamples> _classes;
    private readonly int _dimension;
    private readonly double _spread;
    private readonly Random _random;
    private readonly double[] _parameters; // W, b, w, one after another
    private readonly double[] _gradient;

    private HeadFit(IReadOnlyList<FusedSamples> classes, int dimension, int seed)
    {
        (_classes, _dimension, _random) = (classes, dimension, new Random(seed));
        _spread = Spread(classes);
        _parameters = new double[((_classes.Count + 1) * dimension) + _classes.Count];
        _gradient = new double[_parameters.Length];
    }

    private int BiasAt => _classes.Count * _dimension;

    private int GateAt => BiasAt + _classes.Count;

    /// <summary>Fits a head.</summary>
    /// <param name="classes">The samples of each class, one or more of each.</param>
    /// <param name="dimension">d, the tokens' length.</param>
    /// <param name="seed">The same samples and seed give the same head.</param>
    public static HeadWeights Fit(IReadOnlyList<FusedSamples> classes, int dimension, int seed)
    {
        var fit = new HeadFit(classes, dimension, seed);
        fit.Descend();
        var longest = classes.SelectMany(samples => samples.Tokens).SelectMany(view => view).Max(Norm);
        return new HeadWeights(
            fit.Scaled(0, fit.BiasAt), [.. fit._parameters[fit.BiasAt..fit.GateAt].Select(value => (float)value)],
            fit.Scaled(fit.GateAt, dimension), Math.Max(NormMargin * longest, float.Epsilon));
    }

    // Weights of tokens as they are, from those of tokens of the size 1.
    private float[] Scaled(int at, int count) => [.. _parameters.AsSpan(at, count).ToArray().Select(value => (float)(value / _spread))];

    // One learning rate then serves tokens of any size.
    private static double Spread(IReadOnlyList<FusedSamples> classes)
    {
        double[] values = [.. classes.SelectMany(samples => samples.Tokens).SelectMany(view => view).SelectMany(token => token)
            .Select(value => (double)value)];
        var mean = values.Average();
        var spread = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        return spread > 0 ? spread : 1;
    }

    private void Descend()
    {
        const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;
        var (first, second) = (new double[_parameters.Length], new double[_parameters.Length]);
        for (var step = 1; step <= Steps; step++)
        {
            Array.Clear(_gradient);
            for (var row = 0; row < Batch; row++) AddRow();
            for (var i = 0; i < BiasAt; i++) _gradient[i] += Decay * _parameters[i];
            var rate = Rate * (1 + Math.Cos(Math.PI * step / Steps)) / 2;
            var (correct1, correct2) = (1 - Math.Pow(Beta1, step), 1 - Math.Pow(Beta2, step));
            for (var i = 0; i < _parameters.Length; i++)
            {
                first[i] = (Beta1 * first[i]) + ((1 - Beta1) * _gradient[i]);
                second[i] = (Beta2 * second[i]) + ((1 - Beta2) * _gradient[i] * _gradient[i]);
                _parameters[i] -= rate * (first[i] / correct1) / (Math.Sqrt(second[i] / correct2) + Epsilon);
            }
        }
    }

    private void AddRow()
    {
        var label = _random.Next(_classes.Count);
        var samples = _classes[label];
        var tokens = samples.At(_random.Next(samples.Moments.Count), _random).ToArray();
        _random.Shuffle(tokens);
        AddGradient(label, tokens.AsSpan(0, _random.Next(1, tokens.Length + 1)));
    }

    private void AddGradient(int label, ReadOnlySpan<float[]> tokens)
    {
        var d = _dimension;
        var gate = _parameters.AsSpan(GateAt);
        var attention = new double[tokens.Length];
        for (var i = 0; i < tokens.Length; i++) attention[i] = Dot(gate, tokens[i]) / _spread;
        Softmax(attention);
        var fused = new double[d];
        for (var i = 0; i < tokens.Length; i++)
            for (var k = 0; k < d; k++) fused[k] += attention[i] * tokens[i][k] / _spread;

        var errors = new double[_classes.Count];
        for (var c = 0; c < errors.Length; c++)
        {
            errors[c] = _parameters[BiasAt + c];
            for (var k = 0; k < d; k++) errors[c] += _parameters[(c * d) + k] * fused[k];
        }

        Softmax(errors);
        errors[label] -= 1;

        var ofFused = new double[d];
        for (var c = 0; c < errors.Length; c++)
        {
            var error = errors[c] / Batch;
            _gradient[BiasAt + c] += error;
            for (var k = 0; k < d; k++)
            {
                _gradient[(c * d) + k] += error * fused[k];
                ofFused[k] += error * _parameters[(c * d) + k];
            }
        }

        // ∂z*/∂sᵢ = aᵢ(zᵢ − z*)
        for (var i = 0; i < tokens.Length; i++)
        {
            var ofScore = 0.0;
            for (var k = 0; k < d; k++) ofScore += ofFused[k] * ((tokens[i][k] / _spread) - fused[k]);
            for (var k = 0; k < d; k++) _gradient[GateAt + k] += attention[i] * ofScore * tokens[i][k] / _spread;
        }
    }

    private static double Dot(ReadOnlySpan<double> weights, float[] token)
    {
        var sum = 0.0;
        for (var k = 0; k < token.Length; k++) sum += weights[k] * token[k];
        return sum;
    }

    private static float Norm(float[] token) => (float)Math.Sqrt(token.Sum(value => (double)value * value));

    private static void Softmax(double[] values)
    {
        var largest = values.Max();
        var sum = 0.0;
        for (var i = 0; i < values.Length; i++) sum += values[i] = Math.Exp(values[i] - largest);
        for (var i = 0; i < values.Length; i++) values[i] /= sum;
    }
}
