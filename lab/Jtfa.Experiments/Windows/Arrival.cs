namespace Jtfa.Experiments.Windows;

/// <summary>
/// One view's vector of one moment, as it came to the fusion node: a token decoded, or a vector put together of its chunks.
/// </summary>
/// <param name="Scene">The scene that its packet names.</param>
/// <param name="View">Its view.</param>
/// <param name="Moment">The number of its tick, equal for all views of a moment (the packet's did).</param>
/// <param name="Timestamp">When it was captured, seconds since 1970.</param>
/// <param name="ReceivedAt">When the kernel had taken it, for chunks the last of them, seconds since 1970.</param>
/// <param name="Label">Ground truth; −1 unknown.</param>
/// <param name="Bytes">UDP payload bytes, of all its chunks.</param>
/// <param name="Vector">d numbers.</param>
/// <param name="Quality">Confidence of the view in it, in (0, 1].</param>
/// <param name="Tick">The moment that it is for, seconds since 1970, where its packet says another than its capture time.</param>
public sealed record Arrival(
    string Scene, int View, long Moment, double Timestamp, double ReceivedAt, int Label, int Bytes, ReadOnlyMemory<float> Vector,
    float Quality = 1, double? Tick = null);
