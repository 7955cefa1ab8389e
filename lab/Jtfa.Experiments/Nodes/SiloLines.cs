using System.Text.RegularExpressions;

namespace Jtfa.Experiments.Nodes;

/// <summary>What a silo says of itself when it starts, as far as experiments need to know it.</summary>
internal static partial class SiloLines
{
    /// <summary>It is ready.</summary>
    [GeneratedRegex("Silo is up")]
    public static partial Regex Up();

    /// <summary>It takes tokens on a port; a line for each.</summary>
    [GeneratedRegex(@"Tokens are taken on UDP [0-9.]+:([0-9]+) ")]
    public static partial Regex Taking();

    /// <summary>It serves HTTP at an address.</summary>
    [GeneratedRegex(@"HTTP on (http://[0-9.:]+)")]
    public static partial Regex Serving();
}
