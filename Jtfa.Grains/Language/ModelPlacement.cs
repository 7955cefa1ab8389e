namespace Jtfa.Grains;

/// <summary>
/// Places a grain whose key begins with a language model's name on a silo that has the model; the director that finds it is in Jtfa.Silo.
/// </summary>
[GenerateSerializer, Immutable]
public sealed class ModelPlacement : PlacementStrategy;

/// <summary>Places a grain by <see cref="ModelPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ModelPlacementAttribute() : Orleans.Placement.PlacementAttribute(new ModelPlacement());
