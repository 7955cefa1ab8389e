namespace Jtfa.Language.Caches;

/// <summary>What a page keeps.</summary>
/// <param name="Blocks">Transformer blocks.</param>
/// <param name="Heads">Heads of keys and values.</param>
/// <param name="KeyLength">Numbers of a key.</param>
/// <param name="ValueLength">Numbers of a value.</param>
public sealed record CacheShape(int Blocks, int Heads, int KeyLength, int ValueLength);
