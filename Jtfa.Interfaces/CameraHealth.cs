namespace Jtfa.Interfaces;

/// <summary>How a camera view is doing as its scene sees it, from the tokens that arrive.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.CameraHealth")]
public sealed record CameraHealth
{
    /// <summary>View number.</summary>
    [Id(0)] public int View { get; init; }

    /// <summary>
    /// The name that the scene's configuration gives to the view (<c>ViewNames</c>), else the camera's own; null until its grain tells
    /// that, and always for a camera without a grain.
    /// </summary>
    [Id(1)] public string? Camera { get; init; }

    /// <summary>Whether its tokens come in time.</summary>
    [Id(2)] public CameraTiming Timing { get; init; }

    /// <summary>When its last token was received, seconds since 1970.</summary>
    [Id(3)] public double LastTokenAt { get; init; }

    /// <summary>Tokens received.</summary>
    [Id(4)] public long Tokens { get; init; }

    /// <summary>Bytes (UDP payload) of these.</summary>
    [Id(5)] public long Bytes { get; init; }

    /// <summary>Tokens a second, over the last seconds in which any came.</summary>
    [Id(6)] public double RateHz { get; init; }

    /// <summary>UDP payload, kilobits a second, over the same time.</summary>
    [Id(7)] public double Kbps { get; init; }

    /// <summary>Tokens that were sent and never came, by gaps in <c>seq</c>; 0 where the camera sends no <c>seq</c>.</summary>
    [Id(8)] public long Lost { get; init; }

    /// <summary>Interarrival jitter by RFC 3550, section 6.4.1, seconds.</summary>
    [Id(9)] public double Jitter { get; init; }

    /// <summary>
    /// Receive time − capture time at its least over the last half minute, seconds: how far the camera's clock is behind the gateway's,
    /// plus the shortest time from capture to arrival, which one-way messages cannot tell apart. Below 0 its clock is ahead.
    /// </summary>
    [Id(10)] public double ClockOffset { get; init; }

    /// <summary>Decisions that it was fused into.</summary>
    [Id(11)] public long OnTime { get; init; }

    /// <summary>Decisions that its token came too late for.</summary>
    [Id(12)] public long Late { get; init; }

    /// <summary>
    /// What keeps the camera from giving tokens, as its grain told within the last 15 s, one line; null when nothing does, and always for a
    /// camera without a grain.
    /// </summary>
    [Id(13)] public string? Fault { get; init; }

    /// <summary>
    /// The name by which its silo declares it, and by which it is started, stopped and asked; null for a camera without a grain.
    /// </summary>
    [Id(14)] public string? Declared { get; init; }

    /// <summary>Whether somebody has switched it off.</summary>
    [Id(15)] public bool SwitchedOff { get; init; }

    /// <summary>Whether it gives pictures of what it sees.</summary>
    [Id(16)] public bool GivesPictures { get; init; }

    /// <summary>
    /// Copies of tokens that had come already: what the camera sends twice, or carries along, in case it is lost (docs/wire.md, copies).
    /// </summary>
    [Id(17)] public long Copies { get; init; }

    /// <summary>Tokens that were lost, came as copies, and went to their windows; they do not count as lost.</summary>
    [Id(18)] public long Saved { get; init; }

    /// <summary>Lost / (lost + received); 0 before the first token.</summary>
    public double LossRatio => Lost + Tokens > 0 ? (double)Lost / (Lost + Tokens) : 0;
}

/// <summary>Whether a camera's tokens come in time.</summary>
public enum CameraTiming
{
    /// <summary>Most of its last tokens were fused.</summary>
    OnTime,

    /// <summary>Most of its last tokens came after their window had fired.</summary>
    Late,

    /// <summary>Nothing came from it for a second and for three of its periods.</summary>
    Missing,
}
