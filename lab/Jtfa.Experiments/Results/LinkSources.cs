namespace Jtfa.Experiments.Results;

/// <summary>What went over the links when the relay's own error was measured: levels of <see cref="FactorNames.Source"/>.</summary>
public static class LinkSources
{
    /// <summary>Four cameras of 50 tokens a second, and nothing else on the machine.</summary>
    public const string Bar = "4 × 50 Hz";

    /// <summary>The runs of A2 and A3, with cameras and silo on the same machine.</summary>
    public const string Policies = "policies";
}
