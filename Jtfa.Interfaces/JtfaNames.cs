using System.Diagnostics.Metrics;

namespace Jtfa.Interfaces;

/// <summary>Names that grains, silos and clients agree on.</summary>
public static class JtfaNames
{
    /// <summary>The grain storage provider.</summary>
    public const string Storage = "jtfa";

    /// <summary>The stream provider.</summary>
    public const string Streams = "jtfa";

    /// <summary>Key of grains of which there is one.</summary>
    public const string Sole = "sole";

    /// <summary>The meter of all of JTFA's instruments.</summary>
    public static readonly Meter Meter = new("Jtfa");

    /// <summary>The stream of a scene's decisions.</summary>
    public static StreamId DecisionStream(string scene) => StreamId.Create("decisions", scene);
}
