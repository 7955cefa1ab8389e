using System.Buffers;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Jtfa.Silo.Telemetry;

/// <summary>Writes what OpenTelemetry has aggregated as Prometheus' text, when it is asked to. Used by one caller at a time.</summary>
[ExportModes(ExportModes.Pull)]
internal sealed class PrometheusExporter : BaseExporter<Metric>, IPullMetricExporter
{
    private IBufferWriter<byte>? _output;

    /// <summary>Set by the reader, and taken away when that is disposed.</summary>
    public Func<int, bool>? Collect { get; set; }

    /// <summary>Collects all metrics.</summary>
    /// <returns>Whether there was anybody to collect them from.</returns>
    public bool TryCollect(IBufferWriter<byte> output)
    {
        _output = output;
        try
        {
            return Collect is { } collect && collect(Timeout.Infinite);
        }
        finally
        {
            _output = null;
        }
    }

    /// <inheritdoc />
    public override ExportResult Export(in Batch<Metric> batch)
    {
        if (_output is null) return ExportResult.Failure;
        var text = new PrometheusText(_output);
        text.Family("target_info", PrometheusText.GaugeType, "What these metrics are of");
        text.Sample("target_info", PrometheusNames.Labels(ParentProvider.GetResource().Attributes!), 1);
        foreach (var family in Families(batch)) Write(text, family);
        return ExportResult.Success;
    }

    // A name stands once in the text, though several meters may have it. Where they do not agree on its type, the first is right.
    private static IEnumerable<IGrouping<string, Metric>> Families(in Batch<Metric> batch)
    {
        var metrics = new List<Metric>();
        foreach (var metric in batch) metrics.Add(metric);
        return metrics.GroupBy(metric => PrometheusNames.Family(metric.Name, metric.Unit, TypeOf(metric)));
    }

    private static void Write(PrometheusText text, IGrouping<string, Metric> family)
    {
        var type = TypeOf(family.First());
        text.Family(family.Key, type, family.First().Description);
        var written = new HashSet<string>();
        foreach (var metric in family.Where(metric => TypeOf(metric) == type))
        {
            foreach (ref readonly var point in metric.GetMetricPoints())
            {
                var labels = LabelsOf(point);
                if (!written.Add(labels)) continue;
                if (type == PrometheusText.HistogramType) Write(text, family.Key, labels, metric.MetricType, point);
                else text.Sample(family.Key, labels, Value(metric.MetricType, point));
            }
        }
    }

    private static void Write(PrometheusText text, string name, string labels, MetricType type, in MetricPoint point)
    {
        // Exponential buckets have no place in this format: the sum and the count remain.
        var buckets = new List<(double, long)>();
        if (type == MetricType.Histogram)
        {
            foreach (var bucket in point.GetHistogramBuckets()) buckets.Add((bucket.ExplicitBound, bucket.BucketCount));
        }

        text.Histogram(name, labels, buckets, point.GetHistogramSum(), point.GetHistogramCount());
    }

    private static string LabelsOf(in MetricPoint point)
    {
        var tags = new List<KeyValuePair<string, object?>>(point.Tags.Count);
        foreach (var tag in point.Tags) tags.Add(tag);
        return PrometheusNames.Labels(tags);
    }

    private static double Value(MetricType type, in MetricPoint point) => type switch
    {
        MetricType.LongSum or MetricType.LongSumNonMonotonic => point.GetSumLong(),
        MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic => point.GetSumDouble(),
        MetricType.LongGauge => point.GetGaugeLastValueLong(),
        _ => point.GetGaugeLastValueDouble(),
    };

    private static string TypeOf(Metric metric) => metric.MetricType switch
    {
        MetricType.LongSum or MetricType.DoubleSum => PrometheusText.CounterType,
        MetricType.Histogram or MetricType.ExponentialHistogram => PrometheusText.HistogramType,
        _ => PrometheusText.GaugeType,
    };
}
