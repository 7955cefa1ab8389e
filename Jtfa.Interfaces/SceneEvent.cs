namespace Jtfa.Interfaces;

/// <summary>Something that happened in a scene and that a person may want to know of afterwards.</summary>
/// <param name="Number">Counts the events of one activation of the scene, from 1.</param>
/// <param name="Activation">The scene's activation: when it began, in ticks of UTC.</param>
/// <param name="At">When, seconds since 1970, by the clock of the scene's silo.</param>
/// <param name="Kind">What kind of thing.</param>
/// <param name="Text">What, in one line, without the time.</param>
/// <param name="View">Whose view it concerns; null where it is the whole scene's.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.SceneEvent")]
public sealed record SceneEvent(
    [property: Id(0)] long Number,
    [property: Id(1)] long Activation,
    [property: Id(2)] double At,
    [property: Id(3)] SceneEventKind Kind,
    [property: Id(4)] string Text,
    [property: Id(5)] int? View = null)
{
    /// <summary>Events that a scene keeps.</summary>
    public const int MostKept = 64;
}

/// <summary>What kind of thing happened in a scene.</summary>
public enum SceneEventKind
{
    /// <summary>A view's first token came, or its tokens come again.</summary>
    Heard,

    /// <summary>Nothing comes from a view any more; the event's time is that of its last token.</summary>
    Missing,

    /// <summary>A camera told what keeps it from giving tokens.</summary>
    Fault,

    /// <summary>A camera's fault has passed.</summary>
    Mended,

    /// <summary>Somebody switched a camera off.</summary>
    SwitchedOff,

    /// <summary>Somebody switched a camera on again.</summary>
    SwitchedOn,

    /// <summary>The policy was changed.</summary>
    Policy,

    /// <summary>The clock of a gateway was set.</summary>
    Clock,

    /// <summary>The model of a camera, or of the scene, is another.</summary>
    Model,

    /// <summary>Something else keeps the scene from deciding as its policy asks.</summary>
    Warning,

    /// <summary>K fell because views are silent, or rose because they are heard again.</summary>
    Adapted,
}
