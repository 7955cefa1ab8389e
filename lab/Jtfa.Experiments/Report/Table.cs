namespace Jtfa.Experiments.Report;

/// <summary>A table.</summary>
/// <param name="Title">What it is of.</param>
/// <param name="Heads">Its columns' heads, with units.</param>
/// <param name="Rows">Its rows, a text a column.</param>
internal sealed record Table(string Title, IReadOnlyList<string> Heads, IReadOnlyList<IReadOnlyList<string>> Rows);
