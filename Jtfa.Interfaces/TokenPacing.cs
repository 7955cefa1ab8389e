namespace Jtfa.Interfaces;

/// <summary>Which of a camera's tokens are sent.</summary>
public enum PacingKind
{
    /// <summary>Every one.</summary>
    Every,

    /// <summary>
    /// One that has moved since the last that was sent, and one before that becomes too old; fewer where the gateway tells that tokens are
    /// lost or late.
    /// </summary>
    Moved,
}

/// <summary>How a camera paces its tokens (docs/adaptive.md, the token rate).</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.TokenPacing")]
public sealed record TokenPacing
{
    /// <summary>The longest <see cref="MaxAge"/>, milliseconds.</summary>
    public const double LongestAge = 60_000;

    /// <summary>Which tokens are sent.</summary>
    [Id(0)] public PacingKind Kind { get; init; }

    /// <summary>Moved: by what share of its length a token must differ from the last that was sent, 0 … 2.</summary>
    [Id(1)] public double Delta { get; init; } = 0.3;

    /// <summary>
    /// Moved: for how long a token stands for its view, milliseconds, 10 … <see cref="LongestAge"/>; it is then sent anew.
    /// </summary>
    [Id(2)] public double MaxAge { get; init; } = 500;

    /// <summary>What is wrong with it, one line a fault; empty when it is valid.</summary>
    public IEnumerable<string> Faults()
    {
        if (!Enum.IsDefined(Kind)) yield return $"Pacing.Kind={Kind}: allowed is {string.Join(", ", Enum.GetNames<PacingKind>())}";
        if (Delta is not (>= 0 and <= 2)) yield return $"Pacing.Delta={Delta}: allowed is 0 … 2";
        if (MaxAge is not (>= 10 and <= LongestAge)) yield return $"Pacing.MaxAge={MaxAge}: allowed is 10 … {LongestAge} (ms)";
    }
}
