using System.Diagnostics.Metrics;
using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Time;

/// <summary>Looks at the wall clock twice a second, so that no step is missed where no token comes; logs and counts each once.</summary>
public sealed partial class ClockWatch : IHostedService, IDisposable
{
    private static readonly Counter<long> s_steps = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.clock.steps", "{step}", "Times that the wall clock was set, by direction");
    private static readonly Counter<double> s_stepped = JtfaNames.Meter.CreateCounter<double>(
        "jtfa.clock.stepped", "s", "Seconds that the wall clock was set by, by direction");
    private static readonly KeyValuePair<string, object?> s_forward = new("direction", "forward");
    private static readonly KeyValuePair<string, object?> s_back = new("direction", "back");

    private readonly WallClock _wall;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private ITimer? _timer;

    /// <summary>A watch that looks from its start on.</summary>
    public ClockWatch(WallClock wall, TimeProvider clock, ILogger<ClockWatch> logger)
    {
        (_wall, _clock, _logger) = (wall, clock, logger);
        foreach (var direction in new[] { s_forward, s_back })
        {
            s_steps.Add(0, direction);
            s_stepped.Add(0, direction);
        }

        wall.WasSet += Tell;
    }

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var period = TimeSpan.FromSeconds(WallClock.Period);
        _timer = _clock.CreateTimer(_ => _wall.Look(), null, period, period);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken)
    {
        _timer?.Dispose();
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _timer?.Dispose();
        _wall.WasSet -= Tell;
    }

    private void Tell(double at, double by)
    {
        var direction = by < 0 ? s_back : s_forward;
        s_steps.Add(1, direction);
        s_stepped.Add(Math.Abs(by), direction);
        if (by < 0) LogSetBack(-by);
        else LogSetForward(by);
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The wall clock was set back by {Seconds:F1} s: decisions go on in a new clock epoch, open windows fire by T")]
    private partial void LogSetBack(double seconds);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message =
            "The wall clock was set forward by {Seconds:F1} s, or the machine slept so long: decisions go on; open windows fire by T")]
    private partial void LogSetForward(double seconds);
}
