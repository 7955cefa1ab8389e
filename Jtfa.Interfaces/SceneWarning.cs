namespace Jtfa.Interfaces;

/// <summary>What keeps a scene from deciding as its policy asks, and what to change. It is there for as long as it holds.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Since">Since when it holds, seconds since 1970.</param>
/// <param name="Text">What is wrong and what to do, one line.</param>
/// <param name="View">The view that it is about; null where it is about the scene.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.SceneWarning")]
public sealed record SceneWarning(
    [property: Id(0)] SceneWarningKind Kind, [property: Id(1)] double Since, [property: Id(2)] string Text,
    [property: Id(3)] int? View = null);

/// <summary>What a scene's warning is about.</summary>
public enum SceneWarningKind
{
    /// <summary>Tokens of one moment come in neighbouring windows, so that these fire by T with fewer than K views.</summary>
    ViewsAlternate,

    /// <summary>Fewer than K views have ever sent a token.</summary>
    TooFewViews,

    /// <summary>A view's tokens are refused: another model made them than the one that the scene's head was made for.</summary>
    WrongModel,
}
