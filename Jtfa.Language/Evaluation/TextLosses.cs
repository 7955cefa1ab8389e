namespace Jtfa.Language.Evaluation;

/// <summary>
/// The negative logarithms of the probabilities that a model gives the text tokens of a text. Intervals come from a bootstrap of blocks
/// of neighbouring text tokens (Künsch 1989), since neighbours' losses depend on each other.
/// </summary>
/// <param name="losses">One a text token, in the text's order.</param>
public sealed class TextLosses(IReadOnlyList<double> losses)
{
    private const int BlockLength = 64;
    private const int Draws = 2000;
    private const double Outside = 0.05;
    private const int Seed = 1;

    /// <summary>How many text tokens were foretold.</summary>
    public int Count => losses.Count;

    /// <summary>Their mean.</summary>
    public double Mean => losses.Average();

    /// <summary>e to the mean: among how many equally likely text tokens the model hesitates.</summary>
    public double Perplexity => Math.Exp(Mean);

    /// <summary>Those of several texts, one after another.</summary>
    public static TextLosses Join(IEnumerable<TextLosses> texts) => new([.. texts.SelectMany(text => text.Values)]);

    /// <summary>Where the perplexity lies, at 95 %; null for a text that is too short to say.</summary>
    public Interval? Interval() => Interval(losses);

    /// <summary>This perplexity over that of another model on the same text.</summary>
    public double RatioTo(TextLosses other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Math.Exp(Mean - other.Mean);
    }

    /// <summary>
    /// Where that ratio lies, at 95 %; both models' losses on a block count together, so that it is narrower than the perplexities' own.
    /// </summary>
    public Interval? IntervalOfRatioTo(TextLosses other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Interval(Differences(other));
    }

    private static Interval? Interval(IReadOnlyList<double> values)
    {
        var blocks = values.Count / BlockLength;
        if (blocks < 2) return null;
        var sums = new double[blocks];
        var counts = new int[blocks];
        for (var i = 0; i < values.Count; i++)
        {
            var block = (int)((long)i * blocks / values.Count);
            sums[block] += values[i];
            counts[block]++;
        }

        var (random, means) = (new Random(Seed), new double[Draws]);
        for (var draw = 0; draw < Draws; draw++)
        {
            var (sum, count) = (0.0, 0);
            for (var i = 0; i < blocks; i++)
            {
                var block = random.Next(blocks);
                sum += sums[block];
                count += counts[block];
            }

            means[draw] = sum / count;
        }

        Array.Sort(means);
        return new(Math.Exp(means[(int)(Draws * Outside / 2)]), Math.Exp(means[(int)(Draws * (1 - (Outside / 2)))]));
    }

    private double[] Differences(TextLosses other)
    {
        if (other.Count != Count)
            throw new ArgumentException($"{Count} and {other.Count} losses are not of the same text", nameof(other));
        return [.. losses.Zip(other.Values, (mine, theirs) => mine - theirs)];
    }

    private IReadOnlyList<double> Values => losses;
}

/// <summary>From where to where a number lies.</summary>
public readonly record struct Interval(double Low, double High);
