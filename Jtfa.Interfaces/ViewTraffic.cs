namespace Jtfa.Interfaces;

/// <summary>What one gateway received from one view: the source of <see cref="CameraHealth"/>, whose docstrings say what is what.</summary>
/// <param name="View">View number.</param>
/// <param name="LastTokenAt">When the last token was received, seconds since 1970.</param>
/// <param name="Tokens">Tokens received.</param>
/// <param name="Bytes">Bytes (UDP payload) of these.</param>
/// <param name="RateHz">Tokens a second.</param>
/// <param name="Kbps">Kilobits a second.</param>
/// <param name="Lost">Tokens missing by <c>seq</c>.</param>
/// <param name="Jitter">Interarrival jitter, seconds.</param>
/// <param name="ClockOffset">Least receive time − capture time, seconds.</param>
/// <param name="WrongModel">The model that it says made its tokens, where the scene's head is of another one; null where it is not.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.ViewTraffic")]
public sealed record ViewTraffic(
    [property: Id(0)] int View,
    [property: Id(1)] double LastTokenAt,
    [property: Id(2)] long Tokens,
    [property: Id(3)] long Bytes,
    [property: Id(4)] double RateHz,
    [property: Id(5)] double Kbps,
    [property: Id(6)] long Lost,
    [property: Id(7)] double Jitter,
    [property: Id(8)] double ClockOffset,
    [property: Id(9)] string? WrongModel = null)
{
    /// <summary>Copies of tokens that had come already.</summary>
    [Id(10)] public long Copies { get; init; }

    /// <summary>Tokens that were missing and came as copies.</summary>
    [Id(11)] public long Saved { get; init; }

    /// <summary>The longest <see cref="WrongModel"/>.</summary>
    public const int LongestModel = 64;

    /// <summary>Whether a gateway can have counted it: a report may come from another process.</summary>
    public bool IsSound => View >= 0 && Tokens >= 0 && Bytes >= 0 && Copies >= 0 && Saved >= 0
        && double.IsFinite(LastTokenAt) && double.IsFinite(RateHz)
        && double.IsFinite(Kbps) && double.IsFinite(Jitter) && double.IsFinite(ClockOffset) && (WrongModel?.Length ?? 0) <= LongestModel;
}
