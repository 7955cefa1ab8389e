using System.Buffers;
using System.Globalization;
using System.Text;

namespace Jtfa.Silo.Telemetry;

/// <summary>Writes Prometheus' text format, version 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/), in UTF-8.</summary>
internal sealed class PrometheusText(IBufferWriter<byte> output)
{
    /// <summary>Its media type.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>A value that only grows.</summary>
    public const string CounterType = "counter";

    /// <summary>A value that goes up and down.</summary>
    public const string GaugeType = "gauge";

    /// <summary>Counts of values by their size.</summary>
    public const string HistogramType = "histogram";

    /// <summary>Begins a family: all of its samples must follow before the next one.</summary>
    /// <param name="name">A valid name (<see cref="PrometheusNames"/>).</param>
    /// <param name="type">One of the types here.</param>
    /// <param name="help">What it means, any text; empty writes none.</param>
    public void Family(string name, string type, string help)
    {
        if (help.Length > 0) Line($"# HELP {name} {help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}");
        Line($"# TYPE {name} {type}");
    }

    /// <summary>Writes a sample.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="labels">As <see cref="PrometheusNames.Labels"/> writes them; may be empty.</param>
    /// <param name="value">Any number, NaN and infinities too.</param>
    public void Sample(string name, string labels, double value) => Line(labels.Length > 0 ? $"{name}{{{labels}}} {Number(value)}" : $"{name} {Number(value)}");

    /// <summary>Writes a histogram's samples.</summary>
    /// <param name="name">The family's name.</param>
    /// <param name="labels">As <see cref="PrometheusNames.Labels"/> writes them; may be empty.</param>
    /// <param name="buckets">Upper bounds, ascending, each with the count of values between the bound before it and itself.</param>
    /// <param name="sum">Sum of all values.</param>
    /// <param name="count">How many values there are, those above the last bound too.</param>
    public void Histogram(string name, string labels, IEnumerable<(double Bound, long Count)> buckets, double sum, long count)
    {
        var before = labels.Length > 0 ? $"{labels}," : "";
        var sofar = 0L;
        foreach (var (bound, inBucket) in buckets.Where(bucket => !double.IsPositiveInfinity(bucket.Bound)))
        {
            sofar += inBucket;
            Sample($"{name}_bucket", $"{before}le=\"{Number(bound)}\"", sofar);
        }

        Sample($"{name}_bucket", $"{before}le=\"+Inf\"", count);
        Sample($"{name}_sum", labels, sum);
        Sample($"{name}_count", labels, count);
    }

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    private void Line(string line)
    {
        Encoding.UTF8.GetBytes(line, output);
        output.Write("\n"u8);
    }
}
