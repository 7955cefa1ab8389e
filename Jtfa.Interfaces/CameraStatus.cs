namespace Jtfa.Interfaces;

/// <summary>How a camera view is doing since its capture started.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.CameraStatus")]
public sealed record CameraStatus
{
    /// <summary>Whether it captures, or tries to.</summary>
    [Id(0)] public bool Running { get; init; }

    /// <summary>Tokens sent.</summary>
    [Id(1)] public long Sent { get; init; }

    /// <summary>
    /// Ticks of the schedule that passed while the camera was still busy, or away; it skips them and does not make up for them.
    /// </summary>
    [Id(2)] public long Missed { get; init; }

    /// <summary>UDP payload bytes sent.</summary>
    [Id(3)] public long Bytes { get; init; }

    /// <summary>Mean time from capture to sent datagram, milliseconds.</summary>
    [Id(4)] public double MeanPrepareMs { get; init; }

    /// <summary>What keeps it from giving tokens now, or has ended it, one line; null when nothing does.</summary>
    [Id(5)] public string? Fault { get; init; }

    /// <summary>The configuration that its silo has for it, without passwords; null where it has none.</summary>
    [Id(6)] public CameraConfig? Config { get; init; }

    /// <summary>Tokens sent once more; <see cref="Sent"/> counts each token once, <see cref="Bytes"/> all datagrams.</summary>
    [Id(8)] public long Copies { get; init; }

    /// <summary>Tokens that were not sent, because they had not moved or came too soon after the last.</summary>
    [Id(9)] public long Unsent { get; init; }

    /// <summary>Frames that became no token, since they were damaged or the model gave numbers for them that are not finite.</summary>
    [Id(7)] public long LeftOut { get; init; }
}
