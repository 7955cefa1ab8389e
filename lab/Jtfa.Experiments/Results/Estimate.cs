namespace Jtfa.Experiments.Results;

/// <summary>What a cell's runs say of a value.</summary>
/// <param name="Median">Median over the runs.</param>
/// <param name="Low">Lower end of the 95 % bootstrap interval of that median.</param>
/// <param name="High">Its upper end.</param>
/// <param name="Runs">How many runs there were.</param>
public readonly record struct Estimate(double Median, double Low, double High, int Runs)
{
    /// <summary>The median between the ends of its interval.</summary>
    public IReadOnlyList<double> Values => [Low, Median, High];

    /// <summary>A number that is known and has no interval.</summary>
    public static Estimate Exactly(double value) => new(value, value, value, 0);
}
