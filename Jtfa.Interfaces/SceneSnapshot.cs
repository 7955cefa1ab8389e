namespace Jtfa.Interfaces;

/// <summary>How a scene is doing at one moment: all that its page shows.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.SceneSnapshot")]
public sealed record SceneSnapshot
{
    /// <summary>The scene.</summary>
    [Id(0)] public required string Scene { get; init; }

    /// <summary>The moment, seconds since 1970, by the clock of the scene's silo.</summary>
    [Id(1)] public required double Time { get; init; }

    /// <summary>The policy, now and next.</summary>
    [Id(2)] public required SceneRouting Routing { get; init; }

    /// <summary>Counters and percentiles since the scene was activated.</summary>
    [Id(3)] public required SceneStatistics Statistics { get; init; }

    /// <summary>Its cameras, by view number.</summary>
    [Id(4)] public required CameraHealth[] Cameras { get; init; }

    /// <summary>The last seconds, oldest first; the second under way is not among them.</summary>
    [Id(5)] public required SceneSecond[] Seconds { get; init; }

    /// <summary>Which views were in time for the last windows, oldest first.</summary>
    [Id(6)] public required WindowArrivals[] Windows { get; init; }

    /// <summary>The last decisions, oldest first.</summary>
    [Id(7)] public required Decision[] Decisions { get; init; }

    /// <summary>How a clock was set in the last ten minutes, the last time; null where none was.</summary>
    [Id(8)] public ClockStep? ClockStep { get; init; }

    /// <summary>What happened of late, oldest first.</summary>
    [Id(9)] public SceneEvent[] Events { get; init; } = [];

    /// <summary>What keeps it from deciding as its policy asks; empty where nothing does.</summary>
    [Id(10)] public SceneWarning[] Warnings { get; init; } = [];
}

/// <summary>How the wall clock of a gateway's silo was set: by hand, by a time server, or while the machine slept.</summary>
/// <param name="At">When, seconds since 1970, by the clock as it was set.</param>
/// <param name="By">By how many seconds; below 0 it was set back.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.ClockStep")]
public sealed record ClockStep([property: Id(0)] double At, [property: Id(1)] double By);

/// <summary>How much of its past a snapshot has, at most.</summary>
/// <param name="Seconds">Of <see cref="SceneSnapshot.Seconds"/>; a scene keeps <see cref="SceneSecond.MostKept"/>.</param>
/// <param name="Windows">Of <see cref="SceneSnapshot.Windows"/>; a scene keeps <see cref="WindowArrivals.MostKept"/>.</param>
/// <param name="Decisions">Of <see cref="SceneSnapshot.Decisions"/>; a scene keeps 1,000.</param>
/// <param name="Events">Of <see cref="SceneSnapshot.Events"/>; a scene keeps <see cref="SceneEvent.MostKept"/>.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.SnapshotSpan")]
public sealed record SnapshotSpan(
    [property: Id(0)] int Seconds, [property: Id(1)] int Windows, [property: Id(2)] int Decisions, [property: Id(3)] int Events = 0);

/// <summary>One second of a scene's decisions.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.SceneSecond")]
public sealed record SceneSecond
{
    /// <summary>Seconds that a scene keeps.</summary>
    public const int MostKept = 300;

    /// <summary>Which second, since 1970.</summary>
    [Id(0)] public long Second { get; init; }

    /// <summary>Decisions published in it.</summary>
    [Id(1)] public int Decisions { get; init; }

    /// <summary>Of these, fired because K views were in.</summary>
    [Id(2)] public int ByK { get; init; }

    /// <summary>Tokens fused.</summary>
    [Id(3)] public int Tokens { get; init; }

    /// <summary>Bytes (UDP payload) of these.</summary>
    [Id(4)] public long Bytes { get; init; }

    /// <summary>Mean fill ratio; NaN without decisions.</summary>
    [Id(5)] public double FillRatio { get; init; }

    /// <summary>Decisions with a known label.</summary>
    [Id(6)] public int Labelled { get; init; }

    /// <summary>Of these, decided correctly.</summary>
    [Id(7)] public int Correct { get; init; }

    /// <summary>The scene's running accuracy at its end; NaN while no label was known.</summary>
    [Id(8)] public double AccRunning { get; init; }

    /// <summary>Capture → fire of the decisions of the ten seconds that end with it, as in <see cref="SceneStatistics.Latency"/>.</summary>
    [Id(9)] public LatencySummary Latency { get; init; } = new();

    /// <summary>T in force at its end.</summary>
    [Id(10)] public TimeSpan T { get; init; }
}

/// <summary>Which views were in time for a window, and which came too late for it; a view in neither list is missing so far.</summary>
/// <param name="Decision">Decision id.</param>
/// <param name="Cause">Why it fired.</param>
/// <param name="OnTime">Views fused, ascending.</param>
/// <param name="Late">Views whose token came after it had fired, ascending; known once the window has gone.</param>
/// <param name="ClockEpoch">Its clock epoch.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.WindowArrivals")]
public sealed record WindowArrivals(
    [property: Id(0)] long Decision,
    [property: Id(1)] Core.FireCause Cause,
    [property: Id(2)] int[] OnTime,
    [property: Id(3)] int[] Late,
    [property: Id(4)] int ClockEpoch = 0)
{
    /// <summary>Windows that a scene keeps.</summary>
    public const int MostKept = 256;
}
