using Jtfa.Core;

namespace Jtfa.Experiments.Windows;

/// <summary>
/// The windows of a replay as an adaptation learns of them: when they have gone. A silo's lanes tell of them some tenths of a second later.
/// </summary>
internal sealed class AdaptedWindows(AdaptationRule rule, double linger)
{
    private readonly WindowAdaptation _adaptation = new(rule);
    private readonly Dictionary<long, Window> _byId = [];
    private readonly Queue<Window> _open = new();

    /// <summary>How long a window stays, seconds.</summary>
    public double Stay { get; } = (rule.AdaptsTimeout ? rule.TMax : rule.T) + linger;

    /// <summary>Views needed now.</summary>
    public int K => _adaptation.K;

    /// <summary>The timeout now, seconds.</summary>
    public double T => _adaptation.T;

    /// <summary>Lets windows go whose time is over.</summary>
    public void Advance(double now)
    {
        while (_open.TryPeek(out var window) && window.OpenedAt + Stay <= now)
        {
            _open.Dequeue();
            _byId.Remove(window.Id);
            _adaptation.Take([.. window.Views], [.. window.Delays], window.OpenedAt);
        }
    }

    /// <summary>Notes that a view's token came to a window.</summary>
    public void Note(long id, int view, double receivedAt)
    {
        if (!_byId.TryGetValue(id, out var window))
        {
            _byId.Add(id, window = new Window(id, receivedAt, [], []));
            _open.Enqueue(window);
        }

        if (window.Views.Contains(view)) return;
        window.Views.Add(view);
        window.Delays.Add(receivedAt - window.OpenedAt);
    }

    private sealed record Window(long Id, double OpenedAt, List<int> Views, List<double> Delays);
}
