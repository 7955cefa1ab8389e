using System.Runtime.InteropServices;
using Jtfa.Language.Caches;
using Jtfa.Language.Generation;
using Jtfa.Language.Models;
using Jtfa.Language.Rings;

namespace Jtfa.Language.Serving;

/// <summary>
/// Decides before each step which texts go through the model together, and computes the step (iteration-level scheduling: Yu et al. 2022,
/// "Orca"; pages taken back and computed anew: Kwon et al. 2023). A step has one text token of each running text and up to a chunk of the
/// prompts of those that joined. All lists are in the order of submission: the oldest is served first, and the youngest gives way.
/// <para>
/// Where the model's later blocks are stages elsewhere, a batch is sent on after the first blocks, and its text tokens are chosen when its
/// hidden states have come back; meanwhile others go their way. Stages compute batches in their order, so that pages may be given to
/// another text while a batch that reads them is on its way. What stages hold can be lost at any time: all texts are then computed anew.
/// </para>
/// For one thread at a time.
/// </summary>
internal sealed class Scheduler : IDisposable
{
    // Rows of guesses and texts that go on, together at most: with more, a guess costs as much as it saves.
    private const int DraftedRows = 8;

    private const double NewShare = 0.2; // of the last text in the mean of serving times

    private readonly LanguageModel _model;
    private readonly PagePool _pool;
    private readonly PrefixCache _prefixes;
    private readonly EngineOptions _options;
    private readonly TimeProvider _time;
    private readonly EngineMetrics _metrics;
    private readonly IRing? _ring;
    private readonly List<SentBatch> _sent = [];
    private readonly List<int> _wantedRows = [];
    private int? _epoch;
    private long _number;
    private readonly List<ServedSequence> _waiting = [];
    private readonly List<ServedSequence> _running = [];
    private readonly List<ServedSequence> _stalled = [];
    private readonly List<ServedSequence> _prefilled = [];
    private readonly List<(ServedSequence Sequence, int Row)> _chosen = [];
    private readonly Batch _batch = new();
    private readonly int _textTokens;
    private float[] _states = [];
    private float[] _logits = [];
    private readonly List<(GenerationStream Stream, GenerationResult Result)> _ended = [];
    private readonly Lock _gate = new();
    private EngineStatistics _statistics;
    private Totals _totals;
    private double _servingSeconds;

    /// <summary>Nothing runs and nothing waits.</summary>
    /// <param name="model">What computes.</param>
    /// <param name="textTokens">Text tokens of the tokenizer; the model may have more logits, to which nothing belongs.</param>
    /// <param name="pool">Keys and values.</param>
    /// <param name="options">How it serves.</param>
    /// <param name="time">The clock.</param>
    /// <param name="metrics">Are told of each step.</param>
    /// <param name="ring">The stages after the model's blocks; null: it has all.</param>
    public Scheduler(
        LanguageModel model, int textTokens, PagePool pool, EngineOptions options, TimeProvider time, EngineMetrics metrics,
        IRing? ring = null)
    {
        (_textTokens, _ring) = (textTokens, ring);
        (_model, _pool, _options, _time, _metrics) = (model, pool, options, time, metrics);
        _prefixes = new PrefixCache(pool);
        Tell();
    }

    /// <summary>What there was after the last step, and what was done. From whichever thread.</summary>
    public EngineStatistics Statistics
    {
        get
        {
            lock (_gate) return _statistics;
        }
    }

    /// <summary>When the first text that stands still will be given up; null: none does.</summary>
    public TimeSpan? NextDeadline =>
        _stalled.Count == 0 ? null : _options.ReaderPatience - _stalled.Max(sequence => _time.GetElapsedTime(sequence.Stalled));

    /// <summary>A text that was submitted.</summary>
    public void Add(ServedSequence sequence) => Insert(_waiting, sequence);

    /// <summary>Computes a step, if there is something to compute.</summary>
    /// <returns>Whether there was.</returns>
    public bool Step()
    {
        var begun = _time.GetTimestamp();
        var isWorking = _ring is not null && LookAtRing(_ring);
        EndUnwanted();
        Stall();
        Resume();
        if (_ring is null || _epoch is not null) Admit();
        if (_running.Count > 0 && (_ring is null || _sent.Count < _ring.Stages))
        {
            var began = _time.GetTimestamp();
            Compose();
            if (_batch.Rows.Count > 0)
            {
                Compute();
                _totals.Steps++;
                _metrics.CountStep(_time.GetElapsedTime(began), _batch.Rows.Count);
                isWorking = true;
            }
        }

        if (isWorking) _totals.WorkSeconds += _time.GetElapsedTime(begun).TotalSeconds;
        Tell();
        return isWorking;
    }

    /// <summary>Ends all texts.</summary>
    public void EndAll(GenerationEnding ending, string fault)
    {
        foreach (var list in (List<ServedSequence>[])[_running, _stalled, _waiting])
            while (list.Count > 0) End(list[^1], ending, fault, isComputed: false);
        Tell();
    }

    /// <summary>Forgets all pages; all texts have ended.</summary>
    public void Dispose() => _prefixes.Dispose();

    // Returns whether something came back.
    private bool LookAtRing(IRing ring)
    {
        if (ring.Epoch is var epoch && epoch != _epoch)
        {
            if (_epoch is not null) Forget();
            (_epoch, _number) = (epoch, 0);
        }

        var isWorking = false;
        while (ring.TryTake(out var message))
        {
            if (!ReturnedStates.TryPeek(message, out var of, out var number) || of != _epoch) continue;
            if (_sent.Find(sent => sent.Number == number) is not { } batch) continue;
            isWorking = true;
            try
            {
                ReturnedStates.Read(message, _model.Sizes.Width, StatesFor(batch.Wanted.Count));
            }
            catch (RingException fault)
            {
                ring.Lose(of, fault.Message);
                continue;
            }

            _sent.Remove(batch);
            ChooseAll(batch.Wanted);
        }

        return isWorking;
    }

    // The stages have lost what they held. Nothing is sampled twice: a text goes on with the text tokens that it has.
    private void Forget()
    {
        foreach (var batch in _sent)
            foreach (var (sequence, _) in batch.Wanted) sequence.IsAwaited = false;
        _sent.Clear();
        foreach (var list in (ReadOnlySpan<List<ServedSequence>>)[_running, _stalled])
        {
            foreach (var sequence in list)
            {
                if (sequence.Cache.Length == 0) continue;
                sequence.Cache.Truncate(0);
                if (sequence.FirstToken is null) sequence.CachedTokens = 0;
                sequence.Recoveries++;
            }
        }

        foreach (var sequence in _running) Insert(_waiting, sequence);
        _running.Clear();
        _prefixes.Clear();
        _totals.Recoveries++;
        _metrics.CountRecovery();
    }

    private void EndUnwanted()
    {
        foreach (var list in (ReadOnlySpan<List<ServedSequence>>)[_waiting, _running, _stalled])
        {
            for (var i = list.Count - 1; i >= 0; i--)
                if (list[i].Stream.IsCancelled) End(list[i], GenerationEnding.Cancelled);
        }

        for (var i = _stalled.Count - 1; i >= 0; i--)
        {
            if (_stalled[i].Stream.HasCaughtUp || _time.GetElapsedTime(_stalled[i].Stalled) < _options.ReaderPatience) continue;
            End(_stalled[i], GenerationEnding.Abandoned, $"The text was given up: {_options.BufferedPieces} pieces of it were not read for "
                + $"{_options.ReaderPatience.TotalSeconds:0.###} s.");
        }
    }

    // Those whose readers are too far behind leave those that run. They keep their pages until another needs them.
    private void Stall()
    {
        for (var i = _running.Count - 1; i >= 0; i--)
        {
            var sequence = _running[i];
            if (sequence.Stream.Room > 0) continue;
            sequence.Stalled = _time.GetTimestamp();
            sequence.Stream.IsStalled = true;
            _running.RemoveAt(i);
            Insert(_stalled, sequence);
        }
    }

    // They come before those that wait, since they ran already.
    private void Resume()
    {
        var hasPlaces = _options.Batching == Batching.Dynamic || _running.Count == 0;
        for (var i = 0; i < _stalled.Count && hasPlaces && _running.Count < _options.MaxRunning; i++)
        {
            var sequence = _stalled[i];
            if (!sequence.Stream.HasCaughtUp) continue;
            sequence.Stream.IsStalled = false;
            _stalled.RemoveAt(i--);
            Insert(sequence.Cache.Length > 0 ? _running : _waiting, sequence);
        }
    }

    private void Admit()
    {
        if (_options.Batching == Batching.Static && _running.Count > 0) return;
        while (_waiting.Count > 0 && _running.Count < _options.MaxRunning)
        {
            var next = _waiting[0];
            Adopt(next);
            if (_running.Count > 0 && !HasPagesFor(next))
            {
                next.Cache.Truncate(0);
                next.CachedTokens = 0;
                return;
            }

            _waiting.RemoveAt(0);
            Insert(_running, next);
            next.Started ??= _time.GetTimestamp();
        }
    }

    // A text is admitted when all of it finds room, beside what the running ones still lack and a page more for each: else the youngest
    // would be sent away soon. The first of all is always admitted, since no text is accepted that the pool cannot hold.
    private bool HasPagesFor(ServedSequence next)
    {
        var needed = Lacking(next) + 1;
        foreach (var sequence in _running) needed += Lacking(sequence) + 1;
        while (needed > _pool.Available)
        {
            if (!TryTakeFromStalled()) return false;
        }

        return true;
    }

    private static int Lacking(ServedSequence sequence) => CachedSequence.PagesOf(sequence.Tokens.Count) - sequence.Cache.Pages;

    private void Compose()
    {
        _batch.Clear();
        _chosen.Clear();
        _prefilled.Clear();
        var (left, places) = (_options.ChunkTokens, Places);
        for (var i = 0; i < _running.Count && places > 0; i++)
        {
            var sequence = _running[i];
            if (sequence.IsAwaited) continue; // its next text token is not chosen yet
            if (sequence.Pending > 1 && left > 0) Adopt(sequence);
            var (isPrompt, count) = (sequence.Pending > 1, Math.Min(sequence.Pending, left));
            if (!isPrompt) count = 1;
            if (count == 0) continue;
            var isDrafted = !isPrompt && TryTakeDraft(sequence);
            if (!isDrafted && !TryTake(sequence, count)) return; // it was the youngest
            if (isPrompt)
            {
                left -= count;
                _totals.PrefilledTokens += count;
                _prefilled.Add(sequence);
            }

            places--;
            if (sequence.Pending <= 0) _chosen.Add((sequence, _batch.Rows.Count - 1 - (sequence.Draft?.Count ?? 0)));
        }
    }

    // Texts that go together: where there are stages, each is to have as many texts as the others.
    private int Places => _ring is null ? int.MaxValue : (_running.Count + _ring.Stages - 1) / _ring.Stages;

    // Takes text tokens into the batch. Where pages are short, younger texts give theirs; none of them is in the batch yet.
    private bool TryTake(ServedSequence sequence, int count)
    {
        var tokens = CollectionsMarshal.AsSpan(sequence.Tokens).Slice(sequence.Cache.Length, count);
        while (!_batch.TryAdd(sequence.Cache, tokens))
        {
            if (TryTakeFromStalled()) continue;
            var youngest = _running[^1];
            _running.RemoveAt(_running.Count - 1);
            Preempt(youngest);
            Insert(_waiting, youngest);
            if (youngest == sequence) return false;
        }

        return true;
    }

    // Nobody gives pages for a guess.
    private bool TryTakeDraft(ServedSequence sequence)
    {
        if (sequence.Draft is not { } draft || _ring is not null) return false;
        var places = DraftedRows - Math.Max(_running.Count, _batch.Rows.Count + 1);
        draft.Propose(sequence.Tokens[^1], Math.Min(places, Math.Min(sequence.Continuation.Left, sequence.Stream.Room) - 1));
        if (draft.Count > 0 && _batch.TryAdd(sequence.Cache, draft.Tokens)) return true;
        draft.Withdraw();
        return false;
    }

    private bool TryTakeFromStalled()
    {
        if (_stalled.FindLast(sequence => sequence.Cache.Length > 0) is not { } youngest) return false;
        Preempt(youngest);
        return true;
    }

    private void Preempt(ServedSequence sequence)
    {
        if (sequence.Cache.Length == 0) return; // it had not begun
        Release(sequence);
        sequence.Preemptions++;
        _totals.Preemptions++;
        _metrics.CountPreemption();
    }

    private void Compute()
    {
        var width = _model.Sizes.Width;
        var hidden = _model.Forward(_batch);
        foreach (var sequence in _prefilled) Remember(sequence);
        _totals.ComputedTokens += _batch.Rows.Count;
        if (_ring is not null)
        {
            Send(_ring, hidden);
            return;
        }

        if (_chosen.Count == 0) return;
        var states = StatesFor(RowsOf(_chosen));
        foreach (var (sequence, row) in _chosen)
        {
            var count = sequence.Rows * width;
            hidden.Slice(row * width, count).CopyTo(states);
            states = states[count..];
        }

        ChooseAll(_chosen);
    }

    private void Send(IRing ring, ReadOnlySpan<float> hidden)
    {
        _wantedRows.Clear();
        foreach (var (sequence, row) in _chosen)
        {
            _wantedRows.Add(row);
            sequence.IsAwaited = true;
        }

        var batch = StageBatch.Write(
            _epoch!.Value, ++_number, _batch.Rows, CollectionsMarshal.AsSpan(_wantedRows), hidden, _model.Sizes.Width, ring.Format);
        _sent.Add(new SentBatch(_number, [.. _chosen]));
        ring.Send(_epoch.Value, _number, batch);
    }

    private Span<float> StatesFor(int rows)
    {
        if (_states.Length < rows * _model.Sizes.Width)
            (_states, _logits) = (new float[rows * _model.Sizes.Width], new float[(long)rows * _model.Vocabulary]);
        return _states.AsSpan(0, rows * _model.Sizes.Width);
    }

    // The last hidden states of the texts, in their order, are what StatesFor gave room for.
    private void ChooseAll(List<(ServedSequence Sequence, int Row)> texts)
    {
        if (texts.Count == 0) return;
        _model.Logits(_states, RowsOf(texts), _logits);
        var row = 0;
        foreach (var (sequence, _) in texts)
        {
            sequence.IsAwaited = false;
            var rows = sequence.Rows;
            if (!sequence.IsEnded) ChooseFrom(sequence, row);
            row += rows;
        }
    }

    // A text that guessed has a row of logits before each guess and one after the last; it takes rows as long as its guesses are right.
    private void ChooseFrom(ServedSequence sequence, int row)
    {
        if (sequence.Draft is not { } draft)
        {
            Choose(sequence, Logits(row));
            return;
        }

        var right = 0;
        while (Choose(sequence, Logits(row + right)) is { } token && draft.Accept(token, right)) right++;
        if (!sequence.IsEnded && draft.Count > 0) sequence.Cache.Truncate(sequence.Tokens.Count - 1);
        _totals.DraftedTokens += draft.Count;
        _totals.AcceptedTokens += right;
        draft.Close(right);
    }

    private static int RowsOf(List<(ServedSequence Sequence, int Row)> texts)
    {
        var rows = 0;
        foreach (var (sequence, _) in texts) rows += sequence.Rows;
        return rows;
    }

    private ReadOnlySpan<float> Logits(int row) => _logits.AsSpan(row * _model.Vocabulary, _textTokens);

    // Null where the text has ended.
    private int? Choose(ServedSequence sequence, ReadOnlySpan<float> logits)
    {
        var text = sequence.Continuation;
        GenerationStep step;
        try
        {
            step = text.Accept(logits);
        }
        catch (InvalidOperationException fault)
        {
            End(sequence, GenerationEnding.Failed, fault.Message); // nothing may follow; the others' texts are not touched
            return null;
        }

        var token = step.Tokens[0];
        sequence.Tokens.Add(token);
        _totals.CompletionTokens++;
        if (sequence.FirstToken is null)
        {
            sequence.FirstToken = _time.GetTimestamp();
            _totals.PromptTokens += sequence.PromptTokens;
            _totals.CachedTokens += sequence.CachedTokens;
            _metrics.CountPrompt(sequence.Operation, sequence.PromptTokens, sequence.CachedTokens,
                _time.GetElapsedTime(sequence.Submitted, sequence.FirstToken.Value));
        }

        _metrics.CountToken();
        var told = text.LogProbabilities.Count > 0 ? text.LogProbabilities[^1] : null;
        sequence.Stream.Write(new(step.Text.IsEmpty ? "" : step.Text.ToString(), token, told, step.Finish));
        if (step.Finish is not { } finish) return token;
        End(sequence, finish == FinishReason.Length ? GenerationEnding.Length : GenerationEnding.Stop);
        return null;
    }

    private void End(ServedSequence sequence, GenerationEnding ending, string? fault = null, bool isComputed = true)
    {
        if (!isComputed) sequence.Cache.Truncate(0);
        else if (sequence.Draft is { Count: > 0 }) sequence.Cache.Truncate(sequence.Tokens.Count - 1); // guesses are not to be remembered
        sequence.IsEnded = true;
        Release(sequence);
        if (!_running.Remove(sequence) && !_stalled.Remove(sequence)) _waiting.Remove(sequence);
        var now = _time.GetTimestamp();
        if (sequence.Started is { } started)
        {
            var seconds = _time.GetElapsedTime(started, now).TotalSeconds;
            _servingSeconds = _servingSeconds == 0 ? seconds : _servingSeconds + (NewShare * (seconds - _servingSeconds));
        }

        var result = new GenerationResult(ending, fault, sequence.Statistics(_time, now));
        _totals.Ended++;
        _metrics.CountEnd(sequence.Operation, result);
        _ended.Add((sequence.Stream, result));
    }

    // Whoever learns that a text has ended finds its place and its pages free.
    private void Tell()
    {
        var now = new EngineStatistics
        {
            Waiting = _waiting.Count,
            Running = _running.Count,
            Stalled = _stalled.Count,
            Pages = _pool.Pages,
            PagesRead = _pool.Pages - _pool.Available,
            PagesRemembered = _prefixes.Idle,
            Steps = _totals.Steps,
            WorkSeconds = _totals.WorkSeconds,
            ComputedTokens = _totals.ComputedTokens,
            PrefilledTokens = _totals.PrefilledTokens,
            PromptTokens = _totals.PromptTokens,
            CachedTokens = _totals.CachedTokens,
            CompletionTokens = _totals.CompletionTokens,
            DraftedTokens = _totals.DraftedTokens,
            AcceptedTokens = _totals.AcceptedTokens,
            Preemptions = _totals.Preemptions,
            Recoveries = _totals.Recoveries,
            Ended = _totals.Ended,
            SecondsPerText = _servingSeconds / _options.MaxRunning,
        };
        _metrics.Show(now);
        lock (_gate) _statistics = now;
        foreach (var (stream, result) in _ended) stream.End(result);
        _ended.Clear();
    }

    // Gives a text's pages back; the whole ones stay remembered while nobody needs them.
    private void Release(ServedSequence sequence)
    {
        Remember(sequence);
        sequence.Cache.Truncate(0);
    }

    private void Remember(ServedSequence sequence)
    {
        if (sequence.Owner is { } owner && sequence.Cache.Length > 0)
            _prefixes.Remember(owner, CollectionsMarshal.AsSpan(sequence.Tokens), sequence.Cache);
    }

    private void Adopt(ServedSequence sequence)
    {
        if (sequence.Owner is not { } owner) return;
        var known = _prefixes.Adopt(owner, CollectionsMarshal.AsSpan(sequence.Tokens), sequence.Cache);
        if (known > 0 && sequence is { FirstToken: null, Preemptions: 0 }) sequence.CachedTokens = known;
    }

    private static void Insert(List<ServedSequence> list, ServedSequence sequence)
    {
        var at = list.Count;
        while (at > 0 && list[at - 1].Stream.Id > sequence.Stream.Id) at--;
        list.Insert(at, sequence);
    }

    /// <summary>What was done since the start.</summary>
    private struct Totals
    {
        public long Steps;
        public double WorkSeconds;
        public long ComputedTokens;
        public long PrefilledTokens;
        public long PromptTokens;
        public long CachedTokens;
        public long CompletionTokens;
        public long DraftedTokens;
        public long AcceptedTokens;
        public long Preemptions;
        public long Recoveries;
        public long Ended;
    }

    /// <summary>A batch that is on its way through the ring.</summary>
    private sealed record SentBatch(long Number, List<(ServedSequence Sequence, int Row)> Wanted);
}
