using System.Diagnostics.Metrics;
using Jtfa.Language.Rings;
using Jtfa.Silo.Telemetry;

namespace Jtfa.Silo.Language;

/// <summary>
/// What one stage of a ring is counted by, of the meter of language models. The starter's own blocks are counted as steps of its engine.
/// </summary>
internal sealed class StageMetrics
{
    private static readonly Meter s_meter = new(MetricViews.Language);
    private static readonly Counter<double> s_seconds = s_meter.CreateCounter<double>(
        "jtfa.language.stage.computing", "s", "Time in which a stage of a ring has computed");
    private static readonly Counter<long> s_batches = s_meter.CreateCounter<long>(
        "jtfa.language.stage.batches", "{batch}", "Batches that a stage of a ring has computed");
    private static readonly Counter<long> s_tokens = s_meter.CreateCounter<long>(
        "jtfa.language.stage.tokens", "{token}", "Text tokens that a stage of a ring has computed");
    private static readonly UpDownCounter<long> s_size = s_meter.CreateUpDownCounter<long>(
        "jtfa.language.stage.size", "By", "Bytes of the weights and pages of a stage of a ring");

    private readonly KeyValuePair<string, object?>[] _labels;
    private readonly long _bytes;
    private StageWork _counted;

    /// <summary>A stage was loaded.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="first">Its first block.</param>
    /// <param name="count">How many.</param>
    /// <param name="bytes">Bytes of its weights and pages.</param>
    public StageMetrics(string model, int first, int count, long bytes)
    {
        _labels = [new("gen_ai.request.model", model), new("blocks", $"{first}-{first + count - 1}")];
        _bytes = bytes;
        s_size.Add(bytes, _labels);
        Add(default);
    }

    /// <summary>Counts what was computed since it was counted before.</summary>
    public void Count(StageWork work)
    {
        Add(new(work.Seconds - _counted.Seconds, work.Batches - _counted.Batches, work.Rows - _counted.Rows));
        _counted = work;
    }

    /// <summary>The stage is closed.</summary>
    public void End() => s_size.Add(-_bytes, _labels);

    private void Add(StageWork more)
    {
        s_seconds.Add(more.Seconds, _labels);
        s_batches.Add(more.Batches, _labels);
        s_tokens.Add(more.Rows, _labels);
    }
}
