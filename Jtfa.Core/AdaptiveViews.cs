namespace Jtfa.Core;

/// <summary>
/// Which views of a scene are silent: a <see cref="PhiAccrual"/> for each, fed with the windows that it is in. A token that comes after its
/// window has gone is in none, so that a view which is always as late as that is silent too: no window can have it. Not thread-safe.
/// </summary>
public sealed class AdaptiveViews
{
    /// <summary>The φ from which a view is taken for silent.</summary>
    public const double Threshold = 8;

    /// <summary>A pause, seconds, that is no reason to take a view for silent: links fade for as long now and then.</summary>
    public const double Pause = 1;

    // Any sender may make up view numbers.
    private const int MostViews = 512;

    private readonly SortedDictionary<int, PhiAccrual> _views = [];

    /// <summary>When the newest window opened, seconds; −∞ before the first.</summary>
    public double Newest { get; private set; } = double.NegativeInfinity;

    /// <summary>The views that are not silent, by the time of the newest window.</summary>
    public int Heard => _views.Values.Count(view => !IsSilent(view));

    /// <summary>The views that were heard and are silent now, ascending.</summary>
    public IEnumerable<int> Silent => _views.Where(view => IsSilent(view.Value)).Select(view => view.Key);

    /// <summary>Takes which views a window had.</summary>
    /// <param name="views">Their numbers.</param>
    /// <param name="openedAt">When it opened, seconds.</param>
    public void Take(ReadOnlySpan<int> views, double openedAt)
    {
        Newest = Math.Max(Newest, openedAt);
        foreach (var number in views)
        {
            if (!_views.TryGetValue(number, out var view))
            {
                if (_views.Count == MostViews) _views.Remove(_views.MinBy(known => known.Value.HeardAt).Key);
                _views.Add(number, view = new PhiAccrual());
            }

            view.Heard(openedAt);
        }
    }

    private bool IsSilent(PhiAccrual view) => view.Phi(Newest, Pause) >= Threshold;
}
