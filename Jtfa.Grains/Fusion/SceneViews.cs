using System.Numerics;
using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>A scene's camera views: what gateways received of each, and which were in time for the last windows.</summary>
/// <param name="names">Names that the scene's configuration gives to views: they go before the cameras' own.</param>
/// <param name="events">Takes which views are missing, are heard again or have a fault.</param>
internal sealed class SceneViews(IReadOnlyDictionary<int, string> names, SceneEvents events)
{
    // Any sender may make up view numbers: beyond this many, the view that has been silent longest is forgotten.
    private const int MostViews = 2 * ScenePolicy.MaxViews;

    private readonly Dictionary<int, View> _views = [];
    private readonly Ring<Window> _windows = new(WindowArrivals.MostKept);

    /// <summary>
    /// Tokens that the views have lost since the scene was activated, without those that a gateway had counted before its first report.
    /// </summary>
    public long Lost { get; private set; }

    /// <summary>The views that have sent a token since the scene was activated, ascending.</summary>
    public IEnumerable<int> Sending => _views.Where(view => view.Value.HasSent).Select(view => view.Key).Order();

    /// <summary>The longest period of a view that sends now, seconds; 0 where no rate is known.</summary>
    public double LongestPeriod(double now) => _views.Values.Select(view => view.PeriodAt(now)).DefaultIfEmpty().Max();

    /// <summary>The views whose tokens are refused, because another model made them: their cameras, where known, and the models.</summary>
    public IEnumerable<(int View, string? Camera, string Model)> WithWrongModel(double now) =>
        from view in _views
        let model = view.Value.WrongModelAt(now)
        where model is not null
        orderby view.Key
        select (view.Key, names.GetValueOrDefault(view.Key) ?? view.Value.News?.Camera, model);

    /// <summary>Takes from a decision which views were in time.</summary>
    public void Count(Decision decision)
    {
        foreach (var view in decision.Views) GetOrAdd(view, decision.Timestamp).CountOnTime();
        _windows.Add(new Window { Key = decision.Key, Cause = decision.Cause, OnTime = new ViewSet(decision.Views) });
    }

    /// <summary>Takes which views came too late for a window that has gone.</summary>
    public void CountLate(WindowTally tally, double now)
    {
        foreach (var view in tally.LateViews) GetOrAdd(view, now).CountLate();

        var key = new DecisionKey(tally.ClockEpoch, tally.Decision);

        // Newest first: a window goes soon after its decision. A busy scene may have dropped it from the ring already.
        for (var i = _windows.Count - 1; i >= 0; i--)
        {
            ref var window = ref _windows[i];
            if (window.Key != key) continue;
            window.Late = new ViewSet(tally.LateViews);
            return;
        }
    }

    /// <summary>Takes what a gateway has received so far.</summary>
    public void Take(string gateway, ViewTraffic[] views)
    {
        foreach (var traffic in views) Lost += GetOrAdd(traffic.View, traffic.LastTokenAt).Take(gateway, traffic);
    }

    /// <summary>Takes what a camera tells of itself.</summary>
    public void Announce(int view, CameraNews news, double now)
    {
        var announced = GetOrAdd(view, now);
        var (before, name) = (announced.News, names.GetValueOrDefault(view) ?? news.Camera);
        (announced.News, announced.FaultAt) = (news, now);
        if (news.SwitchedOff != (before?.SwitchedOff ?? false))
            events.Add(
                now, news.SwitchedOff ? SceneEventKind.SwitchedOff : SceneEventKind.SwitchedOn,
                $"{name} was switched {(news.SwitchedOff ? "off" : "on")}", view);
        if (news.Fault == before?.Fault) return;
        if (news.Fault is { } fault) events.Add(now, SceneEventKind.Fault, $"{name}: {fault}", view);
        else events.Add(now, SceneEventKind.Mended, $"{name} captures again", view);
    }

    /// <summary>Notes which views are missing since the last look, and which are heard again.</summary>
    public void NoteSilence(double now)
    {
        foreach (var (number, view) in _views)
        {
            if (view.NoteSilence(now) is not { } missing) continue;
            var name = NameOf(number);
            if (missing) events.Add(view.LastTokenAt, SceneEventKind.Missing, $"{name} is missing", number);
            else events.Add(now, SceneEventKind.Heard, $"{name} is heard", number);
        }
    }

    /// <summary>What people call a view.</summary>
    public string NameOf(int view) => names.GetValueOrDefault(view) ?? _views.GetValueOrDefault(view)?.News?.Camera ?? $"view {view}";

    /// <summary>How the cameras are doing at a time, by view number.</summary>
    public CameraHealth[] Health(double now) =>
        [.. _views.OrderBy(view => view.Key).Select(view => view.Value.Health(view.Key, names.GetValueOrDefault(view.Key), now))];

    /// <summary>The last windows, at most <paramref name="count"/>, oldest first.</summary>
    public WindowArrivals[] Last(int count) =>
        _windows.Last(
            count, window => new WindowArrivals(
                window.Key.Id, window.Cause, window.OnTime.ToArray(), window.Late.ToArray(), window.Key.ClockEpoch));

    /// <summary>
    /// Of the last windows those that fired by T with fewer than K views, while a neighbour that did so too has the views that are missing:
    /// together they would have fired by K. So it is where the tokens of one moment come in two windows.
    /// </summary>
    /// <param name="count">How many windows to look at, at most.</param>
    /// <param name="k">K.</param>
    /// <returns>Their number, and how many windows were looked at.</returns>
    public (int Split, int Windows) SplitWindows(int count, int k)
    {
        var windows = Math.Min(count, _windows.Count);
        var few = new List<(DecisionKey Key, ViewSet OnTime)>();
        for (var i = _windows.Count - windows; i < _windows.Count; i++)
        {
            ref var window = ref _windows[i];
            if (window.Cause == FireCause.T && window.OnTime.Count < k) few.Add((window.Key, window.OnTime));
        }

        // Lanes report in turns, so that neighbours may come in any order.
        few.Sort(static (one, other) => (one.Key.ClockEpoch, one.Key.Id).CompareTo((other.Key.ClockEpoch, other.Key.Id)));
        var (split, joinsBefore) = (0, false);
        for (var i = 0; i < few.Count; i++)
        {
            var joinsNext = i + 1 < few.Count && few[i + 1].Key == few[i].Key with { Id = few[i].Key.Id + 1 }
                && few[i].OnTime.CountWith(few[i + 1].OnTime) >= k;
            if (joinsBefore || joinsNext) split++;
            joinsBefore = joinsNext;
        }

        return (split, windows);
    }

    private View GetOrAdd(int number, double seen)
    {
        if (!_views.TryGetValue(number, out var view))
        {
            if (_views.Count == MostViews) _views.Remove(_views.MinBy(known => known.Value.LastSeen).Key);
            _views[number] = view = new View();
        }

        view.LastSeen = Math.Max(view.LastSeen, seen);
        return view;
    }

    private struct Window
    {
        public DecisionKey Key;
        public FireCause Cause;
        public ViewSet OnTime;
        public ViewSet Late;
    }

    private sealed class View
    {
        // How many of the last tokens decide whether a camera is on time or late.
        private const int Marks = 20;

        // Gateways whose figures are kept apart; a gateway counts as another after a restart.
        private const int MostGateways = 8;

        // Seconds: three times as long as a camera takes to repeat it.
        private const double FaultLasts = 15;

        private static readonly ViewTraffic s_none = new(0, 0, 0, 0, 0, 0, 0, 0, 0);

        private readonly List<(string Gateway, ViewTraffic Traffic)> _traffic = [];
        private ViewTraffic _before = s_none;
        private long _onTime;
        private long _late;
        private uint _marks; // a bit a token, the newest lowest; 1: late

        private bool _isMissing = true;

        public CameraNews? News { get; set; }

        public double FaultAt { get; set; }

        public double LastSeen { get; set; }

        public bool HasSent => _traffic.Count > 0;

        public double LastTokenAt => _traffic.Count > 0 ? _traffic.Max(known => known.Traffic.LastTokenAt) : 0;

        // True where it is missing now and was not at the last look, false where it is heard now and was not; null where all is as it was.
        public bool? NoteSilence(double now)
        {
            var isMissing = TimingAt(now, Newest(now)) == CameraTiming.Missing;
            if (isMissing == _isMissing) return null;
            return _isMissing = isMissing;
        }

        public void CountOnTime()
        {
            _onTime++;
            _marks <<= 1;
        }

        public void CountLate()
        {
            _late++;
            _marks = (_marks << 1) | 1;
        }

        // Returns how many more tokens are lost than this gateway last reported; below 0 where tokens counted as lost came after all.
        public long Take(string gateway, ViewTraffic traffic)
        {
            var lost = 0L;
            if (_traffic.FindIndex(known => known.Gateway == gateway) is >= 0 and var known)
            {
                // A gateway that forgot the view to make room for others counts from 0 when the view comes again.
                var told = _traffic[known].Traffic;
                var isAnew = traffic.Tokens < told.Tokens && traffic.LastTokenAt >= told.LastTokenAt;
                if (isAnew) _before = Sum(_before, told);
                lost = traffic.Lost - (isAnew ? 0 : told.Lost);
                _traffic.RemoveAt(known);
            }
            else if (_traffic.Count == MostGateways)
            {
                _before = Sum(_before, _traffic[0].Traffic);
                _traffic.RemoveAt(0);
            }

            _traffic.Add((gateway, traffic));
            return lost;
        }

        // Not of a view that sends no more.
        public string? WrongModelAt(double now) =>
            Newest(now) is { WrongModel: { } model } newest && Math.Abs(now - newest.LastTokenAt) < FaultLasts ? model : null;

        public double PeriodAt(double now) =>
            Newest(now) is { RateHz: > 0 } newest && TimingAt(now, newest) != CameraTiming.Missing ? 1 / newest.RateHz : 0;

        public CameraHealth Health(int view, string? name, double now)
        {
            var newest = Newest(now);
            var all = _traffic.Aggregate(_before, (sum, known) => Sum(sum, known.Traffic));
            return new CameraHealth
            {
                View = view,
                Camera = name ?? News?.Camera,
                Declared = News?.Camera,
                SwitchedOff = News?.SwitchedOff ?? false,
                GivesPictures = News is { GivesPictures: true, SwitchedOff: false },
                Timing = TimingAt(now, newest),
                LastTokenAt = newest.LastTokenAt,
                Tokens = all.Tokens,
                Bytes = all.Bytes,
                RateHz = newest.RateHz,
                Kbps = newest.Kbps,
                Lost = all.Lost,
                Copies = all.Copies,
                Saved = all.Saved,
                Jitter = newest.Jitter,
                ClockOffset = newest.ClockOffset,
                OnTime = _onTime,
                Late = _late,
                Fault = now - FaultAt < FaultLasts && News?.Fault is { } fault ? fault
                    : WrongModelAt(now) is { } model ? $"its tokens are refused: model {model} made them, not the scene's" : null,
            };
        }

        // A time ahead of this clock is from before it was set back.
        private ViewTraffic Newest(double now) => _traffic.Count > 0
            ? _traffic.MaxBy(known => (known.Traffic.LastTokenAt <= now + 1, known.Traffic.LastTokenAt)).Traffic
            : s_none;

        private static ViewTraffic Sum(ViewTraffic one, ViewTraffic other) => s_none with
        {
            Tokens = one.Tokens + other.Tokens,
            Bytes = one.Bytes + other.Bytes,
            Lost = one.Lost + other.Lost,
            Copies = one.Copies + other.Copies,
            Saved = one.Saved + other.Saved,
        };

        private CameraTiming TimingAt(double now, ViewTraffic newest)
        {
            var patience = newest.RateHz > 0 ? Math.Max(1, 3 / newest.RateHz) : 1;
            if (Math.Abs(now - newest.LastTokenAt) > patience) return CameraTiming.Missing;
            var marks = (int)Math.Min(Marks, _onTime + _late);
            return 2 * BitOperations.PopCount(_marks & ((1u << marks) - 1)) > marks ? CameraTiming.Late : CameraTiming.OnTime;
        }
    }
}

/// <summary>What a camera tells of itself.</summary>
/// <param name="Camera">Its name.</param>
/// <param name="Fault">What keeps it from giving tokens now; null when nothing does.</param>
/// <param name="SwitchedOff">Whether somebody has switched it off.</param>
/// <param name="GivesPictures">Whether it gives pictures of what it sees.</param>
internal sealed record CameraNews(string Camera, string? Fault, bool SwitchedOff, bool GivesPictures);
