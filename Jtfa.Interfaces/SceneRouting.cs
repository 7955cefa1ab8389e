namespace Jtfa.Interfaces;

/// <summary>
/// What a gateway must know to route a scene's tokens: which policy holds at a capture's moment. A change of policy is announced
/// ahead of the moment it takes hold, so that every gateway switches at the same capture time and no window is split between two
/// widths.
/// </summary>
/// <param name="Dimension">Length d of the scene's tokens.</param>
/// <param name="Current">The policy for captures from <paramref name="CurrentFrom"/> on.</param>
/// <param name="CurrentFrom">Seconds since 1970; an edge between two windows of <paramref name="Previous"/>.</param>
/// <param name="Previous">The policy for captures before that; the same as <paramref name="Current"/> until the first change.</param>
/// <param name="Version">Counts the changes of policy.</param>
/// <param name="ClockEpoch">
/// How often a gateway's clock was set back, as far as the scene knows: ids that come again are a later epoch's. It only grows.
/// </param>
/// <param name="CurrentInForce">
/// <paramref name="Current"/> with the K and T that it has adapted to; null where it does not adapt.
/// </param>
/// <param name="PreviousInForce">The same of <paramref name="Previous"/>.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.SceneRouting")]
public sealed record SceneRouting(
    [property: Id(0)] int Dimension,
    [property: Id(1)] ScenePolicy Current,
    [property: Id(2)] double CurrentFrom,
    [property: Id(3)] ScenePolicy Previous,
    [property: Id(4)] long Version,
    [property: Id(5)] int ClockEpoch = 0,
    [property: Id(6)] ScenePolicy? CurrentInForce = null,
    [property: Id(7)] ScenePolicy? PreviousInForce = null)
{
    /// <summary>The policy for a token of the moment <paramref name="timestamp"/> (seconds since 1970).</summary>
    public ScenePolicy At(double timestamp) => timestamp >= CurrentFrom ? Current : Previous;

    /// <summary>The policy that a window opens under by a token of that moment: K and T are those in force.</summary>
    public ScenePolicy InForceAt(double timestamp) =>
        timestamp >= CurrentFrom ? CurrentInForce ?? Current : PreviousInForce ?? Previous;

    /// <summary>
    /// The same in a later clock epoch: the current policy holds at once, since its moment may lie far ahead of a clock that was set back.
    /// </summary>
    public SceneRouting InEpoch(int clockEpoch) => this with
    {
        Previous = Current,
        PreviousInForce = CurrentInForce,
        CurrentFrom = 0,
        ClockEpoch = clockEpoch,
    };
}
