using Orleans.Runtime.Messaging;

namespace Jtfa.Silo.Cluster;

/// <summary>
/// What Orleans' client sends first. Orleans keeps its own type of it to itself; this one has the same fields, so both read the same bytes
/// alike.
/// </summary>
[GenerateSerializer, Immutable, Alias("Jtfa.ClientPreamble")]
internal sealed class ClientPreamble
{
    /// <summary>The protocol that it speaks.</summary>
    [Id(0)] public NetworkProtocolVersion NetworkProtocolVersion { get; init; }

    /// <summary>Who it is.</summary>
    [Id(1)] public GrainId NodeIdentity { get; init; }

    /// <summary>A silo's address; a client has none.</summary>
    [Id(2)] public SiloAddress? SiloAddress { get; init; }

    /// <summary>The cluster that it wants.</summary>
    [Id(3)] public string? ClusterId { get; init; }
}
