using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

/// <summary>Reports to a scene as a lane makes them.</summary>
internal static class SceneReports
{
    /// <summary>Reports decisions, and expects the log to take them.</summary>
    public static async Task ReportAsync(this ISceneGrain scene, params Decision[] decisions) =>
        Assert.Empty(await scene.ReportAsync(new LaneReport(decisions, [])));

    /// <summary>Reports what a window saw besides its decision.</summary>
    public static Task CloseAsync(this ISceneGrain scene, WindowTally tally) => scene.ReportAsync(new LaneReport([], [tally]));
}
