namespace Jtfa.Interfaces;

/// <summary>How far a scene has published.</summary>
/// <param name="Activation">The scene's activation: when it began, in ticks of UTC.</param>
/// <param name="Number"><see cref="Decision.Number"/> of the last decision published; 0 before the first.</param>
/// <param name="ClockEpoch">
/// The clock epoch in which the activation began: one that began after the clock was set back comes after one before it.
/// </param>
[GenerateSerializer, Immutable, Alias("Jtfa.PublishedMark")]
public readonly record struct PublishedMark(
    [property: Id(0)] long Activation, [property: Id(1)] long Number, [property: Id(2)] int ClockEpoch = 0)
{
    /// <summary>Whether the scene has published more at this mark than at another.</summary>
    public bool IsAfter(PublishedMark other) =>
        (ClockEpoch, Activation, Number).CompareTo((other.ClockEpoch, other.Activation, other.Number)) > 0;
}
