using System.Collections.Concurrent;
using Jtfa.Language.Caches;
using Jtfa.Language.Rings;

namespace Jtfa.Language.Tests.Rings;

/// <summary>A ring whose stages are in this process, each on its thread; batches pass each other on their way.</summary>
internal sealed class LocalRing : IRing, IDisposable
{
    private readonly RingStage[] _stages;
    private readonly ConcurrentQueue<byte[]> _returned = new();
    private readonly SemaphoreSlim _news = new(0);
    private readonly Lock _gate = new();
    private Action _wake = () => { };
    private int _epochs;
    private int? _epoch;
    private int _underWay;

    /// <param name="path">The model.</param>
    /// <param name="blocks">Blocks of each stage, the starter's first.</param>
    /// <param name="cache">How keys and values are kept.</param>
    /// <param name="pages">Pages of each stage.</param>
    /// <param name="format">How hidden states are sent.</param>
    public LocalRing(string path, int[] blocks, CacheFormat cache, int pages, StateFormat format = StateFormat.F32)
    {
        Format = format;
        _stages = new RingStage[blocks.Length - 1];
        var first = blocks[0];
        for (var i = 0; i < _stages.Length; first += blocks[++i])
            _stages[i] = RingStage.Load(path, 1, first, blocks[i + 1], cache, pages);
    }

    public int Stages => _stages.Length + 1;

    public StateFormat Format { get; }

    /// <summary>Why epochs have ended.</summary>
    public ConcurrentQueue<string> Faults { get; } = new();

    /// <summary>Batches that were on their way at once, at most.</summary>
    public int MostUnderWay { get; private set; }

    public int? Epoch
    {
        get
        {
            lock (_gate) return _epoch;
        }
    }

    public void Start(Action wake)
    {
        _wake = wake;
        Begin();
    }

    /// <summary>All that the stages hold is lost.</summary>
    public void Break()
    {
        lock (_gate) _epoch = null;
        Wake();
    }

    /// <summary>The stages are there again.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            var epoch = ++_epochs;
            _underWay = 0;
            for (var i = 0; i < _stages.Length; i++)
            {
                Action<byte[]> next = i + 1 < _stages.Length ? _stages[i + 1].Take : Return;
                _stages[i].Begin(epoch, i + 1 == _stages.Length, message => Task.Run(() => next(message)), Faults.Enqueue);
            }

            _epoch = epoch;
        }

        Wake();
    }

    public void Send(int epoch, long number, byte[] batch)
    {
        lock (_gate)
        {
            if (epoch == _epoch) MostUnderWay = Math.Max(MostUnderWay, ++_underWay);
        }

        Task.Run(() => _stages[0].Take(batch));
    }

    public bool TryTake(out byte[] states) => _returned.TryDequeue(out states!);

    public void Lose(int epoch, string fault)
    {
        Faults.Enqueue(fault);
        Break();
    }

    /// <summary>Completes when something has come back, or the epoch has changed.</summary>
    public Task NewsAsync(CancellationToken cancellation) => _news.WaitAsync(cancellation);

    /// <summary>Gives something back that no stage has computed.</summary>
    public void Return(byte[] states)
    {
        lock (_gate) _underWay--;
        _returned.Enqueue(states);
        Wake();
    }

    public void Dispose()
    {
        foreach (var stage in _stages) stage.Dispose();
        _news.Dispose();
    }

    private void Wake()
    {
        _wake();
        _news.Release();
    }
}
