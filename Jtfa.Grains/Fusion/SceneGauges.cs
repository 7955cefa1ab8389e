using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>The K and T in force of the scenes that are active in this process.</summary>
internal static class SceneGauges
{
    private static ImmutableList<SceneAdaptation> s_scenes = [];

    /// <summary>Makes the gauges; they are read from a scene from <see cref="Add"/> to <see cref="Remove"/>.</summary>
    static SceneGauges()
    {
        JtfaNames.Meter.CreateObservableGauge(
            "jtfa.scene.timeout", () => Read(policy => policy.T.TotalSeconds), "s", "T in force, by scene");
        JtfaNames.Meter.CreateObservableGauge("jtfa.scene.k", () => Read(policy => policy.K), "{view}", "K in force, by scene");
    }

    public static void Add(SceneAdaptation scene) => ImmutableInterlocked.Update(ref s_scenes, all => all.Add(scene));

    public static void Remove(SceneAdaptation scene) => ImmutableInterlocked.Update(ref s_scenes, all => all.Remove(scene));

    // A scene is active once in a cluster; several silos of a test may each have one of the same name.
    private static IEnumerable<Measurement<T>> Read<T>(Func<ScenePolicy, T> read)
        where T : struct => Volatile.Read(ref s_scenes).DistinctBy(scene => scene.Scene).Select(
            scene => new Measurement<T>(read(scene.InForce), new KeyValuePair<string, object?>("scene", scene.Scene)));
}
