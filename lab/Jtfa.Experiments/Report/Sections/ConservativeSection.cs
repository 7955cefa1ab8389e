using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report.Sections;

/// <summary>A2: what K below N does for the tail under short T and W.</summary>
internal sealed class ConservativeSection : TimeoutSection
{
    private static readonly string[] s_stragglers = ["one-straggler", "one-dead"];

    public override string Experiment => ExperimentNames.Conservative;

    public override string Heading => "A2: conservative, that is short, T and W";

    public override string Question =>
        "The paper: K below N cuts p99 and p99/p50 against K = N when views straggle. The largest K is compared with the next smaller " +
        "one at each profile's largest T.";

    protected override SectionText Write(Cells own, Cells all)
    {
        var cells = AtCommonW(own);
        List<Comparison> comparisons = [.. ByK(cells)];
        var (how, told) = Preferred(comparisons);
        var claim = Claim(told, how);
        string[] sentences = [.. TellEach(told, comparison => $"{comparison.What}{how}")];
        return new SectionText(claim, [claim, .. sentences, ByW(own), Variation(cells), Repeats(own)], [.. Figures(cells)], comparisons);
    }

    private static string Claim(IReadOnlyList<Comparison> told, string how)
    {
        Comparison[] tails = [.. told.Where(comparison =>
            comparison.Value is ValueNames.LatencyP99 or ValueNames.TailFactor && s_stragglers.Any(comparison.Where.StartsWith))];
        if (tails.Length == 0) return "";
        if (TooFew($"A2{how}", tails) is { Length: > 0 } few) return few;
        string Those(Verdict verdict) => string.Join(", ", tails.Where(tail => tail.Paired.Verdict == verdict).Select(Say));
        var (lower, higher, untold) = (Those(Verdict.Lower), Those(Verdict.Higher), Those(Verdict.NotTold));
        var what = $"A2{how}: {tails[0].What.Replace(" − ", " instead of ")}";
        return Paragraph(
            lower.Length > 0 ? $"{what} lowers {lower}." : "",
            higher.Length > 0 ? $"{what} raises {higher}: there the claim does NOT hold for us." : "",
            untold.Length > 0 ? $"{what}: that it cuts the tail is NOT shown for {untold}." : "");
    }

    private static string Say(Comparison comparison) => $"{comparison.Quantity.Label} at {comparison.Where} ({comparison.Text})";
}
