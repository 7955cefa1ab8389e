namespace Jtfa.Interfaces;

/// <summary>No silo of the cluster has a name.</summary>
[GenerateSerializer, Alias("Jtfa.UnknownSiloException")]
public sealed class UnknownSiloException : Exception
{
    /// <summary>Names the silo and those that there are.</summary>
    /// <param name="silo">The silo's name.</param>
    /// <param name="silos">The names of the cluster's silos that could have the grain.</param>
    public UnknownSiloException(string silo, IReadOnlyList<string> silos)
        : base($"No silo of the cluster is named '{silo}': known are {(silos.Count > 0 ? string.Join(", ", silos) : "none")}")
    {
    }
}
