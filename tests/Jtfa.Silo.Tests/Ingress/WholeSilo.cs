namespace Jtfa.Silo.Tests.Ingress;

/// <summary>Tests that host a whole silo in this process run one after another: a silo of a cluster has ports of its own.</summary>
[CollectionDefinition(Name)]
public sealed class WholeSilo
{
    public const string Name = "whole silo";
}
