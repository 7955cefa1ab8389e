using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>What a scene remembers beyond its activations: its policy, once one was set at run time.</summary>
[GenerateSerializer, Alias("Jtfa.SceneState")]
public sealed class SceneState
{
    /// <summary>The policy set last; null when none was, and the configured one holds.</summary>
    [Id(0)] public ScenePolicy? Policy { get; set; }

    /// <summary>The policy before it.</summary>
    [Id(1)] public ScenePolicy? Previous { get; set; }

    /// <summary>When <see cref="Policy"/> takes hold, seconds since 1970.</summary>
    [Id(2)] public double From { get; set; }

    /// <summary>Changes so far.</summary>
    [Id(3)] public long Version { get; set; }

    /// <summary>How often a gateway's clock was set back; it only grows.</summary>
    [Id(4)] public int ClockEpoch { get; set; }
}
