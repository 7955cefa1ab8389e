using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Cameras;

/// <summary>
/// Frames of a camera that become no token, for one reason: counted, and told once a minute at most. Used by one caller at a time.
/// </summary>
internal sealed class LeftOutFrames(
    CameraConfig config, LeftOutReason reason, CameraMetrics metrics, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(1);

    private long _count;
    private long _told;
    private long? _toldAt;

    /// <summary>How many there were.</summary>
    public long Count => Interlocked.Read(ref _count);

    private string Words => reason switch
    {
        LeftOutReason.Damaged => "ffmpeg could not decode them whole: see to the link to the camera",
        _ => "the model gave numbers that are not finite",
    };

    /// <summary>Adds to them.</summary>
    /// <param name="frames">How many more; nothing happens at 0.</param>
    public void Add(long frames)
    {
        if (frames == 0) return;
        var count = Interlocked.Add(ref _count, frames);
        metrics.CountLeftOut(frames, reason);
        if (_toldAt is { } told && time.GetElapsedTime(told) < s_interval) return;
        CameraLog.LeftOut(logger, config.Scene, config.Camera, count - _told, count, Words);
        (_told, _toldAt) = (count, time.GetTimestamp());
    }
}

/// <summary>Why a frame became no token.</summary>
internal enum LeftOutReason
{
    /// <summary>It could not be decoded whole.</summary>
    Damaged,

    /// <summary>The model gave numbers for it that are not finite.</summary>
    NotFinite,
}
