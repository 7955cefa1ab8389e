using System.Buffers;
using OpenTelemetry.Metrics;

namespace Jtfa.Silo.Telemetry;

/// <summary>
/// Collects metrics for whoever scrapes. One collection runs at a time; at most <see cref="MostAtOnce"/> texts are held, however many
/// ask and however slowly they read.
/// </summary>
internal sealed class MetricsScrape : IDisposable
{
    /// <summary>Scrapes that are served at once; more are refused.</summary>
    public const int MostAtOnce = 4;

    private readonly PrometheusExporter _exporter = new();
    private readonly SemaphoreSlim _places = new(MostAtOnce);
    private readonly SemaphoreSlim _collecting = new(1);
    private int _lastLength = 16 * 1024;

    /// <summary>The reader to add to a meter provider, which disposes it.</summary>
    public MetricReader CreateReader() => new BaseExportingMetricReader(_exporter);

    /// <summary>Begins a scrape, to be disposed when its text is sent; null when too many are under way.</summary>
    public Turn? TryBegin() => _places.Wait(0) ? new Turn(this) : null;

    public void Dispose()
    {
        _places.Dispose();
        _collecting.Dispose();
    }

    private async Task<ReadOnlyMemory<byte>?> CollectAsync(CancellationToken cancellationToken)
    {
        await _collecting.WaitAsync(cancellationToken);
        try
        {
            var text = new ArrayBufferWriter<byte>(_lastLength);
            if (!_exporter.TryCollect(text)) return null;
            _lastLength = text.WrittenCount + 1024;
            return text.WrittenMemory;
        }
        finally
        {
            _collecting.Release();
        }
    }

    /// <summary>One scrape.</summary>
    internal sealed class Turn(MetricsScrape scrape) : IDisposable
    {
        /// <summary>All metrics in Prometheus' text format; null while there is no meter provider.</summary>
        public Task<ReadOnlyMemory<byte>?> CollectAsync(CancellationToken cancellationToken) => scrape.CollectAsync(cancellationToken);

        public void Dispose() => scrape._places.Release();
    }
}
