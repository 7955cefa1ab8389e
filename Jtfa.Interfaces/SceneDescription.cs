namespace Jtfa.Interfaces;

/// <summary>A configured scene.</summary>
/// <param name="Scene">Its name.</param>
/// <param name="Dimension">Length d of its tokens.</param>
/// <param name="Classes">How many classes its head tells apart.</param>
/// <param name="ClassNames">Their names, by class; empty where model.json beside its head gives none.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.SceneDescription")]
public sealed record SceneDescription(
    [property: Id(0)] string Scene,
    [property: Id(1)] int Dimension,
    [property: Id(2)] int Classes,
    [property: Id(3)] string[] ClassNames);
