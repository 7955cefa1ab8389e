namespace Jtfa.Core;

/// <summary>A token that a window fused, and how much it counted.</summary>
/// <param name="View">Its view.</param>
/// <param name="Weight">Its weight in the gate, in [0, 1]; those of a window add up to 1.</param>
/// <param name="CapturedAt">Capture time, seconds since 1970, by the camera's clock.</param>
/// <param name="ReceivedAt">When the gateway received it, seconds since 1970.</param>
/// <param name="Quality">Confidence of the view in its token, in (0, 1].</param>
/// <param name="Label">Ground truth; −1 unknown.</param>
/// <param name="Bytes">Length of its datagram (UDP payload).</param>
/// <param name="Encoding">How its vector came.</param>
/// <param name="Vector">The token itself, d numbers, decoded.</param>
public sealed record FusedToken(
    int View, double Weight, double CapturedAt, double ReceivedAt, double Quality, int Label, int Bytes, TokenEncoding Encoding,
    float[] Vector);
