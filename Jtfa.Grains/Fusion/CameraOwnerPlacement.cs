namespace Jtfa.Grains;

/// <summary>Where camera views live: on the silo that owns the camera. The silo brings the director that knows which one that is.</summary>
[GenerateSerializer, Immutable]
public sealed class CameraOwnerPlacement : PlacementStrategy;

/// <summary>Places a grain by <see cref="CameraOwnerPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class CameraOwnerPlacementAttribute() : Orleans.Placement.PlacementAttribute(new CameraOwnerPlacement());

[CameraOwnerPlacement]
public sealed partial class CameraViewGrain;
