namespace Jtfa.Experiments.Results;

/// <summary>What cells differ by.</summary>
public static class FactorNames
{
    /// <summary>The links' profile: wired, wifi-good, …</summary>
    public const string Profile = "profile";

    /// <summary>plain, psmix, hmix; for vectors that are no tokens int8, fp32.</summary>
    public const string Encoding = "encoding";

    /// <summary>
    /// How a token's numbers are sent: <c>v1-int8</c> by version 1 of the wire, <c>int8</c>, <c>int4</c>, <c>q3h</c> by version 2,
    /// <c>vq-256</c> as the number of one of so many entries of a codebook.
    /// </summary>
    public const string Quantiser = "quantiser";

    /// <summary>Views needed.</summary>
    public const string K = "K";

    /// <summary>Timeout, milliseconds.</summary>
    public const string T = "T";

    /// <summary>Window width, milliseconds.</summary>
    public const string W = "W";

    /// <summary>How a policy was tried: <c>live</c> in the silo, or <c>replayed</c> on the recorded arrivals of the whole run.</summary>
    public const string How = "how";

    /// <summary>What a view sends: <c>token</c>, <c>penultimate</c> (vector), <c>feature-map</c>.</summary>
    public const string What = "what";

    /// <summary>Length of the vector sent.</summary>
    public const string Dimension = "d";

    /// <summary>Captures a second.</summary>
    public const string Rate = "rate";

    /// <summary>Of strategies: <c>k-of-n</c>, <c>wait-for-all</c>, <c>delay-30</c> (a fixed delay of so many milliseconds).</summary>
    public const string Strategy = "strategy";

    /// <summary>What a camera sends besides each token, by <see cref="RedundancyNames"/>.</summary>
    public const string Redundancy = "redundancy";

    /// <summary>Which tokens a camera sends, by <see cref="PacingNames"/>.</summary>
    public const string Pacing = "pacing";

    /// <summary>Who fuses: <c>jtfa</c> or <c>published</c>.</summary>
    public const string Node = "node";

    /// <summary>Who sends: <c>trace</c>, <c>published-producers</c>, <c>jtfa-cameras</c>.</summary>
    public const string Source = "source";

    /// <summary>The language model's shape.</summary>
    public const string Model = "model";

    /// <summary>Silos that have the language model.</summary>
    public const string Silos = "silos";

    /// <summary>Texts at once ÷ silos.</summary>
    public const string TextsPerSilo = "texts/silo";

    /// <summary>How many times the paper's rate: 1, 10, 100, 1000.</summary>
    public const string Speed = "speed";
}
