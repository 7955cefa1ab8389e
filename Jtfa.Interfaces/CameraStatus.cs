namespace Jtfa.Interfaces;

/// <summary>How a camera view is doing since its capture started.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.CameraStatus")]
public sealed record CameraStatus
{
    /// <summary>Whether capture runs.</summary>
    [Id(0)] public bool Running { get; init; }

    /// <summary>Tokens sent.</summary>
    [Id(1)] public long Sent { get; init; }

    /// <summary>Ticks of the schedule that passed while the camera was still busy; it skips them and does not make up for them.</summary>
    [Id(2)] public long Missed { get; init; }

    /// <summary>UDP payload bytes sent.</summary>
    [Id(3)] public long Bytes { get; init; }

    /// <summary>Mean time from capture to sent datagram, milliseconds.</summary>
    [Id(4)] public double MeanPrepareMs { get; init; }

    /// <summary>The fault that stopped capture last, one line; null when there is none.</summary>
    [Id(5)] public string? Fault { get; init; }

    /// <summary>The configuration that its silo has for it, without passwords; null where it has none.</summary>
    [Id(6)] public CameraConfig? Config { get; init; }
}
