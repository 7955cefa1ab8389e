namespace Jtfa.Core;

/// <summary>How K and T of a scene's windows adapt. Durations in seconds.</summary>
/// <param name="K">Views needed while none is silent.</param>
/// <param name="KMin">The fewest views that K may fall to; null: K is fixed.</param>
/// <param name="T">The timeout; where it adapts, the one to begin with.</param>
/// <param name="AdaptsTimeout">Whether T adapts.</param>
/// <param name="TMin">The shortest that it may be.</param>
/// <param name="TMax">The longest that it may be.</param>
/// <param name="Quantile">Of the windows that get their K-th view at all, the share that is to have it within T.</param>
/// <param name="Margin">Added to that quantile.</param>
public readonly record struct AdaptationRule(
    int K, int? KMin, double T, bool AdaptsTimeout, double TMin, double TMax, double Quantile, double Margin);

/// <summary>
/// K and T of a scene's windows, found from the windows that have gone. K is the number of views that are not silent, between KMin and K. T
/// is the time within which nearly all windows have as many views as they can have, up to K, between TMin and TMax. Both are found again
/// every half second of the windows' time. No clock: times are those of the windows. Not thread-safe.
/// </summary>
/// <param name="rule">How they adapt.</param>
public sealed class WindowAdaptation(AdaptationRule rule)
{
    /// <summary>How often K and T are found again, seconds.</summary>
    public const double Period = 0.5;

    // T stays while what it should be is within this factor of it: a quantile of some dozens of delays moves by chance.
    private const double DeadBand = 1.1;

    // Seconds from the first window until a view that was never heard counts as silent.
    private const double Beginning = 5;

    private readonly AdaptiveTimeout _timeout = new();
    private readonly AdaptiveViews _views = new();
    private double[] _delays = [];
    private double _beganAt = double.NaN;
    private double _foundAt = double.NegativeInfinity;

    /// <summary>How they adapt.</summary>
    public AdaptationRule Rule { get; private set; } = rule;

    /// <summary>Views needed, as it is now.</summary>
    public int K { get; private set; } = rule.K;

    /// <summary>The timeout as it is now, seconds.</summary>
    public double T { get; private set; } = Bounded(rule, rule.T);

    /// <summary>The views that were heard and are silent now, ascending.</summary>
    public IEnumerable<int> Silent => _views.Silent;

    /// <summary>Goes on by another rule, with what is known of the views.</summary>
    public void Follow(AdaptationRule next)
    {
        var isAnew = !Rule.AdaptsTimeout || !next.AdaptsTimeout;
        Rule = next;
        (K, T) = (next.KMin is { } least ? Math.Clamp(K, least, next.K) : next.K, Bounded(next, isAnew ? next.T : T));
        if (_beganAt <= _views.Newest) Find();
    }

    /// <summary>Takes a window that has gone.</summary>
    /// <param name="views">The views that it had, those that came after it had fired too.</param>
    /// <param name="delays">By how much later than the window's first token each view's first came, seconds, 0 or more.</param>
    /// <param name="openedAt">When it opened, seconds of any clock.</param>
    /// <exception cref="ArgumentException">There is not a delay for each view.</exception>
    public void Take(ReadOnlySpan<int> views, ReadOnlySpan<double> delays, double openedAt)
    {
        if (views.Length != delays.Length)
            throw new ArgumentException($"{views.Length} views with {delays.Length} delays.", nameof(delays));
        if (_delays.Length < delays.Length) _delays = new double[delays.Length];
        delays.CopyTo(_delays);
        var ascending = _delays.AsSpan(0, delays.Length);
        ascending.Sort();
        _timeout.Take(ascending, openedAt);
        _views.Take(views, openedAt);
        if (double.IsNaN(_beganAt)) _beganAt = _foundAt = openedAt;
        if (_views.Newest - _foundAt >= Period) Find();
    }

    private void Find()
    {
        _foundAt = _views.Newest;
        var heard = _views.Heard;
        if (Rule.KMin is { } least && (heard >= Rule.K || _foundAt - _beganAt >= Beginning)) K = Math.Clamp(heard, least, Rule.K);
        if (!Rule.AdaptsTimeout) return;

        // A view that is silent is not worth waiting for, though K may be fixed.
        var delay = _timeout.Quantile(Math.Clamp(heard, 1, K), Rule.Quantile);
        if (double.IsNaN(delay)) return;
        var wanted = Bounded(Rule, delay + Rule.Margin);
        if (wanted > T * DeadBand || wanted < T / DeadBand) T = wanted;
    }

    private static double Bounded(in AdaptationRule rule, double t) => rule.AdaptsTimeout ? Math.Clamp(t, rule.TMin, rule.TMax) : rule.T;
}
