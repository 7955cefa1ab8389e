using System.Text.Json.Serialization;
using Jtfa.Core;

namespace Jtfa.Interfaces;

/// <summary>When a scene's windows fire, and how the tokens in them are weighed.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.ScenePolicy")]
public sealed record ScenePolicy
{
    /// <summary>Views needed: a window fires as soon as K distinct views are in. 1 ≤ K ≤ N.</summary>
    [Id(0), JsonRequired] public int K { get; init; } = 3;

    /// <summary>Views expected; a window never holds more distinct views than N. 1 ≤ N ≤ 256.</summary>
    [Id(1), JsonRequired] public int N { get; init; } = 4;

    /// <summary>
    /// Timeout: a window with at least one view fires T after it opened, whatever is in. Where it adapts (<see cref="Timeout"/>), the one
    /// to begin with.
    /// </summary>
    [Id(2), JsonRequired] public TimeSpan T { get; init; } = TimeSpan.FromMilliseconds(120);

    /// <summary>Window width: capture times that round to the same multiple of W belong to one decision.</summary>
    [Id(3), JsonRequired] public TimeSpan W { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a fired window stays to count late tokens: it goes T + linger after it opened.</summary>
    [Id(4)] public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How a token's decision id is found.</summary>
    [Id(5)] public WindowKeying Keying { get; init; } = WindowKeying.Timestamp;

    /// <summary>Inverse temperature of the gate's softmax; null takes the head's own (1 where it has none).</summary>
    [Id(6)] public double? Beta { get; init; }

    /// <summary>
    /// Lanes that share the scene's windows: a window is in the lane decision id mod lanes. Lanes fire beside each other; 1 is enough for a
    /// small scene. 1 ≤ lanes ≤ 64.
    /// </summary>
    [Id(7)] public int Lanes { get; init; } = 4;

    /// <summary>Whether T is fixed, or found from how long views have taken of late.</summary>
    [Id(8)] public WindowTimeout Timeout { get; init; }

    /// <summary>The shortest T where it adapts. 0 &lt; TMin ≤ TMax.</summary>
    [Id(9)] public TimeSpan TMin { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>The longest T where it adapts. Windows then stay TMax + linger, whatever T is.</summary>
    [Id(10)] public TimeSpan TMax { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Where T adapts: of the windows that get their K-th view at all, the share that is to have it within T. 0.5 ≤ quantile ≤ 0.999.
    /// </summary>
    [Id(11)] public double Quantile { get; init; } = 0.95;

    /// <summary>Where T adapts: what is added to the time in which that share has its K-th view.</summary>
    [Id(12)] public TimeSpan Margin { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>
    /// The fewest views that K falls to while views are silent; null: K is fixed. It rises again when they are heard. 1 ≤ KMin ≤ K.
    /// </summary>
    [Id(13)] public int? KMin { get; init; }

    /// <summary>Whether K or T adapts.</summary>
    [JsonIgnore] public bool Adapts => Timeout == WindowTimeout.Adaptive || KMin is not null;

    /// <summary>The longest T that a window may get.</summary>
    [JsonIgnore] public TimeSpan LongestT => Timeout == WindowTimeout.Adaptive ? TMax : T;

    /// <summary>
    /// The policy as it is in force with an adapted K and T. Where T adapts, windows stay TMax + linger: how late a token comes is then
    /// known up to the longest T, and gateways and lanes agree on when a window has gone, though they may learn of another T at different
    /// moments.
    /// </summary>
    /// <param name="k">Views needed now.</param>
    /// <param name="t">The timeout now.</param>
    public ScenePolicy InForce(int k, TimeSpan t) => this with { K = k, T = t, Linger = LongestT - t + Linger };

    /// <summary>How K and T adapt.</summary>
    public AdaptationRule ToAdaptation() => new(
        K, KMin, T.TotalSeconds, Timeout == WindowTimeout.Adaptive, TMin.TotalSeconds, TMax.TotalSeconds, Quantile, Margin.TotalSeconds);

    /// <summary>Upper limit of <see cref="Lanes"/>.</summary>
    public const int MaxLanes = 64;

    /// <summary>Upper limit of <see cref="N"/>.</summary>
    public const int MaxViews = 256;

    /// <summary>The lane of a decision's window, 0 … <see cref="Lanes"/> − 1.</summary>
    public int LaneOf(long decision) => LaneOf(decision, Lanes);

    /// <summary>The lane of a decision's window among a number of lanes.</summary>
    public static int LaneOf(long decision, int lanes) => (int)(((decision % lanes) + lanes) % lanes);

    /// <summary>What is wrong with this policy, one line a fault ("K=5: allowed is 1 … N (4)"); empty when it is valid.</summary>
    public IEnumerable<string> Faults()
    {
        if (N is < 1 or > MaxViews) yield return $"N={N}: allowed is 1 … {MaxViews}";
        if (K < 1 || K > N) yield return $"K={K}: allowed is 1 … N ({N})";
        if (T <= TimeSpan.Zero || T > TimeSpan.FromMinutes(1)) yield return $"T={T.TotalMilliseconds} ms: allowed is above 0 … 60000 ms";
        if (W < TimeSpan.FromMicroseconds(10) || W > TimeSpan.FromHours(1))
            yield return $"W={W.TotalMilliseconds} ms: allowed is 0.01 … 3600000 ms";
        if (Linger < TimeSpan.Zero || Linger > TimeSpan.FromMinutes(1))
            yield return $"Linger={Linger.TotalMilliseconds} ms: allowed is 0 … 60000 ms";
        if (Beta is { } beta && !double.IsFinite(beta)) yield return $"Beta={beta}: allowed is any finite number";
        if (Lanes is < 1 or > MaxLanes) yield return $"Lanes={Lanes}: allowed is 1 … {MaxLanes}";
        foreach (var fault in AdaptationFaults()) yield return fault;
        if (!Enum.IsDefined(Keying)) yield return $"Keying={Keying}: allowed is {string.Join(", ", Enum.GetNames<WindowKeying>())}";
    }

    private IEnumerable<string> AdaptationFaults()
    {
        if (!Enum.IsDefined(Timeout)) yield return $"Timeout={Timeout}: allowed is {string.Join(", ", Enum.GetNames<WindowTimeout>())}";
        if (TMax <= TimeSpan.Zero || TMax > TimeSpan.FromMinutes(1))
            yield return $"TMax={TMax.TotalMilliseconds} ms: allowed is above 0 … 60000 ms";
        else if (TMin <= TimeSpan.Zero || TMin > TMax)
            yield return $"TMin={TMin.TotalMilliseconds} ms: allowed is above 0 … TMax ({TMax.TotalMilliseconds} ms)";
        if (Quantile is not (>= 0.5 and <= 0.999)) yield return $"Quantile={Quantile}: allowed is 0.5 … 0.999";
        if (Margin < TimeSpan.Zero || Margin > TimeSpan.FromMinutes(1))
            yield return $"Margin={Margin.TotalMilliseconds} ms: allowed is 0 … 60000 ms";
        if (KMin is { } least && (least < 1 || least > K)) yield return $"KMin={least}: allowed is 1 … K ({K})";
    }
}

/// <summary>How a scene's timeout is found.</summary>
public enum WindowTimeout : byte
{
    /// <summary>It is the policy's T.</summary>
    Fixed,

    /// <summary>It follows how long windows have taken of late to get their K-th view.</summary>
    Adaptive,
}
