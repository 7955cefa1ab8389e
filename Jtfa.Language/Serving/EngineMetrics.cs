using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Jtfa.Language.Serving;

/// <summary>
/// One engine's metrics, of the meter <see cref="MeterName"/>. Names that OpenTelemetry's conventions for generative AI have are theirs.
/// </summary>
internal sealed class EngineMetrics : IDisposable
{
    /// <summary>The meter.</summary>
    public const string MeterName = "Jtfa.Language";

    private static readonly Meter s_meter = new(MeterName);

    // The boundaries are those of the conventions; below them are more for small models.
    private static readonly Histogram<double> s_firstToken = Seconds(
        "gen_ai.server.time_to_first_token", "Submitted → first text token",
        [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]);
    private static readonly Histogram<double> s_perToken = Seconds(
        "gen_ai.server.time_per_output_token", "Mean time of a text token after the first, of whole texts",
        [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5]);
    private static readonly Histogram<double> s_duration = Seconds(
        "gen_ai.server.request.duration", "Submitted → ended",
        [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]);

    private static readonly Histogram<double> s_step = Seconds(
        "jtfa.language.step", "Time of a step", [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]);
    private static readonly Histogram<int> s_batch = s_meter.CreateHistogram(
        "jtfa.language.batch", "{token}", "Text tokens of a step", tags: null,
        new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] });
    private static readonly Counter<long> s_tokens = s_meter.CreateCounter<long>(
        "jtfa.language.tokens", "{token}", "Text tokens: of prompts computed (input) and given (cached), and chosen (output)");
    private static readonly Counter<long> s_drafts = s_meter.CreateCounter<long>(
        "jtfa.language.drafts", "{token}", "Text tokens that were guessed before the model saw them: those that it took, and the others");
    private static readonly Counter<long> s_preemptions = s_meter.CreateCounter<long>(
        "jtfa.language.preemptions", "{preemption}", "How often a text gave its pages back to an older one");
    private static readonly Counter<long> s_recoveries = s_meter.CreateCounter<long>(
        "jtfa.language.recoveries", "{recovery}", "How often a stage elsewhere was lost, and all texts were computed anew");
    private static readonly Counter<long> s_busy = s_meter.CreateCounter<long>(
        "jtfa.language.busy", "{request}", "Requests that found no place");
    private static readonly UpDownCounter<int> s_texts = s_meter.CreateUpDownCounter<int>(
        "jtfa.language.texts", "{text}", "Texts that run, wait, or stand still for their readers");
    private static readonly UpDownCounter<int> s_pages = s_meter.CreateUpDownCounter<int>(
        "jtfa.language.pages", "{page}", "Pages that are read, only remembered, or free");

    private static readonly KeyValuePair<string, object?> s_provider = new("gen_ai.provider.name", "jtfa");
    private readonly KeyValuePair<string, object?> _model;
    private readonly Level[] _levels;
    private long _accepted;
    private long _rejected;

    public EngineMetrics(string model)
    {
        _model = new("gen_ai.request.model", model);
        _levels =
        [
            new(s_texts, _model, "running"), new(s_texts, _model, "waiting"), new(s_texts, _model, "stalled"),
            new(s_pages, _model, "read"), new(s_pages, _model, "remembered"), new(s_pages, _model, "free"),
        ];

        // They are there from the start, at 0, so that whoever computes differences sees the first increments too.
        foreach (var counter in new[] { s_preemptions, s_busy, s_recoveries }) counter.Add(0, _model);
        foreach (var type in new[] { "input", "cached", "output" }) s_tokens.Add(0, _model, Type(type));
        CountDrafts(0, 0);
    }

    /// <summary>Tells what there is now.</summary>
    public void Show(EngineStatistics now)
    {
        ReadOnlySpan<int> values =
        [
            now.Running, now.Waiting, now.Stalled, now.PagesRead, now.PagesRemembered, now.Pages - now.PagesRead - now.PagesRemembered,
        ];
        for (var i = 0; i < values.Length; i++) _levels[i].Set(values[i]);
        var (accepted, rejected) = (now.AcceptedTokens, now.DraftedTokens - now.AcceptedTokens);
        if (accepted == _accepted && rejected == _rejected) return;
        CountDrafts(accepted - _accepted, rejected - _rejected);
        (_accepted, _rejected) = (accepted, rejected);
    }

    public void CountStep(TimeSpan time, int rows)
    {
        s_step.Record(time.TotalSeconds, _model);
        s_batch.Record(rows, _model);
    }

    public void CountPreemption() => s_preemptions.Add(1, _model);

    public void CountRecovery() => s_recoveries.Add(1, _model);

    public void CountBusy() => s_busy.Add(1, _model);

    public void CountToken() => s_tokens.Add(1, _model, Type("output"));

    /// <summary>A text has its first text token.</summary>
    public void CountPrompt(string operation, int tokens, int cached, TimeSpan time)
    {
        s_tokens.Add(tokens - cached, _model, Type("input"));
        s_tokens.Add(cached, _model, Type("cached"));
        s_firstToken.Record(time.TotalSeconds, Tags(operation));
    }

    public void CountEnd(string operation, GenerationResult result)
    {
        var tags = Tags(operation);
        if (result is { Statistics.TimePerOutputToken: { } perToken, Ending: GenerationEnding.Stop or GenerationEnding.Length })
            s_perToken.Record(perToken.TotalSeconds, tags);
        if (ErrorOf(result.Ending) is { } error) tags.Add("error.type", error);
        s_duration.Record(result.Statistics.JobCompletionTime.TotalSeconds, tags);
    }

    /// <summary>Takes back what it showed.</summary>
    public void Dispose()
    {
        foreach (var level in _levels) level.Set(0);
    }

    private static Histogram<double> Seconds(string name, string description, double[] boundaries) => s_meter.CreateHistogram(
        name, "s", description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = boundaries });

    private void CountDrafts(long accepted, long rejected)
    {
        s_drafts.Add(accepted, _model, new("outcome", "accepted"));
        s_drafts.Add(rejected, _model, new("outcome", "rejected"));
    }

    private static KeyValuePair<string, object?> Type(string type) => new("gen_ai.token.type", type);

    private static string? ErrorOf(GenerationEnding ending) => ending switch
    {
        GenerationEnding.Stop or GenerationEnding.Length => null,
        GenerationEnding.Cancelled => "cancelled",
        GenerationEnding.Abandoned => "abandoned",
        GenerationEnding.ShutDown => "shut_down",
        _ => "failed",
    };

    private TagList Tags(string operation) => new() { { "gen_ai.operation.name", operation }, s_provider, _model };

    /// <summary>What an engine has of something; the counter adds up all engines of the process.</summary>
    private sealed class Level
    {
        private readonly UpDownCounter<int> _counter;
        private readonly KeyValuePair<string, object?> _model;
        private readonly KeyValuePair<string, object?> _state;
        private int _shown;

        public Level(UpDownCounter<int> counter, KeyValuePair<string, object?> model, string state)
        {
            (_counter, _model, _state) = (counter, model, new("state", state));
            _counter.Add(0, _model, _state);
        }

        public void Set(int value)
        {
            if (value != _shown) _counter.Add(value - _shown, _model, _state);
            _shown = value;
        }
    }
}
