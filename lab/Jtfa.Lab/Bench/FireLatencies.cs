using System.Diagnostics.Metrics;
using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Lab.Bench;

/// <summary>The fire latencies of all scenes of this process, or of one, as their metric records them.</summary>
internal sealed class FireLatencies : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();
    private readonly string? _scene;
    private PercentileSketch _sketch = new();

    /// <summary>Listens from now on.</summary>
    /// <param name="scene">The scene; null is all.</param>
    public FireLatencies(string? scene = null)
    {
        _scene = scene;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == JtfaNames.Meter && instrument.Name == "jtfa.fire.latency") listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>(Take);
        _listener.Start();
    }

    /// <summary>How many there are.</summary>
    public long Count
    {
        get
        {
            lock (_gate) return _sketch.Count;
        }
    }

    /// <summary>Milliseconds at a quantile.</summary>
    public double Milliseconds(double quantile)
    {
        lock (_gate) return _sketch.Quantile(quantile) * 1000;
    }

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        lock (_gate) _sketch = new PercentileSketch();
    }

    public void Dispose() => _listener.Dispose();

    private void Take(Instrument instrument, double seconds, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        if (_scene is not null && !Contains(tags, _scene)) return;
        lock (_gate) _sketch.Add(seconds);
    }

    private static bool Contains(ReadOnlySpan<KeyValuePair<string, object?>> tags, string scene)
    {
        foreach (var tag in tags)
            if (tag.Key == "scene" && scene.Equals(tag.Value)) return true;
        return false;
    }
}
