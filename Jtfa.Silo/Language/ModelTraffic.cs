using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Language.Serving;

namespace Jtfa.Silo.Language;

/// <summary>
/// What passes through a model: its last seconds, for live pages, and its minutes, each of which is handed on when it is over. It is looked
/// at once a second, and told of each text that ends. From whichever thread.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="silo">The silo.</param>
/// <param name="clock">What time it is.</param>
/// <param name="log">Takes the minutes.</param>
internal sealed class ModelTraffic(string model, string silo, TimeProvider clock, Action<ModelMinute> log)
{
    // The texts that the percentiles of a second are over.
    private const double RecentSeconds = 60;
    private const int MostRecent = 10_000;

    // A clock that is a little behind is waited for.
    private const double ShortStep = 2;

    private readonly Lock _gate = new();
    private readonly List<ModelSecond> _seconds = [];
    private readonly List<(double At, TextEnd End)> _recent = [];
    private readonly List<(double At, long Drafted, long Accepted)> _drafts = [];
    private readonly Minute _minute = new(clock.UnixSeconds());
    private EngineStatistics _before;
    private double _steps; // in the last second
    private long _looked = clock.GetTimestamp();

    /// <summary>Its last seconds behind a time, oldest first.</summary>
    /// <param name="time">Seconds since 1970.</param>
    public ModelSecond[] SecondsAfter(double time)
    {
        lock (_gate) return [.. _seconds.Where(second => second.Time > time)];
    }

    /// <summary>The share of the last second in which the model computed, and its steps in it; null where there was none.</summary>
    public (double Load, double Steps)? Last
    {
        get
        {
            lock (_gate) return _seconds is [.., var last] ? (last.Load, _steps) : null;
        }
    }

    /// <summary>Counts a text that has ended.</summary>
    public void Count(TextEnd end)
    {
        lock (_gate)
        {
            var now = clock.UnixSeconds();
            EndMinuteUpTo(now);
            _minute.Add(end);
            if (_recent.Count < MostRecent) _recent.Add((now, end));
        }
    }

    /// <summary>Counts a request that found no place.</summary>
    public void CountBusy()
    {
        lock (_gate)
        {
            EndMinuteUpTo(clock.UnixSeconds());
            _minute.Busy++;
        }
    }

    /// <summary>Takes what the model has done until now; nothing where it is not loaded.</summary>
    public void Look(EngineStatistics now)
    {
        lock (_gate)
        {
            var (time, passed) = (clock.UnixSeconds(), clock.GetElapsedTime(_looked).TotalSeconds);
            _looked = clock.GetTimestamp();
            EndMinuteUpTo(time);
            var before = now.Steps < _before.Steps ? default : _before; // it was loaded anew
            _before = now;
            var (steps, rows) = (now.Steps - before.Steps, now.ComputedTokens - before.ComputedTokens);
            _minute.Add(steps, rows, now.PagesRead);
            _drafts.Add((time, now.DraftedTokens - before.DraftedTokens, now.AcceptedTokens - before.AcceptedTokens));

            // What lies ahead is of before the clock was set back.
            _drafts.RemoveAll(one => one.At < time - RecentSeconds || one.At > time);
            _recent.RemoveAll(one => one.At < time - RecentSeconds || one.At > time);
            _seconds.RemoveAll(one => one.Time >= time);
            if (passed <= 0) return;
            _steps = steps / passed;
            _seconds.Add(SecondOf(time, passed, now, before, steps > 0 ? (double)rows / steps : double.NaN));
            if (_seconds.Count > ModelSecond.MostKept) _seconds.RemoveAt(0);
        }
    }

    /// <summary>Ends the minute under way before its time: the silo stops.</summary>
    public void End()
    {
        lock (_gate)
        {
            var now = clock.UnixSeconds();
            EndMinuteUpTo(now);
            Append(now);
        }
    }

    private ModelSecond SecondOf(double time, double passed, EngineStatistics now, EngineStatistics before, double batch)
    {
        var firsts = Sorted(_recent.Select(text => text.End.TimeToFirstToken));
        var others = Sorted(_recent.Select(text => text.End.TimePerOutputToken));
        var drafted = _drafts.Sum(second => second.Drafted);
        return new ModelSecond
        {
            Time = time,
            Prefilled = (now.PrefilledTokens - before.PrefilledTokens) / passed,
            Decoded = (now.CompletionTokens - before.CompletionTokens) / passed,
            Load = Math.Min(1, (now.WorkSeconds - before.WorkSeconds) / passed),
            Batch = batch,
            Running = now.Running,
            Waiting = now.Waiting,
            Stalled = now.Stalled,
            PagesRead = now.PagesRead,
            PagesRemembered = now.PagesRemembered,
            Ended = _recent.Count,
            FirstTokenP50 = Quantile(firsts, 0.5),
            FirstTokenP99 = Quantile(firsts, 0.99),
            PerTokenP50 = Quantile(others, 0.5),
            PerTokenP99 = Quantile(others, 0.99),
            Acceptance = drafted > 0 ? (double)_drafts.Sum(second => second.Accepted) / drafted : double.NaN,
        };
    }

    private static double[] Sorted(IEnumerable<double?> values) => [.. values.OfType<double>().Order()];

    private static double Quantile(double[] sorted, double share) =>
        sorted.Length == 0 ? double.NaN : sorted[(int)(share * (sorted.Length - 1))];

    // Where the clock was set back into an earlier minute, the one under way ends, and one begins in the midst of the earlier.
    private void EndMinuteUpTo(double now)
    {
        var (number, last) = (NumberOf(now), _minute.Last);
        _minute.Last = now;
        if (number == _minute.Number || (number < _minute.Number && now > last - ShortStep)) return;
        Append(number > _minute.Number ? (_minute.Number + 1.0) * ModelMinute.Seconds : last);
        if (number < _minute.Number) _minute.Began = now;
        _minute.Number = number;
    }

    private void Append(double to)
    {
        if (_minute.HasEvents) log(_minute.Told(model, silo, to));
        _minute.Clear();
    }

    private static long NumberOf(double time) => (long)Math.Floor(time / ModelMinute.Seconds);

    /// <summary>The minute under way.</summary>
    private sealed class Minute(double began)
    {
        private readonly long[] _ended = new long[Enum.GetValues<TextFinish>().Length];
        private readonly PercentileSketch _firstToken = new();
        private readonly PercentileSketch _perToken = new();
        private readonly PercentileSketch _completion = new();
        private long _prompt;
        private long _cached;
        private long _written;
        private long _steps;
        private long _rows;
        private int _pages;

        public double Began { get; set; } = began;

        public double Last { get; set; } = began;

        public long Number { get; set; } = NumberOf(began);

        public long Busy { get; set; }

        public bool HasEvents => _completion.Count + Busy + _steps > 0;

        public void Add(TextEnd end)
        {
            _ended[(int)end.Finish]++;
            _prompt += end.PromptTokens;
            _cached += end.CachedTokens;
            _written += end.CompletionTokens;
            if (end.TimeToFirstToken is { } first) _firstToken.Add(first);
            if (end.TimePerOutputToken is { } other) _perToken.Add(other);
            _completion.Add(end.JobCompletionTime);
        }

        public void Add(long steps, long rows, int pages) =>
            (_steps, _rows, _pages) = (_steps + steps, _rows + rows, Math.Max(_pages, pages));

        public ModelMinute Told(string model, string silo, double to) => new()
        {
            Model = model,
            Silo = silo,
            From = Math.Max(Began, (double)Number * ModelMinute.Seconds),
            To = to,
            Stop = _ended[(int)TextFinish.Stop],
            Length = _ended[(int)TextFinish.Length],
            Cancelled = _ended[(int)TextFinish.Cancelled],
            Abandoned = _ended[(int)TextFinish.Abandoned],
            Failed = _ended[(int)TextFinish.Failed],
            ShutDown = _ended[(int)TextFinish.ShutDown],
            Busy = Busy,
            PromptTokens = _prompt,
            CachedTokens = _cached,
            CompletionTokens = _written,
            FirstTokenP50 = _firstToken.Quantile(0.5),
            FirstTokenP90 = _firstToken.Quantile(0.9),
            FirstTokenP99 = _firstToken.Quantile(0.99),
            PerTokenP50 = _perToken.Quantile(0.5),
            PerTokenP90 = _perToken.Quantile(0.9),
            PerTokenP99 = _perToken.Quantile(0.99),
            CompletionP50 = _completion.Quantile(0.5),
            CompletionP99 = _completion.Quantile(0.99),
            Batch = _steps > 0 ? (double)_rows / _steps : double.NaN,
            PagesPeak = _pages,
        };

        public void Clear()
        {
            Array.Clear(_ended);
            _firstToken.Reset();
            _perToken.Reset();
            _completion.Reset();
            (Busy, _prompt, _cached, _written, _steps, _rows, _pages) = (0, 0, 0, 0, 0, 0, 0);
        }
    }
}
