namespace Jtfa.Experiments.Statistics;

/// <summary>What a paired difference says.</summary>
public enum Verdict
{
    /// <summary>
    /// The interval holds 0, or there are too few runs: no difference can be told, which does not say that there is none.
    /// </summary>
    NotTold,

    /// <summary>The whole interval lies above 0.</summary>
    Higher,

    /// <summary>The whole interval lies below 0.</summary>
    Lower,
}
