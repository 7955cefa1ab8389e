using System.Net;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Cameras;

/// <summary>What cameras tell their operator.</summary>
internal static partial class CameraLog
{
    [LoggerMessage(1, LogLevel.Information,
        "Camera {Scene}/{Camera} (view {View}) captures from {Source} {Path} at {RateHz} Hz and sends {Encoding} tokens to {Destination}")]
    public static partial void Capturing(
        ILogger logger, string scene, string camera, int view, FrameSourceKind source, string path, double rateHz,
        Core.TokenEncoding encoding, string destination);

    [LoggerMessage(2, LogLevel.Information, "Camera {Scene}/{Camera} ended after {Sent} tokens; it missed {Missed} ticks")]
    public static partial void Ended(ILogger logger, string scene, string camera, long sent, long missed);

    [LoggerMessage(3, LogLevel.Error, "Camera {Scene}/{Camera} stopped: {Fault}")]
    public static partial void Faulted(ILogger logger, string scene, string camera, string fault);

    [LoggerMessage(4, LogLevel.Error, "Camera {Scene}/{Camera} broke")]
    public static partial void Broke(ILogger logger, Exception exception, string scene, string camera);

    [LoggerMessage(5, LogLevel.Warning,
        "Tokens cannot be sent to {Destination} ({Reason}): see that the gateway runs there. The camera goes on")]
    public static partial void Unreachable(ILogger logger, string destination, string reason);

    [LoggerMessage(6, LogLevel.Information, "Tokens are sent to {Destination} ({Address}) again after {Failures} failures")]
    public static partial void Reachable(ILogger logger, string destination, EndPoint address, long failures);

    [LoggerMessage(7, LogLevel.Warning,
        "Camera {Scene}/{Camera} uses {Count} images of {Path}; left out are {LeftOut}")]
    public static partial void FilesLeftOut(ILogger logger, string scene, string camera, string path, int count, string leftOut);

    [LoggerMessage(8, LogLevel.Warning,
        "Camera {Scene}/{Camera} stopped: {Fault}. It is tried again after 1 s, then more rarely, until it works")]
    public static partial void Lost(ILogger logger, string scene, string camera, string fault);

    [LoggerMessage(9, LogLevel.Error, "Camera {Scene}/{Camera} broke. It is tried again after 1 s, then more rarely, until it works")]
    public static partial void Broken(ILogger logger, Exception exception, string scene, string camera);

    // A warning, since jtfa camera shows what is one.
    [LoggerMessage(10, LogLevel.Warning, "Camera {Scene}/{Camera} works again after {Seconds:F1} s; it was tried {Tries} times")]
    public static partial void Back(ILogger logger, string scene, string camera, double seconds, int tries);

    [LoggerMessage(11, LogLevel.Warning,
        "Camera {Scene}/{Camera} left out {Frames} more of its frames, {All} in all ({Reason}); told once a minute at most")]
    public static partial void LeftOut(ILogger logger, string scene, string camera, long frames, long all, string reason);
}
