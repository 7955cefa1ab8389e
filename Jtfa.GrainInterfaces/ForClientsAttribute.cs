namespace Jtfa.Interfaces;

/// <summary>
/// Marks what clients of the cluster may call. Whatever has no mark is for silos among themselves, and a silo refuses it to all others.
/// </summary>
[AttributeUsage(AttributeTargets.Interface | AttributeTargets.Method)]
public sealed class ForClientsAttribute : Attribute;
