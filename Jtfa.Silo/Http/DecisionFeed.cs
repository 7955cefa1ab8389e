using Jtfa.Interfaces;

namespace Jtfa.Silo.Http;

/// <summary>
/// A scene's last decisions for all who follow it live. The scene hands each over once, and it is written as an event once. A reader is
/// only a position here; one that falls behind what is kept continues from the log.
/// </summary>
internal sealed class DecisionFeed(string scene, TimeProvider clock) : IDecisionFollower
{
    /// <summary>Decisions kept.</summary>
    public const int Capacity = 4_096;

    // Readers are woken at once, and then no more often than this: at thousands of decisions a second each wake-up has many to write.
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(20);

    private readonly Lock _gate = new();
    private readonly Entry[] _ring = new Entry[Capacity];
    private readonly Dictionary<DecisionKey, long> _places = new(Capacity);
    private TaskCompletionSource _news = New();
    private PublishedMark? _known; // the last published decision that this feed knows of
    private long _first; // the oldest place kept
    private long _next;
    private long _wokenAt;
    private bool _waking;

    /// <summary>The scene.</summary>
    public string Scene => scene;

    /// <summary>Where the next decision will stand.</summary>
    public long Next
    {
        get
        {
            lock (_gate) return _next;
        }
    }

    /// <inheritdoc />
    public Task TakeAsync(DecisionBatch batch)
    {
        foreach (var decision in batch.Decisions) Take(decision);
        return Task.CompletedTask;
    }

    /// <summary>Notes how far the scene has published; if some decisions were not handed over, all that are kept are forgotten.</summary>
    public void Compare(PublishedMark published)
    {
        lock (_gate)
        {
            var missed = _known is { } known && published.IsAfter(known);
            if (_known is null || missed) _known = published;
            if (!missed) return;
            ForgetAll();
            WakeSoon();
        }
    }

    /// <summary>
    /// Takes a decision. One that it has already, because it is handed over again, changes nothing. If one before it is missing, all are
    /// forgotten.
    /// </summary>
    public void Take(Decision decision)
    {
        lock (_gate)
        {
            var mark = decision.Mark;
            if (_known is { } known)
            {
                if (!mark.IsAfter(known)) return;
                if (mark != known with { Number = known.Number + 1 }) ForgetAll();
            }

            _known = mark;
            if (!_places.TryAdd(decision.Key, _next)) return;
            ref var entry = ref _ring[_next % Capacity];
            if (_next - _first == Capacity)
            {
                _places.Remove(entry.Decision.Key);
                _first++;
            }

            entry = new Entry(decision);
            _next++;
            WakeSoon();
        }
    }

    /// <summary>Forgets all: some were missed, and readers find them in the log.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            ForgetAll();
            WakeSoon();
        }
    }

    /// <summary>Where a reader continues whose last decision was this; null when that is not kept any more.</summary>
    public long? After(DecisionPosition position)
    {
        lock (_gate) return _places.TryGetValue(position.Key, out var place) ? place + 1 : null;
    }

    /// <summary>What stands from a place on, at most <paramref name="count"/>; null when that is not kept any more.</summary>
    public IReadOnlyList<Entry>? From(long place, int count)
    {
        lock (_gate)
        {
            if (place < _first) return null;
            var entries = new Entry[Math.Min(count, _next - place)];
            for (var i = 0; i < entries.Length; i++) entries[i] = _ring[(place + i) % Capacity];
            return entries;
        }
    }

    /// <summary>Completes when there is something at a place or later.</summary>
    public Task WaitAsync(long place)
    {
        lock (_gate) return _next > place ? Task.CompletedTask : _news.Task;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void ForgetAll()
    {
        _places.Clear();
        Array.Clear(_ring);
        _first = ++_next; // so that readers who had read everything are behind, too
    }

    private void WakeSoon()
    {
        if (_waking) return;
        var wait = s_pace - clock.GetElapsedTime(_wokenAt);
        if (_wokenAt == 0 || wait <= TimeSpan.Zero)
        {
            Wake();
            return;
        }

        _waking = true;
        _ = Task.Delay(wait, clock).ContinueWith(
            _ =>
            {
                lock (_gate) Wake();
            },
            CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private void Wake()
    {
        (_waking, _wokenAt) = (false, clock.GetTimestamp());
        var news = _news;
        _news = New();
        news.SetResult();
    }

    /// <summary>A decision and, once a reader has asked for it, its event.</summary>
    public sealed class Entry(Decision decision)
    {
        private byte[]? _frame;

        public Decision Decision => decision;

        // Two readers may both write it: the same bytes.
        public byte[] Frame => _frame ??= FrameOf(decision);

        /// <summary>A decision's event; a reader sends its id to continue behind it.</summary>
        public static byte[] FrameOf(Decision decision) =>
            EventStream.Frame("decision", DecisionPosition.FromDecision(decision).ToString(), decision, JtfaJson.Options);
    }
}
