namespace Jtfa.Core.Tests.Windows;

/// <summary>What a window must do, told as plainly as it can be: keep everything offered, and look at all of it when asked.</summary>
internal sealed class NaiveWindow(int needed, int expected)
{
    private readonly List<WindowToken> _offered = [];
    private readonly List<int> _afterwards = [];

    public bool HasFired { get; private set; }

    public int Late { get; private set; }

    public int Duplicates { get; private set; }

    public int Surplus { get; private set; }

    public int Distinct => Fused.Count;

    public bool IsComplete => !HasFired && Distinct >= needed;

    /// <summary>Of the views that came after it had fired, those that it was not fused from: the first N of them.</summary>
    public List<int> LateViews => [.. _afterwards.Distinct().Except(Fused.Select(token => token.View)).Take(expected)];

    /// <summary>Of each of the first N views, the last token; by view.</summary>
    public List<WindowToken> Fused =>
    [
        .. _offered.Select(token => token.View).Distinct().Take(expected)
            .Select(view => _offered.Last(token => token.View == view))
            .OrderBy(token => token.View),
    ];

    public TokenOutcome Add(WindowToken token)
    {
        if (HasFired)
        {
            Late++;
            _afterwards.Add(token.View);
            return TokenOutcome.Late;
        }

        var views = _offered.Select(offered => offered.View).Distinct().Take(expected).ToList();
        _offered.Add(token);
        if (views.Contains(token.View))
        {
            Duplicates++;
            return TokenOutcome.Duplicate;
        }

        if (views.Count < expected) return TokenOutcome.Added;
        Surplus++;
        return TokenOutcome.Surplus;
    }

    /// <summary>Whether a window in this state may fire for this cause; if so, it has fired.</summary>
    public bool TryFire(FireCause cause) =>
        HasFired ? false : HasFired = cause == FireCause.K ? IsComplete : Distinct > 0;
}
