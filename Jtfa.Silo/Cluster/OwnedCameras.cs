using System.Diagnostics.CodeAnalysis;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Cluster;

/// <summary>
/// Wakes the camera views that this silo has configured, when it starts and whenever one of them is not active: each captures, unless
/// somebody stopped it.
/// </summary>
internal sealed partial class OwnedCameras(
    CameraCatalog cameras, IGrainFactory grains, TimeProvider clock, ILogger<OwnedCameras> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    private readonly HashSet<string> _failing = [];

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, clock);
        try
        {
            do await Task.WhenAll(cameras.Names.Select(view => WakeAsync(view, stoppingToken)));
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Any failure of a view is logged once, and the view is called again.")]
    private async Task WakeAsync(string view, CancellationToken cancellationToken)
    {
        try
        {
            await grains.GetGrain<ICameraViewGrain>(view).GetStatusAsync(cancellationToken);
            lock (_failing) _failing.Remove(view);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            bool news;
            lock (_failing) news = _failing.Add(view);
            if (news) LogAsleep(view, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Camera view {View} does not answer ({Reason}); it is called again every second")]
    private partial void LogAsleep(string view, string reason);
}
