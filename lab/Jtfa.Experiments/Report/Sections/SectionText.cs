namespace Jtfa.Experiments.Report.Sections;

/// <summary>What a section says.</summary>
/// <param name="Summary">A sentence or two for the report's begin.</param>
/// <param name="Finding">The finding: what it comes to, then what that rests on; sentences that may be empty.</param>
/// <param name="Figures">Its figures.</param>
/// <param name="Comparisons">What it compared.</param>
internal sealed record SectionText(string Summary, IReadOnlyList<string> Finding, IReadOnlyList<Figure> Figures,
    IReadOnlyList<Comparison> Comparisons)
{
    /// <summary>Its tables.</summary>
    public IReadOnlyList<Table> Tables { get; init; } = [];
}
