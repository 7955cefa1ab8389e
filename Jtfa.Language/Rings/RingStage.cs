using System.Diagnostics;
using Jtfa.Language.Architectures;
using Jtfa.Language.Caches;
using Jtfa.Language.Files;
using Jtfa.Language.Kernels;
using Jtfa.Language.Models;

namespace Jtfa.Language.Rings;

/// <summary>
/// A stage of a ring after its starter: blocks of a model, their keys and values, and the thread that computes. It computes whatever waits
/// in one go, and knows no text. From whichever thread.
/// </summary>
public sealed class RingStage : IDisposable
{
    private const int MostRows = 1024; // that are computed together
    private const int MostWaiting = 1024;
    private readonly Workers _workers;
    private readonly bool _ownsWorkers;
    private readonly Stage _stage;
    private readonly PageStore _store;
    private readonly int _width;
    private readonly Thread _thread;
    private readonly object _gate = new();
    private readonly Dictionary<long, byte[]> _waiting = [];
    private readonly List<byte[]> _taken = [];
    private readonly List<StageBatch> _batches = [];
    private readonly Batch _rows = new();
    private readonly int[] _readIn; // the group in which a page was read last
    private int _group;
    private float[] _hidden = [];
    private float[] _wanted = [];
    private Way? _way;
    private StageProgress _progress;
    private StageWork _work;
    private bool _isOver;

    private RingStage(Workers workers, bool ownsWorkers, Stage stage, CacheFormat format, int pages)
    {
        (_workers, _ownsWorkers, _stage, _width) = (workers, ownsWorkers, stage, stage.Width);
        _store = new PageStore(stage.Shape, format, pages);
        _readIn = new int[pages];
        _thread = new Thread(Run) { IsBackground = true, Name = "language stage" };
        _thread.Start();
    }

    /// <summary>Bytes of its weights and pages.</summary>
    public long Bytes => _stage.Bytes + (_store.Pages * _store.PageBytes);

    /// <summary>How far it is.</summary>
    public StageProgress Progress
    {
        get
        {
            lock (_gate) return _progress;
        }
    }

    /// <summary>What it has computed since it was loaded.</summary>
    public StageWork Work
    {
        get
        {
            lock (_gate) return _work;
        }
    }

    /// <summary>Loads blocks of a model.</summary>
    /// <param name="path">A GGUF file.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="first">The first block.</param>
    /// <param name="count">How many.</param>
    /// <param name="format">How keys and values are kept: as the starter does.</param>
    /// <param name="pages">Pages, as many as the starter has.</param>
    /// <param name="architectures">Where architectures are looked for; null: those that come with the program.</param>
    /// <exception cref="ModelFileException">The file is damaged, no model of a known architecture, or has not so many blocks.</exception>
    public static RingStage Load(
        string path, int threads, int first, int count, CacheFormat format, int pages, string? architectures = null)
    {
        var workers = new Workers(threads);
        try
        {
            return Load(path, workers, ownsWorkers: true, first, count, format, pages, architectures);
        }
        catch
        {
            workers.Dispose();
            throw;
        }
    }

    /// <summary>Loads blocks of a model that compute with threads of others: each takes a turn.</summary>
    /// <param name="path">A GGUF file.</param>
    /// <param name="workers">The threads, which stay the caller's.</param>
    /// <param name="first">The first block.</param>
    /// <param name="count">How many.</param>
    /// <param name="format">How keys and values are kept: as the starter does.</param>
    /// <param name="pages">Pages, as many as the starter has.</param>
    /// <exception cref="ModelFileException">The file is damaged, no model of a known architecture, or has not so many blocks.</exception>
    public static RingStage Load(string path, Workers workers, int first, int count, CacheFormat format, int pages)
    {
        ArgumentNullException.ThrowIfNull(workers);
        return Load(path, workers, ownsWorkers: false, first, count, format, pages, null);
    }

    private static RingStage Load(
        string path, Workers workers, bool ownsWorkers, int first, int count, CacheFormat format, int pages, string? architectures)
    {
        using var file = GgufFile.Open(path);
        var architecture = Architecture.Of(file, architectures);
        var sizes = Hyperparameters.Of(file, architecture);
        if (first < 0 || count < 1 || (long)first + count > sizes.Blocks)
            throw new ModelFileException(path, $"it has the blocks 0 … {sizes.Blocks - 1}, and {count} from {first} on are wanted");
        var stage = new Stage(file, architecture, sizes, first, count, workers);
        try
        {
            return new RingStage(workers, ownsWorkers, stage, format, pages);
        }
        catch
        {
            stage.Dispose();
            throw;
        }
    }

    /// <summary>Begins an epoch: forgets what waits of the one before.</summary>
    /// <param name="epoch">The epoch, from 1.</param>
    /// <param name="isLast">Whether hidden states go back to the starter from here, those that it wants.</param>
    /// <param name="send">Takes what was computed, in order, on the stage's thread: must not wait.</param>
    /// <param name="fail">Is told why the epoch cannot go on.</param>
    public void Begin(int epoch, bool isLast, Action<byte[]> send, Action<string> fail)
    {
        ArgumentNullException.ThrowIfNull(send);
        ArgumentNullException.ThrowIfNull(fail);
        lock (_gate)
        {
            _way = new Way(epoch, isLast, send, fail);
            _progress = new StageProgress(epoch, 0, 0);
            _waiting.Clear();
        }
    }

    /// <summary>
    /// Takes a batch; one of another epoch is dropped. Batches may come in any order, and are computed in that of their numbers.
    /// </summary>
    /// <param name="batch">The batch, which does not change any more.</param>
    public void Take(byte[] batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Action<string>? fail = null;
        var fault = "";
        lock (_gate)
        {
            if (_way is not { } way) return;
            if (!StageBatch.TryPeek(batch, out var epoch, out var number)) (fail, fault) = (way.Fail, "A batch has no header.");
            else if (epoch != way.Epoch || number <= _progress.Received) return;
            else if (_waiting.Count >= MostWaiting) (fail, fault) = (way.Fail, $"{MostWaiting} batches wait for one that does not come.");
            else Keep(number, batch);
            if (fail is not null) _way = null;
        }

        fail?.Invoke(fault);
    }

    /// <summary>Waits for what is computed, and frees all.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isOver) return;
            _isOver = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
        _stage.Dispose();
        _store.Dispose();
        if (_ownsWorkers) _workers.Dispose();
    }

    private void Keep(long number, byte[] batch)
    {
        _waiting[number] = batch;
        var received = _progress.Received;
        while (_waiting.ContainsKey(received + 1)) received++;
        if (received == _progress.Received) return;
        _progress = _progress with { Received = received };
        Monitor.Pulse(_gate);
    }

    private void Run()
    {
        while (TryTake() is { } way)
        {
            try
            {
                Compute(way);
            }
            catch (Exception fault)
            {
                // Told to the starter, which begins another epoch: this one has numbers that nobody can trust.
                lock (_gate) _way = _way == way ? null : _way;
                way.Fail(fault is RingException ? fault.Message : $"A stage broke down: {fault.Message}");
            }
        }
    }

    // Takes all batches that follow each other. Null: it is over.
    private Way? TryTake()
    {
        lock (_gate)
        {
            while (!_isOver && (_way is null || _progress.Done == _progress.Received)) Monitor.Wait(_gate);
            if (_isOver) return null;
            _taken.Clear();
            for (var number = _progress.Done + 1; number <= _progress.Received; number++)
            {
                _waiting.Remove(number, out var batch);
                _taken.Add(batch!);
            }

            return _way;
        }
    }

    private void Compute(Way way)
    {
        for (var index = 0; index < _taken.Count; index++)
        {
            if (index == _batches.Count) _batches.Add(new StageBatch(_store, _width));
            _batches[index].Read(_taken[index]);
        }

        for (var first = 0; first < _taken.Count;)
        {
            var end = EndOfGroup(first);
            Forward(way, first, end);
            first = end;
        }
    }

    // Which batches can be computed as one: until there are enough rows, or until one writes to a page that another text among them reads.
    // That page was given back by then, which the batches of the other text do not know.
    private int EndOfGroup(int first)
    {
        _group++;
        var (rows, end) = (0, first);
        for (; end < _taken.Count; end++)
        {
            var batch = _batches[end];
            rows += batch.Rows;
            if (end > first && (rows > MostRows || WritesToRead(batch))) break;
            for (var index = 0; index < batch.Count; index++)
                for (var page = 0; page < batch[index].Pages; page++) _readIn[batch[index].PageAt(page)] = _group;
        }

        return end;
    }

    private bool WritesToRead(StageBatch batch)
    {
        for (var index = 0; index < batch.Count; index++)
        {
            // A page that is half full is read by its own text alone.
            for (var page = PageTable.PagesOf(batch[index].Position); page < batch[index].Pages; page++)
                if (_readIn[batch[index].PageAt(page)] == _group) return true;
        }

        return false;
    }

    private void Forward(Way way, int first, int end)
    {
        _rows.Clear();
        for (var at = first; at < end; at++)
        {
            for (var index = 0; index < _batches[at].Count; index++)
                _rows.Add(_batches[at][index], _batches[at][index].Position, _batches[at][index].Rows);
        }

        var length = _rows.Rows.Count * _width;
        if (_hidden.Length < length) _hidden = new float[length];
        for (var (at, row) = (first, 0); at < end; row += _batches[at++].Rows)
            _batches[at].ReadStates(_hidden.AsSpan(row * _width, _batches[at].Rows * _width));
        TimeSpan took;
        using (_workers.TakeTurn())
        {
            var began = Stopwatch.GetTimestamp();
            _stage.Forward(_rows, _hidden.AsSpan(0, length));
            took = Stopwatch.GetElapsedTime(began);
        }

        lock (_gate) _work = new(_work.Seconds + took.TotalSeconds, _work.Batches + (end - first), _work.Rows + _rows.Rows.Count);
        for (var (at, row) = (first, 0); at < end; row += _batches[at++].Rows)
        {
            var batch = _batches[at];
            var states = _hidden.AsSpan(row * _width, batch.Rows * _width);
            var message = way.IsLast
                ? ReturnedStates.Write(way.Epoch, batch.Number, Wanted(batch, states), _width, batch.Format)
                : batch.With(states);
            lock (_gate)
            {
                if (_way != way) return;
                _progress = _progress with { Done = batch.Number };
            }

            way.Send(message);
            batch.Clear();
        }
    }

    private ReadOnlySpan<float> Wanted(StageBatch batch, ReadOnlySpan<float> states)
    {
        if (_wanted.Length < batch.Wanted * _width) _wanted = new float[batch.Wanted * _width];
        var (row, count) = (0, 0);
        for (var index = 0; index < batch.Count; index++)
        {
            row += batch[index].Rows;
            if (batch[index].IsWanted) states.Slice((row - 1) * _width, _width).CopyTo(_wanted.AsSpan(count++ * _width));
        }

        return _wanted.AsSpan(0, count * _width);
    }

    /// <summary>Where what is computed in an epoch goes.</summary>
    private sealed record Way(int Epoch, bool IsLast, Action<byte[]> Send, Action<string> Fail);
}

/// <summary>What a stage has computed.</summary>
/// <param name="Seconds">How long it has computed; waiting for its turn is not among them.</param>
/// <param name="Batches">Batches that came; several may have been computed as one.</param>
/// <param name="Rows">Text tokens.</param>
public readonly record struct StageWork(double Seconds, long Batches, long Rows);

/// <summary>How far a stage is in an epoch.</summary>
/// <param name="Epoch">The epoch; 0: none has begun.</param>
/// <param name="Received">The number of the last batch that came, with all before it.</param>
/// <param name="Done">The number of the last batch that was sent on.</param>
public readonly record struct StageProgress(int Epoch, long Received, long Done);
