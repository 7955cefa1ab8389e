namespace Jtfa.Core;

/// <summary>What a window decided when it fired.</summary>
/// <param name="Cause">Why it fired.</param>
/// <param name="FiredAt">When, seconds since 1970.</param>
/// <param name="Views">The fused views, ascending; m is their number.</param>
/// <param name="FillRatio">Distinct views / N.</param>
/// <param name="Bytes">Bytes of the datagrams fused.</param>
/// <param name="LatMean">Mean of (fire time − capture time) over the tokens of its moment, without held ones, seconds.</param>
/// <param name="P50">Median of the same.</param>
/// <param name="P90">90th percentile of the same.</param>
/// <param name="P99">99th percentile of the same.</param>
/// <param name="Pred">The class decided for.</param>
/// <param name="Confidence">Its softmax probability.</param>
/// <param name="Gt">Majority label, ties to the smaller; −1 unknown.</param>
public readonly record struct FiredWindow(
    FireCause Cause, double FiredAt, int[] Views, double FillRatio, int Bytes,
    double LatMean, double P50, double P90, double P99, int Pred, double Confidence, int Gt)
{
    // More numbers than this (m · d) are fused on the heap; 16 views of 64 numbers fit.
    private const int StackFloats = 1024;

    /// <summary>Tokens fused.</summary>
    public int M => Views.Length;

    /// <summary>p99 / p50; 0 where p50 is not positive.</summary>
    public double TailFactor => P50 > 0 ? P99 / P50 : 0;

    /// <summary>
    /// Fuses the tokens of a block and decides. Fusion is a weighted sum, so the order of tokens matters only to rounding; they are
    /// taken in order of view, so that the same tokens give the same decision whatever order they came in.
    /// </summary>
    public static FiredWindow Fuse(TokenBlock tokens, int expected, FireCause cause, double now, FusionHead head, double beta)
    {
        var (m, d) = (tokens.Count, tokens.Dimension);
        var views = new int[m];
        Span<int> order = m <= 256 ? stackalloc int[m] : new int[m];
        tokens.OrderByView(views, order);

        Span<float> vectors = m * d <= StackFloats ? stackalloc float[m * d] : new float[m * d];
        Span<float> qualities = m <= 256 ? stackalloc float[m] : new float[m];
        tokens.Decode(order, vectors, qualities);
        Span<double> latencies = m <= 256 ? stackalloc double[m] : new double[m];
        Span<int> labels = m <= 256 ? stackalloc int[m] : new int[m];
        var (bytes, sum, fresh) = (0, 0.0, 0);
        for (var i = 0; i < m; i++)
        {
            ref readonly var header = ref tokens.Header(order[i]);
            bytes += header.Bytes;
            if (header.IsHeld) continue; // its age says nothing of how long this took, and its label is of another moment
            (labels[fresh], latencies[fresh]) = (header.Label, now - header.Timestamp);
            sum += latencies[fresh++];
        }

        labels = labels[..fresh];
        latencies = latencies[..fresh];

        Span<float> attention = m <= 256 ? stackalloc float[m] : new float[m];
        Span<float> fused = d <= StackFloats ? stackalloc float[d] : new float[d];
        head.Fuse(vectors, qualities, beta, attention, fused);
        var (pred, confidence) = head.Decide(fused);
        latencies.Sort();
        return new FiredWindow(
            cause, now, views, (double)m / expected, bytes, sum / fresh,
            Percentile(latencies, 0.50), Percentile(latencies, 0.90), Percentile(latencies, 0.99), pred, confidence, Majority(labels));
    }

    // Linear interpolation between closest ranks, numpy's default.
    private static double Percentile(ReadOnlySpan<double> sorted, double p)
    {
        var rank = p * (sorted.Length - 1);
        var below = (int)rank;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((rank - below) * (sorted[above] - sorted[below]));
    }

    private static int Majority(Span<int> labels)
    {
        labels.Sort();
        var (best, bestCount) = (-1, 0);
        for (var start = 0; start < labels.Length;)
        {
            var end = start;
            while (end < labels.Length && labels[end] == labels[start]) end++;
            if (labels[start] >= 0 && end - start > bestCount) (best, bestCount) = (labels[start], end - start);
            start = end;
        }

        return best;
    }
}
