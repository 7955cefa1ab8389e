using System.Diagnostics.Metrics;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Cameras;

/// <summary>One camera's metrics. Used by one caller at a time.</summary>
internal sealed class CameraMetrics
{
    private static readonly Counter<long> s_sent = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.camera.sent", "{token}", "Tokens sent, by scene and camera");
    private static readonly Counter<long> s_copies = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.camera.copies", "{token}", "Tokens sent once more, by scene and camera");
    private static readonly Counter<long> s_unsent = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.camera.unsent", "{token}", "Tokens not sent, because they had not moved or came too soon, by scene and camera");
    private static readonly Counter<long> s_missed = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.camera.missed", "{tick}", "Ticks that passed without a capture, by scene and camera");
    private static readonly Counter<long> s_failures = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.camera.send_failures", "{failure}", "Attempts to send that failed and failed lookups of the gateway, by scene and camera");
    private static readonly Histogram<double> s_prepare = JtfaNames.Meter.CreateHistogram(
        "jtfa.camera.prepare", "s", "Capture → token sent, by scene and camera", tags: null, JtfaNames.Latencies);
    private static readonly UpDownCounter<int> s_faulty = JtfaNames.Meter.CreateUpDownCounter<int>(
        "jtfa.camera.faulty", "{camera}", "1 while a fault keeps the camera from giving tokens, else 0, by scene and camera");
    private static readonly Counter<long> s_faults = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.camera.faults", "{fault}", "Faults after which the camera is tried again, each failed try included, by scene and camera");
    private static readonly Counter<long> s_leftOut = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.camera.left_out", "{frame}", "Frames that became no token, by scene, camera and reason");

    private readonly KeyValuePair<string, object?> _scene;
    private readonly KeyValuePair<string, object?> _camera;
    private long _knownMissed;
    private long _knownFailures;

    /// <summary>A camera's metrics, from 0.</summary>
    public CameraMetrics(CameraConfig config)
    {
        (_scene, _camera) = (new("scene", config.Scene), new("camera", config.Camera));
        s_sent.Add(0, _scene, _camera);
        s_copies.Add(0, _scene, _camera);
        s_unsent.Add(0, _scene, _camera);
        s_missed.Add(0, _scene, _camera);
        s_failures.Add(0, _scene, _camera);
        s_faulty.Add(0, _scene, _camera);
        s_faults.Add(0, _scene, _camera);
        foreach (var reason in Enum.GetValues<LeftOutReason>()) CountLeftOut(0, reason);
    }

    /// <summary>A token was sent.</summary>
    public void CountSent(TimeSpan prepare)
    {
        s_sent.Add(1, _scene, _camera);
        s_prepare.Record(prepare.TotalSeconds, _scene, _camera);
    }

    /// <summary>A token was sent once more. May be called while another member is.</summary>
    public void CountCopy() => s_copies.Add(1, _scene, _camera);

    /// <summary>A token was not sent.</summary>
    public void CountUnsent() => s_unsent.Add(1, _scene, _camera);

    /// <summary>Counts on to these totals.</summary>
    public void CountTo(long missed, long failures)
    {
        if (missed > _knownMissed) s_missed.Add(missed - _knownMissed, _scene, _camera);
        if (failures > _knownFailures) s_failures.Add(failures - _knownFailures, _scene, _camera);
        (_knownMissed, _knownFailures) = (missed, failures);
    }

    /// <summary>Cameras that are at fault: one more, or one less.</summary>
    public void CountFaulty(int more) => s_faulty.Add(more, _scene, _camera);

    /// <summary>A fault, after which the camera is tried again.</summary>
    public void CountFault() => s_faults.Add(1, _scene, _camera);

    /// <summary>Frames became no token.</summary>
    public void CountLeftOut(long frames, LeftOutReason reason) =>
        s_leftOut.Add(frames, _scene, _camera, new KeyValuePair<string, object?>("reason", reason.ToString()));
}
