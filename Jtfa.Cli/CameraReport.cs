using System.Globalization;
using Jtfa.Interfaces;
using Jtfa.Silo.Cameras;

namespace Jtfa.Cli;

/// <summary>What <c>jtfa camera</c> tells on standard error while it runs: what it does, and now and then how it goes.</summary>
internal sealed class CameraReport(CameraPipeline pipeline, CameraConfig config, TimeProvider clock)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

    private long _sent;
    private long _missed;
    private (long Known, long Arrived) _delivered;
    private long _toldAt = clock.GetTimestamp();

    /// <summary>Tells what the camera does once its first token is sent, and then how it goes, until it is cancelled.</summary>
    /// <param name="period">How often; null for never.</param>
    /// <param name="cancellationToken">Its end.</param>
    public async Task RunAsync(TimeSpan? period, CancellationToken cancellationToken)
    {
        try
        {
            using (var look = new PeriodicTimer(s_look, clock))
            {
                while (pipeline.Status.Sent == 0) await look.WaitForNextTickAsync(cancellationToken);
            }

            await TellAsync(Start());
            using var timer = new PeriodicTimer(period ?? Timeout.InfiniteTimeSpan, clock);
            while (await timer.WaitForNextTickAsync(cancellationToken)) await TellAsync(Next());
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The camera has ended.
        }
    }

    private string Start()
    {
        var source = config.Source.Path.Length > 0 ? $"{config.Source.Kind} {config.Source.Path}" : $"{config.Source.Kind}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"view {config.View} from {source} at {config.RateHz} Hz, {config.Encoding} tokens to {config.Destination}; Ctrl-C ends it");
    }

    private string Next()
    {
        var (status, delivered, seconds) = (pipeline.Status, pipeline.Delivered, clock.GetElapsedTime(_toldAt).TotalSeconds);
        var (sent, missed) = (status.Sent - _sent, status.Missed - _missed);
        var loss = Loss(sent, delivered.Known - _delivered.Known, delivered.Arrived - _delivered.Arrived);
        (_sent, _missed, _delivered, _toldAt) = (status.Sent, status.Missed, delivered, clock.GetTimestamp());
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{sent / seconds:F1} tokens a second, {loss}{(missed > 0 ? $", {missed} ticks missed" : "")}");
    }

    private static string Loss(long sent, long known, long arrived) => known > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{(known - arrived) * 100.0 / known:F1} % lost")
        : sent > 0 ? "loss unknown: no gateway tells what came" : "nothing to send";

    private Task TellAsync(string text) => Console.Error.WriteLineAsync($"jtfa: {config.Camera}: {Secrets.Mask(text)}");
}
