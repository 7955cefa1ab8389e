using System.Globalization;

namespace Jtfa.Language.Tests.Models;

/// <summary>
/// A transformer written as its formulas are, in double precision and without a cache, to compare with: nothing of it is the library's.
/// </summary>
internal sealed record PlainTransformer
{
    /// <summary>A tensor's numbers by its name; null where there is none.</summary>
    public required Func<string, float[]?> Tensor { get; init; }

    public required int Width { get; init; }

    public required int Inner { get; init; }

    public required int Blocks { get; init; }

    public required int Heads { get; init; }

    public required int Pairs { get; init; }

    /// <summary>Whether norms take the mean out, else they are by the root of the mean square.</summary>
    public bool IsLayerNorm { get; init; }

    /// <summary>The slopes of ALiBi; null for rotary positions of neighbouring pairs.</summary>
    public double[]? Slopes { get; init; }

    /// <summary>Whether attention and feed-forward network take the same input.</summary>
    public bool IsParallel { get; init; }

    /// <summary>The gate's activation.</summary>
    public required Func<double, double> Activation { get; init; }

    /// <summary>What embeddings are multiplied with.</summary>
    public double EmbeddingScale { get; init; } = 1;

    /// <summary>Names of a block's tensors, {0} its number: the norms, q, k, v, back; gate, up, down.</summary>
    public required string[] Names { get; init; }

    /// <summary>Names of embeddings, last norm and head.</summary>
    public required string[] Ends { get; init; }

    /// <summary>The logits after the last text token.</summary>
    public double[] Logits(int[] tokens)
    {
        double[][] states = [.. tokens.Select(token => Row(Ends[0], token).Select(x => x * EmbeddingScale).ToArray())];
        for (var block = 0; block < Blocks; block++)
        {
            string Name(int i) => string.Format(CultureInfo.InvariantCulture, Names[i], block);
            var normed = Array.ConvertAll(states, state => Norm(Name(0), state));
            var attended = Attend(normed, Name);
            if (!IsParallel)
            {
                states = Sum(states, attended);
                normed = Array.ConvertAll(states, state => Norm(Name(1), state));
            }

            var fed = Array.ConvertAll(normed, x =>
            {
                var (gate, up) = (Product(Name(6), x, Inner), Product(Name(7), x, Inner));
                return Product(Name(8), [.. gate.Zip(up, (g, u) => Activation(g) * u)], Width);
            });
            states = IsParallel ? Sum(Sum(states, attended), fed) : Sum(states, fed);
        }

        var last = Norm(Ends[1], states[^1]);
        return Product(Ends[2], last, Tensor(Ends[2])!.Length / Width);
    }

    private static double[][] Sum(double[][] a, double[][] b) => [.. a.Zip(b, (x, y) => x.Zip(y, (i, j) => i + j).ToArray())];

    private double[][] Attend(double[][] normed, Func<int, string> name)
    {
        var length = Width / Heads;
        double[][] Projected(int i, int heads) => [.. normed.Select((x, position) =>
        {
            var y = Product(name(i), x, heads * length);
            for (var at = 0; Slopes is null && i < 4 && at < y.Length; at += 2)
            {
                var angle = position * Math.Pow(10_000, -(double)(at % length) / length);
                var (a, b) = (y[at], y[at + 1]);
                y[at] = (a * Math.Cos(angle)) - (b * Math.Sin(angle));
                y[at + 1] = (a * Math.Sin(angle)) + (b * Math.Cos(angle));
            }

            return y;
        })];
        var (queries, keys, values) = (Projected(2, Heads), Projected(3, Pairs), Projected(4, Pairs));
        return [.. normed.Select((_, position) =>
        {
            var heads = new double[Width];
            for (var head = 0; head < Heads; head++)
            {
                var pair = head / (Heads / Pairs);
                double[] weights = [.. Enumerable.Range(0, position + 1).Select(to => Math.Exp(
                    (Enumerable.Range(0, length).Sum(i => queries[position][(head * length) + i] * keys[to][(pair * length) + i])
                        / Math.Sqrt(length)) - ((Slopes?[head] ?? 0) * (position - to))))];
                for (var i = 0; i < length; i++)
                    heads[(head * length) + i] = weights.Select((w, to) => w * values[to][(pair * length) + i]).Sum() / weights.Sum();
            }

            return Product(name(5), heads, Width);
        })];
    }

    private IEnumerable<double> Row(string name, int row) => Tensor(name)!.Skip(row * Width).Take(Width).Select(x => (double)x);

    private double[] Product(string name, double[] x, int rows)
    {
        var w = Tensor(name)!;
        return [.. Enumerable.Range(0, rows).Select(row =>
        {
            var sum = 0.0;
            for (var i = 0; i < x.Length; i++) sum += w[(row * x.Length) + i] * x[i];
            return sum;
        })];
    }

    private double[] Norm(string name, double[] x)
    {
        var bias = IsLayerNorm ? Tensor(name.Replace(".weight", ".bias", StringComparison.Ordinal)) : null;
        var weight = Tensor(name)!;
        var mean = IsLayerNorm ? x.Average() : 0;
        var scale = 1 / Math.Sqrt(x.Average(v => (v - mean) * (v - mean)) + 1e-5);
        return [.. x.Select((v, i) => ((v - mean) * scale * weight[i]) + (bias?[i] ?? 0))];
    }
}
