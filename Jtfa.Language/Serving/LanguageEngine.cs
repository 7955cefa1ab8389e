using Jtfa.Language.Caches;
using Jtfa.Language.Files;
using Jtfa.Language.Kernels;
using Jtfa.Language.Models;
using Jtfa.Language.Rings;
using Jtfa.Language.Tokenizers;

namespace Jtfa.Language.Serving;

/// <summary>
/// Serves texts of one model to many readers at once (dynamic batching at the level of text tokens). It owns the model, its pages and the
/// thread that computes. A text says the same, to the last bit of its probabilities, whichever others run beside it. From whichever thread.
/// </summary>
public sealed class LanguageEngine : IDisposable
{
    private const double MostRetrySeconds = 60;
    private readonly LanguageModel _model;
    private readonly PagePool _pool;
    private readonly EngineOptions _options;
    private readonly Intake _intake;
    private readonly EngineMetrics _metrics;
    private readonly Scheduler _scheduler;
    private readonly ITimer _patience;
    private readonly Thread _thread;
    private readonly object _gate = new();
    private readonly Queue<ServedSequence> _arrived = new();
    private long _submitted;
    private long _accepted;
    private bool _isWoken;
    private string? _isOver;
    private bool _isDisposed;

    /// <summary>Starts serving.</summary>
    /// <param name="model">The model, which is the engine's from now on.</param>
    /// <param name="tokenizer">Of the same file.</param>
    /// <param name="options">How it serves.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ring">The stages after the model's blocks, which stay the caller's; null: it has all.</param>
    /// <exception cref="ArgumentException">An option is not valid, or the model writes no text.</exception>
    public LanguageEngine(LanguageModel model, Tokenizer tokenizer, EngineOptions options, TimeProvider? time = null, IRing? ring = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(options);
        if (string.Join("; ", options.Faults()) is { Length: > 0 } faults) throw new ArgumentException(faults, nameof(options));
        Intake.Check(model, tokenizer);
        time ??= TimeProvider.System;
        (_model, Tokenizer, _options) = (model, tokenizer, options);
        _pool = model.CreatePool(options.CacheFormat, options.Pages);
        _intake = new Intake(model, tokenizer, _pool, options, time);
        _metrics = new EngineMetrics(options.Model);
        _scheduler = new Scheduler(model, tokenizer.VocabularySize, _pool, options, time, _metrics, ring);
        _patience = time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _thread = new Thread(Run) { IsBackground = true, Name = $"language engine {options.Model}" };
        _thread.Start();
        ring?.Start(Wake);
    }

    /// <summary>The model's tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Text tokens of the longest text, prompt included.</summary>
    public int LongestText => _intake.LongestText;

    /// <summary>Bytes of its weights and pages.</summary>
    public long Bytes => _model.Bytes + (_pool.Pages * _pool.PageBytes);

    /// <summary>What it had after the last step, and what it has done.</summary>
    public EngineStatistics Statistics => _scheduler.Statistics;

    /// <summary>Loads a model and serves it.</summary>
    /// <param name="path">A GGUF file.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="options">How it serves.</param>
    /// <param name="time">The clock.</param>
    /// <param name="blocks">How many of the first blocks are computed here; null: all.</param>
    /// <param name="ring">The stages with the others, which stay the caller's; null: there are none.</param>
    /// <exception cref="ModelFileException">The file is damaged, or no model of a known architecture.</exception>
    public static LanguageEngine Load(
        string path, int threads, EngineOptions options, TimeProvider? time = null, int? blocks = null, IRing? ring = null)
    {
        Tokenizer tokenizer;
        using (var file = GgufFile.Open(path)) tokenizer = Tokenizer.Load(file);
        return Serve(LanguageModel.Load(path, threads, blocks: blocks), tokenizer, options, time, ring);
    }

    /// <summary>Loads a model and serves it with threads that others share: each takes a turn for a step.</summary>
    /// <param name="path">A GGUF file.</param>
    /// <param name="workers">The threads, which stay the caller's.</param>
    /// <param name="options">How it serves.</param>
    /// <param name="time">The clock.</param>
    /// <param name="blocks">How many of the first blocks are computed here; null: all.</param>
    /// <param name="ring">The stages with the others, which stay the caller's; null: there are none.</param>
    /// <exception cref="ModelFileException">The file is damaged, or no model of a known architecture.</exception>
    public static LanguageEngine Load(
        string path, Workers workers, EngineOptions options, TimeProvider? time = null, int? blocks = null, IRing? ring = null)
    {
        using var file = GgufFile.Open(path);
        var tokenizer = Tokenizer.Load(file);
        return Serve(LanguageModel.Load(file, workers, blocks: blocks), tokenizer, options, time, ring);
    }

    private static LanguageEngine Serve(
        LanguageModel model, Tokenizer tokenizer, EngineOptions options, TimeProvider? time, IRing? ring)
    {
        try
        {
            return new LanguageEngine(model, tokenizer, options, time, ring);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Asks for a text. What takes time of it (schemas, long prompts) takes the caller's.</summary>
    /// <exception cref="RequestException">The request can never be served.</exception>
    /// <exception cref="GenerationException">The engine broke down before.</exception>
    /// <exception cref="ObjectDisposedException">The engine was stopped.</exception>
    public Submission Submit(GenerationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        lock (_gate)
        {
            if (BusyNow() is { } busy) return busy;
        }

        var sequence = _intake.Read(request, Interlocked.Increment(ref _submitted), Wake);
        lock (_gate)
        {
            // Looked at again: others may have come while the request was read.
            if (BusyNow() is { } busy) return busy;
            _accepted++;
            _arrived.Enqueue(sequence);
            Monitor.Pulse(_gate);
        }

        return new Accepted(sequence.Stream);
    }

    /// <summary>Ends all texts, and waits for the step that is computed.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            _isOver ??= "The engine was stopped.";
            Monitor.Pulse(_gate);
        }

        _thread.Join();
        _patience.Dispose();
        _scheduler.Dispose();
        _metrics.Dispose();
        _pool.Dispose();
        _model.Dispose();
    }

    private Busy? BusyNow()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_isOver is not null) throw new GenerationException(_isOver);
        var statistics = _scheduler.Statistics;
        if (_accepted - statistics.Ended < _options.MaxRunning + _options.MaxWaiting) return null;
        _metrics.CountBusy();
        return new Busy(TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling(statistics.SecondsPerText), 1, MostRetrySeconds)));
    }

    private void Wake()
    {
        lock (_gate)
        {
            _isWoken = true;
            Monitor.Pulse(_gate);
        }
    }

    private void Run()
    {
        try
        {
            for (var isWorking = false; TryTakeArrived(isWorking); isWorking = Step())
            {
            }

            End(GenerationEnding.ShutDown, "The engine was stopped.");
        }
        catch (Exception fault)
        {
            // Told to all who wait for a text, and to all who ask for one: the numbers of no text can be trusted any more.
            End(GenerationEnding.Failed, $"The engine broke down: {fault.Message}");
        }
    }

    private bool Step()
    {
        using var turn = _model.Workers.TakeTurn();
        return _scheduler.Step();
    }

    // Waits where there is nothing to compute. Returns whether the engine goes on.
    private bool TryTakeArrived(bool isWorking)
    {
        lock (_gate)
        {
            if (!isWorking && _scheduler.NextDeadline is { } deadline)
                _patience.Change(deadline > TimeSpan.Zero ? deadline : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            while (!isWorking && !_isWoken && _arrived.Count == 0 && _isOver is null) Monitor.Wait(_gate);
            _isWoken = false;
            while (_arrived.TryDequeue(out var sequence)) _scheduler.Add(sequence);
            return _isOver is null;
        }
    }

    private void End(GenerationEnding ending, string fault)
    {
        lock (_gate)
        {
            _isOver ??= fault;
            while (_arrived.TryDequeue(out var sequence)) _scheduler.Add(sequence);
        }

        _scheduler.EndAll(ending, fault);
    }
}
