using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Jtfa.Interfaces;

/// <summary>Names that grains, silos and clients agree on.</summary>
public static class JtfaNames
{
    /// <summary>The grain storage provider.</summary>
    public const string Storage = "jtfa";

    /// <summary>
    /// The stream provider. Its name must differ from <see cref="Storage"/>: Orleans keeps subscriptions in a storage of the provider's
    /// name if there is one, and there they would outlive a silo that runs alone.
    /// </summary>
    public const string Streams = "decisions";

    /// <summary>
    /// The grain directory of texts of language models. Orleans' default one ends grains that were registered on a silo that dies.
    /// </summary>
    public const string Texts = "texts";

    /// <summary>Key of grains of which there is one.</summary>
    public const string Sole = "sole";

    /// <summary>How long a call may take that may have to load a language model first; a call to a silo that dies fails sooner.</summary>
    public const string LoadingTimeout = "00:10:00";

    /// <summary>The meter of all of JTFA's instruments.</summary>
    public static readonly Meter Meter = new("Jtfa");

    /// <summary>The source of all of JTFA's spans (traces).</summary>
    public static readonly ActivitySource Spans = new("Jtfa");

    /// <summary>The span of a decision: first token received → published.</summary>
    public const string DecisionSpan = "decision";

    /// <summary>The span of a token at its camera: tick due → datagram sent.</summary>
    public const string TokenSpan = "token";

    /// <summary>The span of a change of policy.</summary>
    public const string PolicySpan = "set policy";

    /// <summary>The span of a commit of the decision log.</summary>
    public const string CommitSpan = "commit log";

    /// <summary>
    /// Upper bounds of the buckets of latencies, seconds: from below the fire latency of an idle silo to beyond the longest T.
    /// </summary>
    public static readonly InstrumentAdvice<double> Latencies = new()
    {
        HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5,
            5, 10],
    };

    /// <summary>The stream of a scene's decisions.</summary>
    public static StreamId DecisionStream(string scene) => StreamId.Create("decisions", scene);
}
