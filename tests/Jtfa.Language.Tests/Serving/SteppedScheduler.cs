using Jtfa.Language.Caches;
using Jtfa.Language.Models;
using Jtfa.Language.Rings;
using Jtfa.Language.Serving;
using Jtfa.Language.Tokenizers;
using Jtfa.Testing.Clocks;

namespace Jtfa.Language.Tests.Serving;

/// <summary>A scheduler without its thread: a test computes each step.</summary>
internal sealed class SteppedScheduler : IDisposable
{
    private readonly LanguageModel _model;
    private readonly EngineMetrics _metrics;
    private readonly Intake _intake;
    private readonly Scheduler _scheduler;
    private long _submitted;

    public SteppedScheduler(
        ServedModel model, EngineOptions options, Tokenizer? tokenizer = null, IRing? ring = null, int? blocks = null)
    {
        _model = model.Load(blocks: blocks);
        Pool = _model.CreatePool(options.CacheFormat, options.Pages);
        _metrics = new EngineMetrics("test");
        _intake = new Intake(_model, tokenizer ?? model.Tokenizer, Pool, options, Clock);
        _scheduler = new Scheduler(_model, (tokenizer ?? model.Tokenizer).VocabularySize, Pool, options, Clock, _metrics, ring);
    }

    public ManualClock Clock { get; } = new();

    public PagePool Pool { get; }

    public EngineStatistics Statistics => _scheduler.Statistics;

    public GenerationStream Submit(GenerationRequest request)
    {
        var sequence = _intake.Read(request, ++_submitted, () => { });
        _scheduler.Add(sequence);
        return sequence.Stream;
    }

    /// <summary>Computes a step, which takes a millisecond.</summary>
    public bool Step()
    {
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        return _scheduler.Step();
    }

    /// <summary>Computes until nothing is left, and reads a text.</summary>
    public Said Finish(GenerationStream stream)
    {
        while (Step())
        {
        }

        return Read(stream);
    }

    public static Said Read(GenerationStream stream)
    {
        List<GenerationPiece> pieces = [];
        while (stream.TryRead(out var piece)) pieces.Add(piece);
        return Said.Of(pieces);
    }

    public void Dispose()
    {
        _scheduler.EndAll(GenerationEnding.ShutDown, "The test is over.");
        _scheduler.Dispose();
        Assert.Equal(Pool.Pages, Pool.Free);
        Pool.Dispose();
        _metrics.Dispose();
        _model.Dispose();
    }
}
