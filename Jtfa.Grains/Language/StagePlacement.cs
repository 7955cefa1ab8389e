namespace Jtfa.Grains;

/// <summary>Places a stage of a language model on the silo that its key names; the director that finds it is in Jtfa.Silo.</summary>
[GenerateSerializer, Immutable]
public sealed class StagePlacement : PlacementStrategy;

/// <summary>Places a grain by <see cref="StagePlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class StagePlacementAttribute() : Orleans.Placement.PlacementAttribute(new StagePlacement());
