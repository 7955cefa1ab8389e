using Jtfa.Experiments.Report.Drawing;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report;

/// <summary>One value of a cell against another cell's, run by run.</summary>
/// <param name="Where">What both cells have in common: wifi-busy.</param>
/// <param name="What">What they differ by: hmix − plain.</param>
/// <param name="Value">The value, by <see cref="ValueNames"/>.</param>
/// <param name="Paired">How much higher it is in the first.</param>
/// <param name="Against">The value in the second cell; null where what is compared is a difference itself.</param>
internal sealed record Comparison(string Where, string What, string Value, PairedDifference Paired, Estimate? Against)
{
    /// <summary>A difference up to this share of the other value is called small, for latencies, ratios and bandwidth.</summary>
    public const double SmallShare = 0.05;

    /// <summary>The same for shares and accuracies: one percentage point.</summary>
    public const double SmallPoints = 0.01;

    /// <summary>How the value is told.</summary>
    public Quantity Quantity => Quantity.For(Value);

    /// <summary>Whether the median difference is small.</summary>
    public bool IsSmall
    {
        get
        {
            var size = Math.Abs(Paired.Difference.Median);
            return Quantity.Factor == 100 ? size <= SmallPoints : Against is { } against && size <= SmallShare * Math.Abs(against.Median);
        }
    }

    /// <summary>Whether there are enough pairs for a verdict.</summary>
    public bool IsEnough => Paired.Difference.Runs >= PairedDifference.MinimumPairs;

    /// <summary>The difference with its interval: +3.2 ms [1.1, 4.0].</summary>
    public string Text => Quantity.SignedText(Paired.Difference);

    /// <summary>Compares a value of two cells; null where no repeat has it in both.</summary>
    public static Comparison? Create(string where, string what, string value, Cell cell, Cell against) =>
        PairedDifference.Between(cell, against, value) is { } paired ? new(where, what, value, paired, against.Find(value)) : null;

    /// <summary>Several values of two cells.</summary>
    public static IEnumerable<Comparison> Create(string where, string what, IEnumerable<string> values, Cell cell, Cell against) =>
        values.Select(value => Create(where, what, value, cell, against)).OfType<Comparison>();

    /// <summary>
    /// One value's comparisons in a sentence: where it is higher, where lower, each with its interval; and within what the intervals lie
    /// where no difference can be told. Empty where there is none.
    /// </summary>
    public static string Tell(string value, IEnumerable<Comparison> comparisons)
    {
        var told = comparisons.Where(comparison => comparison.Value == value).ToList();
        if (told.Count == 0) return "";
        List<string> parts = [];
        if (Places(told, Verdict.Higher) is { Length: > 0 } higher) parts.Add($"higher at {higher}");
        if (Places(told, Verdict.Lower) is { Length: > 0 } lower) parts.Add($"lower at {lower}");
        var rest = told.Where(comparison => comparison.Paired.Verdict == Verdict.NotTold).ToList();
        if (rest.Count > 0)
            parts.Add($"{Untold(rest)} {(rest.Count == told.Count ? NowhereOf(told) : $"at the other {rest.Count}")} ({Span(rest)})");
        return $"{told[0].Quantity.Label}: {string.Join("; ", parts)}.";
    }

    /// <summary>The same more shortly: at how many places it is higher and lower, with the largest difference of each.</summary>
    public static string Count(string value, IEnumerable<Comparison> comparisons)
    {
        var told = comparisons.Where(comparison => comparison.Value == value).ToList();
        if (told.Count == 0) return "";
        List<string> parts = [];
        foreach (var (verdict, word) in new[] { (Verdict.Higher, "higher"), (Verdict.Lower, "lower") })
        {
            var found = told.Where(comparison => comparison.Paired.Verdict == verdict).ToList();
            if (found.MaxBy(comparison => Math.Abs(comparison.Paired.Difference.Median)) is not { } most) continue;
            parts.Add($"{word} at {found.Count} of {told.Count} (most at {most.Where}: {most.Text})");
        }

        return $"{told[0].Quantity.Label}: {(parts.Count > 0 ? string.Join("; ", parts) : $"{Untold(told)} ({Span(told)})")}.";
    }

    // With too few runs, a missing verdict says less than with enough of them: so the words differ.
    private static string Untold(List<Comparison> rest) =>
        rest.Exists(comparison => comparison.IsEnough) ? "no difference can be told" : "too few runs to tell a difference";

    private static string NowhereOf(List<Comparison> told) => told.Count == 1 ? $"at {told[0].Where}" : $"at any of {told.Count}";

    private static string Places(List<Comparison> told, Verdict verdict)
    {
        const int Most = 6;
        var found = told.Where(comparison => comparison.Paired.Verdict == verdict)
            .OrderByDescending(comparison => Math.Abs(comparison.Paired.Difference.Median)).ToList();
        var named = string.Join(", ", found.Take(Most).Select(comparison => $"{comparison.Where} ({comparison.Text})"));
        return found.Count > Most ? $"{named} and, by less, {found.Count - Most} more" : named;
    }

    private static string Span(List<Comparison> rest)
    {
        if (rest.Count == 1) return rest[0].Text;
        var quantity = rest[0].Quantity.Difference;
        var (low, high) = (rest.Min(comparison => comparison.Paired.Difference.Low),
            rest.Max(comparison => comparison.Paired.Difference.High));
        return $"their intervals lie within {quantity.Text(low)} … {quantity.Text(high)}";
    }
}
