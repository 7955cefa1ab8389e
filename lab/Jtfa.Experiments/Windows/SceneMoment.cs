namespace Jtfa.Experiments.Windows;

/// <summary>What all cameras of a scene send of one moment.</summary>
/// <param name="Label">Ground truth.</param>
/// <param name="Tokens">By view: d numbers, decoded as they come out of its packet.</param>
/// <param name="Bytes">UDP payload bytes of a packet.</param>
public sealed record SceneMoment(int Label, IReadOnlyList<ReadOnlyMemory<float>> Tokens, int Bytes);
