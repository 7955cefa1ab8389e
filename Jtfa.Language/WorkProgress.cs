namespace Jtfa.Language;

/// <summary>How far long work has come.</summary>
/// <param name="Current">What is worked on.</param>
/// <param name="Done">How much is done.</param>
/// <param name="Total">How much there is, in the same unit.</param>
public readonly record struct WorkProgress(string Current, long Done, long Total);
