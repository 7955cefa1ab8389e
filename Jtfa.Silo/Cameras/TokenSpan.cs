using System.Diagnostics;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Cameras;

/// <summary>The trace of a token that was sent.</summary>
internal static class TokenSpan
{
    /// <summary>Records a token; allocates nothing where nobody listens.</summary>
    /// <param name="camera">Whose it is.</param>
    /// <param name="moment">The packet's did.</param>
    /// <param name="sequence">The packet's seq.</param>
    /// <param name="due">When its tick was due.</param>
    /// <param name="captured">When its frame was taken.</param>
    /// <param name="inferred">When it was computed from the frame, before it was encoded.</param>
    /// <param name="sent">When the socket had taken its datagram.</param>
    public static void Record(
        CameraConfig camera, long moment, long sequence,
        DateTimeOffset due, DateTimeOffset captured, DateTimeOffset inferred, DateTimeOffset sent)
    {
        if (!JtfaNames.Spans.HasListeners()) return;
        using var span = JtfaNames.Spans.StartActivity(ActivityKind.Internal, startTime: due, name: JtfaNames.TokenSpan);
        if (span is null) return;
        span.SetEndTime(sent.UtcDateTime);
        if (!span.IsAllDataRequested) return;
        span.SetTag("scene", camera.Scene).SetTag("camera", camera.Camera).SetTag("view", camera.View);
        span.SetTag("decision", moment).SetTag("sequence", sequence);
        span.AddEvent(new ActivityEvent("captured", captured)).AddEvent(new ActivityEvent("inferred", inferred));
    }
}
