namespace Jtfa.Core;

/// <summary>When a window fires and goes, and how it weighs its tokens. Durations in seconds.</summary>
/// <param name="K">Views needed, 1 … N.</param>
/// <param name="N">Views expected.</param>
/// <param name="T">Timeout.</param>
/// <param name="Linger">How long a window stays beyond T, to count late tokens.</param>
/// <param name="Beta">Inverse temperature of the gate's softmax.</param>
/// <param name="NotesDelays">Whether windows note when each view's token came, for T and K to adapt to it.</param>
public readonly record struct WindowRule(int K, int N, double T, double Linger, double Beta, bool NotesDelays = false);
