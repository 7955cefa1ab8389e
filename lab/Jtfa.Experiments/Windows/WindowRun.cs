using Jtfa.Core;

namespace Jtfa.Experiments.Windows;

/// <summary>The windows of one replay, all of them: a window opens with its first arrival and fires once, complete or due.</summary>
/// <param name="expected">N, the most distinct views of a window.</param>
/// <param name="head">Gate and head.</param>
internal sealed class WindowRun(int expected, FusionHead head)
{
    private readonly Dictionary<long, Window> _windows = [];
    private readonly PriorityQueue<Window, (double Due, long Id)> _due = new();
    private readonly List<ReplayedDecision> _decisions = [];
    private int _late;
    private int _duplicates;
    private int _surplus;
    private int _rejected;

    public ReplayedWindows Result => new(_decisions, _late, _duplicates, _surplus, _rejected);

    /// <summary>Takes all arrivals, then lets every window come due.</summary>
    /// <param name="arrivals">By receive time.</param>
    /// <param name="key">
    /// An arrival's window, when that is due and how many views it needs if it opens with this one; null rejects it.
    /// </param>
    public void Take(IReadOnlyList<Arrival> arrivals, Func<Arrival, (long Id, double Due, int Needed)?> key)
    {
        var touched = new List<Window>();
        for (var next = 0; next < arrivals.Count;)
        {
            var now = arrivals[next].ReceivedAt;
            FireDue(now);
            touched.Clear();
            for (; next < arrivals.Count && arrivals[next].ReceivedAt == now; next++)
            {
                if (key(arrivals[next]) is not { } found) _rejected++;
                else if (Add(arrivals[next], found) is { } window) touched.Add(window);
            }

            foreach (var window in touched)
            {
                if (window.Views.Count >= window.Needed && !window.HasFired) Fire(window, FireCause.K, now);
            }
        }

        FireDue(double.MaxValue); // except those that are never due
    }

    // The window that took it; null where it came too late for that or there was no room.
    private Window? Add(Arrival arrival, (long Id, double Due, int Needed) found)
    {
        var (id, due, needed) = found;
        if (!_windows.TryGetValue(id, out var window))
        {
            if (due <= arrival.ReceivedAt)
            {
                _late++;
                return null;
            }

            _windows.Add(id, window = new Window(id, due, needed));
            _due.Enqueue(window, (due, id));
        }

        if (window.HasFired)
        {
            _late++;
            return null;
        }

        var isKnown = window.Views.ContainsKey(arrival.View);
        if (isKnown) _duplicates++;
        else if (window.Views.Count == expected)
        {
            _surplus++;
            return null;
        }

        window.Views[arrival.View] = arrival; // the newest of a view wins
        return window;
    }

    private void FireDue(double now)
    {
        while (_due.TryPeek(out var window, out var priority) && priority.Due <= now)
        {
            _due.Dequeue();
            if (!window.HasFired) Fire(window, FireCause.T, window.Due);
        }
    }

    // In order of view, as a silo fuses: so the decision does not depend on the order of arrival.
    private void Fire(Window window, FireCause cause, double now)
    {
        var (m, d) = (window.Views.Count, head.Dimension);
        var (vectors, qualities, fused) = (new float[m * d], new float[m], new float[d]);
        var (i, bytes, latency) = (0, 0, 0.0);
        foreach (var arrival in window.Views.Values)
        {
            arrival.Vector.CopyTo(vectors.AsMemory(i * d));
            qualities[i++] = arrival.Quality;
            bytes += arrival.Bytes;
            latency += now - arrival.Timestamp;
        }

        head.Fuse(vectors, qualities, head.Beta, new float[m], fused);
        var gt = Majority(window.Views.Values.Select(arrival => arrival.Label));
        _decisions.Add(new ReplayedDecision(
            window.Id, now, cause, [.. window.Views.Keys], (double)m / expected, bytes, latency / m, head.Decide(fused).Pred, gt));
        window.Close();
    }

    private static int Majority(IEnumerable<int> labels) => labels.Where(label => label >= 0).GroupBy(label => label)
        .OrderByDescending(group => group.Count()).ThenBy(group => group.Key).Select(group => group.Key).DefaultIfEmpty(-1).First();

    private sealed class Window(long id, double due, int needed)
    {
        public long Id => id;

        public int Needed => needed;

        public double Due => due;

        public bool HasFired { get; private set; }

        public SortedDictionary<int, Arrival> Views { get; } = [];

        /// <summary>It has fired: what it held is needed no more.</summary>
        public void Close()
        {
            HasFired = true;
            Views.Clear();
        }
    }
}
