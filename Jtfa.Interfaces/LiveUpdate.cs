namespace Jtfa.Interfaces;

/// <summary>What a live page is told ten times a second: how every scene is doing, and one of them in full.</summary>
/// <param name="Time">When it was made, seconds since 1970.</param>
/// <param name="Scenes">
/// Every scene, in the order of configuration. Where there are more than 50, each is looked at once a second, and updates after the first
/// of a connection have only the scenes that have changed.
/// </param>
/// <param name="Scene">
/// The scene asked for; null when none was. The first update of a connection has its past: 300 seconds, 256 windows and 200 decisions at
/// most. Later ones have the last two seconds, the decisions published since the update before (at most 32), and the last 48 windows,
/// because late views become known later.
/// </param>
/// <param name="Details">How its decisions of this update came about, as far as lanes remember it.</param>
/// <param name="CameraSwitches">Whether cameras can be switched off and on.</param>
public sealed record LiveUpdate(
    double Time, SceneOverview[] Scenes, SceneSnapshot? Scene, DecisionDetail[] Details, bool CameraSwitches = false);

/// <summary>How a scene is doing, in a line.</summary>
public sealed record SceneOverview
{
    /// <summary>The scene.</summary>
    public required string Scene { get; init; }

    /// <summary>Its policy, with the K and T in force.</summary>
    public required ScenePolicy Policy { get; init; }

    /// <summary>Decisions published, since the scene was activated.</summary>
    public long Decisions { get; init; }

    /// <summary>Decisions in the last full second.</summary>
    public int DecisionsPerSecond { get; init; }

    /// <summary>Of these, fired because K views were in.</summary>
    public int ByKPerSecond { get; init; }

    /// <summary>Capture → fire over the last ten seconds.</summary>
    public LatencySummary Latency { get; init; } = new();

    /// <summary>Running accuracy; NaN while no label was known.</summary>
    public double AccRunning { get; init; }

    /// <summary>Its cameras, by view number.</summary>
    public required CameraMark[] Cameras { get; init; }

    /// <summary>Whether anybody on the network may send it tokens: it is open, and other machines reach the gateway.</summary>
    public bool Open { get; init; }

    /// <summary>Why there are no figures: the scene did not answer, one line; null when it did.</summary>
    public string? Fault { get; init; }
}

/// <summary>Whether a camera of a scene is on time.</summary>
/// <param name="View">View number.</param>
/// <param name="Camera">Its name; null when not known.</param>
/// <param name="Timing">Whether its tokens come in time.</param>
public sealed record CameraMark(int View, string? Camera, CameraTiming Timing);
