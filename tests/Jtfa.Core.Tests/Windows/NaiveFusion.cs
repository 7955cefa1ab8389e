namespace Jtfa.Core.Tests.Windows;

/// <summary>Gate, fusion and the decision's statistics in double precision, by their definitions.</summary>
internal static class NaiveFusion
{
    public static double[] Decode(WindowToken token)
    {
        var decoded = new float[token.Values.Length];
        TokenCodec.Decode(token.Values, token.Header.Encoding, token.Header.Seed, token.Header.Scale, decoded);
        return [.. decoded.Select(value => (double)value)];
    }

    /// <summary>z* of vectors whose scores are given.</summary>
    public static double[] Fuse(IReadOnlyList<double[]> vectors, IReadOnlyList<double> scores, double beta)
    {
        var largest = scores.Max(score => beta * score);
        var weights = scores.Select(score => Math.Exp((beta * score) - largest)).ToArray();
        var sum = weights.Sum();
        return [.. Enumerable.Range(0, vectors[0].Length).Select(j => vectors.Select((vector, i) => weights[i] / sum * vector[j]).Sum())];
    }

    /// <summary>numpy.percentile: the value at rank p·(n − 1), between neighbours in proportion.</summary>
    public static double Percentile(IEnumerable<double> values, double p)
    {
        var sorted = values.Order().ToList();
        var rank = (decimal)p * (sorted.Count - 1);
        var below = (int)Math.Floor(rank);
        var fraction = (double)(rank - below);
        return fraction == 0 ? sorted[below] : ((1 - fraction) * sorted[below]) + (fraction * sorted[below + 1]);
    }

    public static int Majority(IEnumerable<int> labels) =>
        labels.Where(label => label >= 0).GroupBy(label => label)
            .OrderByDescending(group => group.Count()).ThenBy(group => group.Key)
            .Select(group => group.Key).DefaultIfEmpty(-1).First();
}
