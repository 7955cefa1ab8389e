using System.Threading.Channels;
using Jtfa.Grains;
using Jtfa.Interfaces;

namespace Jtfa.Testing.Scenes;

/// <summary>A decision log in memory, which can be away, or keep its writers waiting as a synchronous one does.</summary>
internal sealed class MemoryDecisionLog : IDecisionLog
{
    private readonly Lock _gate = new();
    private readonly List<Decision> _rows = [];
    private readonly Channel<Decision> _attempts = Channel.CreateUnbounded<Decision>();
    private readonly Queue<(Decision Decision, TaskCompletionSource Append)> _held = new();
    private readonly List<SceneMinute> _minutes = [];
    private int _flushed;

    /// <summary>What the log holds, in order of appending. A decision that it took twice would stand here twice.</summary>
    public Decision[] Rows
    {
        get
        {
            lock (_gate) return [.. _rows];
        }
    }

    /// <summary>The minutes that it was given, in order.</summary>
    public SceneMinute[] Minutes
    {
        get
        {
            lock (_gate) return [.. _minutes];
        }
    }

    /// <summary>Every append asked for, whatever became of it.</summary>
    public ChannelReader<Decision> Attempts => _attempts.Reader;

    /// <summary>What it held before its first row.</summary>
    public SceneTotals Before { get; init; }

    /// <summary>What names these rows.</summary>
    public IReadOnlyList<DecisionKey> Keys { get; init; } = [];

    /// <summary>Whether an append is refused; asked at each.</summary>
    public Func<Decision, bool> IsAway { get; set; } = _ => false;

    /// <summary>Whether appends wait to be settled.</summary>
    public bool Holds { get; set; }

    public ValueTask AppendAsync(Decision decision)
    {
        lock (_gate)
        {
            _attempts.Writer.TryWrite(decision);
            if (IsAway(decision)) throw new IOException("The log is away.");
            if (Holds)
            {
                var append = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _held.Enqueue((decision, append));
                return new ValueTask(append.Task);
            }

            _rows.Add(decision);
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Appends that wait.</summary>
    public int Held
    {
        get
        {
            lock (_gate) return _held.Count;
        }
    }

    public void Append(SceneMinute minute)
    {
        lock (_gate) _minutes.Add(minute);
    }

    /// <summary>Ends the append that has waited longest.</summary>
    public void Settle(bool taken)
    {
        lock (_gate)
        {
            var (decision, append) = _held.Dequeue();
            if (taken) _rows.Add(decision);
            if (taken) append.SetResult();
            else append.SetException(new IOException("The log went away."));
        }
    }

    /// <summary>Ends all appends that wait.</summary>
    public void SettleAll(bool taken)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_held.Count == 0) return;
                Settle(taken);
            }
        }
    }

    /// <summary>Only what was flushed: another silo's log sees no more.</summary>
    public Task<SceneHistory> GetHistoryAsync(string scene, CancellationToken cancellationToken)
    {
        List<Decision> rows;
        lock (_gate) rows = [.. _rows.Take(_flushed).Where(row => row.Scene == scene)];
        var totals = new SceneTotals(
            Before.Decisions + rows.Count, Before.Labelled + rows.Count(row => row.Gt >= 0),
            Before.Correct + rows.Count(row => row.Correct));
        return Task.FromResult(new SceneHistory(
            totals, [.. rows.TakeLast(SceneHistory.MostRecent)],
            [.. Keys.Concat(rows.Select(row => row.Key)).TakeLast(SceneHistory.MostKeys)]));
    }

    public Task FlushAsync(CancellationToken cancellationToken)
    {
        lock (_gate) _flushed = _rows.Count;
        return Task.CompletedTask;
    }
}
