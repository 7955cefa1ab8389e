namespace Jtfa.Grains;

/// <summary>Places a camera view on the silo that owns the camera; the director that finds this silo is in Jtfa.Silo.</summary>
[GenerateSerializer, Immutable]
public sealed class CameraOwnerPlacement : PlacementStrategy;

/// <summary>Places a grain by <see cref="CameraOwnerPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class CameraOwnerPlacementAttribute() : Orleans.Placement.PlacementAttribute(new CameraOwnerPlacement());

[CameraOwnerPlacement]
public sealed partial class CameraViewGrain;
