namespace Jtfa.Language.Weights;

/// <summary>
/// Scales whose codes come near some numbers: of several first guesses, each improved by least squares for its codes, the one with the
/// least squared error.
/// </summary>
internal static class ScaleSearch
{
    private const int Guesses = 10;
    private const double GuessStep = 0.1;

    /// <summary>w ≈ step·q − offset with q in 0 … largest, step and offset 0 or more.</summary>
    public static (float Step, float Offset) Affine(ReadOnlySpan<float> values, int largest)
    {
        var (least, most) = Blocks.Range(values);
        least = Math.Min(least, 0);
        if (most <= least) return (0, -least);
        var (best, bestStep, bestOffset) = (double.PositiveInfinity, 0.0, 0.0);
        for (var guess = -Guesses; guess <= Guesses; guess++)
        {
            var (step, offset) = ((most - least) / (largest + (GuessStep * guess)), -(double)least);
            if (AffineError(values, largest, step, offset, out var fit) is var error && error < best)
                (best, bestStep, bestOffset) = (error, step, offset);
            if (fit is not { Step: > 0, Offset: >= 0 }) continue;
            if (AffineError(values, largest, fit.Step, fit.Offset, out _) is var improved && improved < best)
                (best, bestStep, bestOffset) = (improved, fit.Step, fit.Offset);
        }

        return ((float)bestStep, (float)bestOffset);
    }

    /// <summary>w ≈ step·q with q in −levels … levels − 1.</summary>
    public static float Symmetric(ReadOnlySpan<float> values, int levels)
    {
        if (Blocks.Extreme(values, out var extreme) == 0) return 0;
        var (best, bestStep) = (double.PositiveInfinity, 0.0);
        for (var guess = -Guesses; guess <= Guesses; guess++)
        {
            var step = extreme / -(levels + (GuessStep * guess));
            if (SymmetricError(values, levels, step, out var fit) is var error && error < best) (best, bestStep) = (error, step);
            if (SymmetricError(values, levels, fit, out _) is var improved && improved < best) (best, bestStep) = (improved, fit);
        }

        return (float)bestStep;
    }

    private static double AffineError(
        ReadOnlySpan<float> values, int largest, double step, double offset, out (double Step, double Offset) fit)
    {
        var (error, codes, squares, sum, products) = (0.0, 0.0, 0.0, 0.0, 0.0);
        foreach (var value in values)
        {
            var code = Math.Clamp(Math.Round((value + offset) / step), 0, largest);
            var away = (step * code) - offset - value;
            error += away * away;
            codes += code;
            squares += code * code;
            sum += value;
            products += code * value;
        }

        var determinant = (values.Length * squares) - (codes * codes);
        fit = determinant <= 0
            ? (0, 0)
            : (((values.Length * products) - (codes * sum)) / determinant, ((codes * products) - (squares * sum)) / determinant);
        return error;
    }

    private static double SymmetricError(ReadOnlySpan<float> values, int levels, double step, out double fit)
    {
        var (error, squares, products) = (0.0, 0.0, 0.0);
        foreach (var value in values)
        {
            var code = Math.Clamp(Math.Round(value / step), -levels, levels - 1);
            var away = (step * code) - value;
            error += away * away;
            squares += code * code;
            products += code * value;
        }

        fit = squares > 0 ? products / squares : step;
        return error;
    }
}
