namespace Jtfa.Core;

/// <summary>How a token's decision id is found.</summary>
public enum WindowKeying : byte
{
    /// <summary>round(ts / W): cameras capture on wall-clock multiples of their period, so views of one moment meet.</summary>
    Timestamp,

    /// <summary>The packet's <c>did</c>.</summary>
    Sequence,

    /// <summary>Whatever window of the scene is open.</summary>
    Arrival,
}
