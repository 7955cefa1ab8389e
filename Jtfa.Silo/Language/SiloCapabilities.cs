using System.Diagnostics.CodeAnalysis;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Language.Planning;
using Jtfa.Language.Weights;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Language;

/// <summary>
/// What this silo can do with language models: measured when a plan first asks for it, since a silo that is alone never needs it, and
/// before a plan's stages are loaded, so that nothing computes beside.
/// </summary>
internal sealed partial class SiloCapabilities(
    IOptions<LanguageOptions> options, ILanguageSilos silos, IGrainFactory grains, TimeProvider clock, ILogger<SiloCapabilities> logger)
    : ISiloCapabilities, IDisposable
{
    private const int SmallCalls = 7;
    private const int LargeCalls = 3;
    private const int MostBytes = 240 * 1024;
    private static readonly TimeSpan s_waysLast = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _measuring = new(1);
    private readonly Dictionary<string, Task<SiloCapability>> _known = [];
    private readonly Dictionary<string, (SiloWay Way, long MeasuredAt)> _ways = [];

    /// <inheritdoc />
    public void Dispose() => _measuring.Dispose();

    /// <inheritdoc />
    public async Task<SiloCapability> OfAsync(string format, CancellationToken cancellationToken)
    {
        var known = WeightFormat.Find(format)
            ?? throw new ArgumentException($"There is no format '{format}': known are {WeightFormat.Known}", nameof(format));
        Task<SiloCapability>? measured;
        lock (_gate)
        {
            if (!_known.TryGetValue(known.Name, out measured) || measured.IsFaulted)
                _known[known.Name] = measured = Task.Run(() => MeasureAsync(known), CancellationToken.None);
        }

        return await measured.WaitAsync(cancellationToken);
    }

    /// <inheritdoc />
    [SuppressMessage("Design", "CA1031", Justification = "Whatever another silo's grain throws, the way to it is not known.")]
    public async Task<SiloWay[]> WaysAsync(string[] silos, int bytes, CancellationToken cancellationToken)
    {
        var ways = new List<SiloWay>();
        foreach (var silo in silos.Where(silo => silo != Own).Distinct())
        {
            lock (_gate)
            {
                if (_ways.TryGetValue(silo, out var known) && clock.GetElapsedTime(known.MeasuredAt) < s_waysLast)
                {
                    ways.Add(known.Way);
                    continue;
                }
            }

            try
            {
                // One silo after the other: calls that are under way to several would wait for each other.
                var way = await MeasureAsync(silo, Math.Clamp(bytes, 1, MostBytes), cancellationToken);
                ways.Add(way);
                lock (_gate) _ways[silo] = (way, clock.GetTimestamp());
            }
            catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
            {
                LogUnanswered(silo, fault.Message.ReplaceLineEndings(" "));
            }
        }

        return [.. ways];
    }

    private string Own => silos.Own;

    private async Task<SiloCapability> MeasureAsync(WeightFormat format)
    {
        await _measuring.WaitAsync();
        try
        {
            var (bytes, threads, began) = (options.Value.ChosenBytes, options.Value.ChosenThreads, clock.GetTimestamp());
            var (read, products) = SiloProbe.Measure(format, threads, bytes / 8, clock, CancellationToken.None);
            LogMeasured(format.Name, threads, read / 1e9, products / 1e9, clock.GetElapsedTime(began).TotalSeconds);
            return new SiloCapability
            {
                Silo = Own,
                Bytes = bytes,
                Threads = threads,
                Format = format.Name,
                ReadBytesPerSecond = read,
                ProductsPerSecond = products,
            };
        }
        finally
        {
            _measuring.Release();
        }
    }

    private async Task<SiloWay> MeasureAsync(string silo, int bytes, CancellationToken cancellationToken)
    {
        var grain = grains.GetGrain<ISiloCapabilityGrain>(silo);
        async Task<double> CallAsync(byte[] payload)
        {
            var began = clock.GetTimestamp();
            await grain.EchoAsync(payload, cancellationToken);
            return clock.GetElapsedTime(began).TotalSeconds;
        }

        async Task<double> MedianAsync(byte[] payload, int calls)
        {
            await CallAsync(payload); // finds the grain, opens the connection
            var seconds = new double[calls];
            for (var i = 0; i < calls; i++) seconds[i] = await CallAsync(payload);
            Array.Sort(seconds);
            return seconds[calls / 2];
        }

        var small = await MedianAsync(new byte[bytes], SmallCalls);
        var large = await MedianAsync(new byte[MostBytes], LargeCalls);
        var (added, longer) = (2.0 * (MostBytes - bytes), large - small); // there and back
        return new SiloWay
        {
            From = Own,
            To = silo,
            RoundTripSeconds = small,
            BytesPerSecond = added > 0 && longer > 0 ? added / longer : 1e12,
        };
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "With weights of {Format} this silo reads {Read:0.0} GB/s and multiplies {Products:0} billion numbers a second on " +
            "{Threads} threads (measured in {Seconds:0.0} s)")]
    private partial void LogMeasured(string format, int threads, double read, double products, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The way to silo {Silo} cannot be measured: {Fault}")]
    private partial void LogUnanswered(string silo, string fault);
}
