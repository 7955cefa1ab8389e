namespace Jtfa.Silo.Tests.Ingress;

/// <summary>
/// Tests that host a whole silo in this process run one after another: a silo of a cluster has ports of its own. No other runs beside
/// them, nor beside those that measure this process's memory.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class WholeSilo
{
    public const string Name = "whole silo";
}
