using Jtfa.Experiments.Report.Drawing;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report.Sections;

/// <summary>A3: what long T and W cost and bring.</summary>
internal sealed class RelaxedSection : TimeoutSection
{
    public override string Experiment => ExperimentNames.Relaxed;

    public override string Heading => "A3: relaxed, that is long, T and W";

    public override string Question =>
        "The paper: long T and W raise p99, for a better fill ratio and accuracy. The longest T is compared with the shortest, of A2 " +
        "where that was run, at the same profile and K.";

    protected override SectionText Write(Cells own, Cells all)
    {
        var cells = AtCommonW(own);
        var conservative = all.ForExperiment(ExperimentNames.Conservative);
        List<Comparison> byT = [.. ByT(cells, conservative.Count > 0 ? AtCommonW(conservative) : cells)];
        var (how, told) = Preferred(byT);
        var claim = Claim(told, how);
        string[] sentences = [.. TellEach(told, _ => $"The longest T − the shortest{how}")];
        List<Comparison> byK = [.. ByK(cells)];
        var (howK, toldK) = Preferred(byK);
        string[] sentencesK = [.. TellEach(toldK, comparison => $"{comparison.What} at the longest T{howK}")];
        return new SectionText(claim, [claim, .. sentences, .. sentencesK, ByW(own), Variation(cells), Repeats(own)], [.. Figures(cells)],
            [.. byT, .. byK]);
    }

    private static IEnumerable<Comparison> ByT(Cells relaxed, Cells conservative)
    {
        foreach (var cell in Tried(relaxed).SelectMany(tried => tried.GroupBy(cell => cell[FactorNames.K])).Select(line => line.MaxBy(T)!))
        {
            var against = conservative.Where(other => Place(other, withK: true) == Place(cell, withK: true)).MinBy(T);
            if (against is null || T(against) >= T(cell)) continue;
            var what = $"T={cell[FactorNames.T]} − T={against[FactorNames.T]} ms";
            foreach (var comparison in Comparison.Create(Place(cell, withK: true), what, Compared, cell, against)) yield return comparison;
        }
    }

    private static double T(Cell cell) => FactorLevels.Number(cell[FactorNames.T]) ?? 0;

    private static string Claim(IReadOnlyList<Comparison> told, string how)
    {
        if (told.Count == 0) return "";
        if (TooFew($"A3{how}", told) is { Length: > 0 } few) return few;
        string Count(string value, Verdict verdict)
        {
            var of = told.Where(comparison => comparison.Value == value).ToList();
            var found = of.Where(comparison => comparison.Paired.Verdict == verdict).ToList();
            if (found.Count == 0) return $"{Quantity.For(value).Label} nowhere";
            var most = found.MaxBy(comparison => Math.Abs(comparison.Paired.Difference.Median))!;
            return $"{Quantity.For(value).Label} at {found.Count} of {of.Count} (most at {most.Where}: {most.Text})";
        }

        var raised = string.Join(", ", new[] { ValueNames.LatencyP99, ValueNames.FillRatio, ValueNames.Accuracy }.Where(value =>
            told.Any(comparison => comparison.Value == value)).Select(value => Count(value, Verdict.Higher)));
        var places = told.GroupBy(comparison => comparison.Where).ToList();
        string[] traded = [.. places.Where(place => HasCost(place) && HasGain(place)).Select(place => place.Key)];
        string[] cost = [.. places.Where(place => HasCost(place) && !HasGain(place)).Select(place => place.Key)];
        var free = places.Count(place => !HasCost(place) && HasGain(place));
        return Paragraph(
            $"A3{how}: a long T raises {raised}.",
            traded.Length > 0
                ? $"That it buys fill ratio or accuracy at the cost of p99 is told at {traded.Length} of {places.Count}: " +
                    $"{string.Join(", ", traded)}."
                : $"That it buys fill ratio or accuracy at the cost of p99 is NOT shown at any of {places.Count}.",
            cost.Length > 0
                ? $"It does NOT hold for us at {string.Join(", ", cost)}, where p99 rose and neither fill ratio nor accuracy was told to."
                : "",
            free > 0 ? $"At {free} there was a gain and no cost in p99 that could be told." : "");
    }

    private static bool HasCost(IEnumerable<Comparison> place) =>
        place.Any(comparison => comparison is { Value: ValueNames.LatencyP99, Paired.Verdict: Verdict.Higher });

    private static bool HasGain(IEnumerable<Comparison> place) =>
        place.Any(comparison => comparison is { Value: ValueNames.FillRatio or ValueNames.Accuracy, Paired.Verdict: Verdict.Higher });
}
