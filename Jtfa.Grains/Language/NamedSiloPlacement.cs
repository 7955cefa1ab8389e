namespace Jtfa.Grains;

/// <summary>
/// Places a grain whose key is a silo's name, or ends with it after a slash, on that silo; the director that finds it is in Jtfa.Silo.
/// </summary>
[GenerateSerializer, Immutable]
public sealed class NamedSiloPlacement : PlacementStrategy;

/// <summary>Places a grain by <see cref="NamedSiloPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NamedSiloPlacementAttribute() : Orleans.Placement.PlacementAttribute(new NamedSiloPlacement());
