using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Testing.Scenes;

/// <summary>One token of a test: a view that says which class it sees, and how strongly.</summary>
/// <param name="View">Its view.</param>
/// <param name="At">Capture time and time of receipt, seconds since 1970.</param>
/// <param name="Class">The element that is not 0, so that the head decides for it.</param>
/// <param name="Label">Ground truth.</param>
/// <param name="Strength">Value of that element.</param>
internal readonly record struct SampleToken(int View, double At, int Class = 1, int Label = -1, sbyte Strength = 10);

/// <summary>Packs tokens as a gateway does.</summary>
internal static class SampleTokens
{
    public const int Bytes = 100;

    public static TokenBatch Batch(ScenePolicy policy, params IReadOnlyList<SampleToken> tokens)
    {
        var block = new byte[TokenBlock.Size(SampleHead.Dimension, tokens.Count)];
        TokenBlock.Begin(block, SampleHead.Dimension, tokens.Count);
        Span<sbyte> values = stackalloc sbyte[SampleHead.Dimension];
        for (var i = 0; i < tokens.Count; i++)
        {
            var header = new TokenHeader
            {
                Timestamp = tokens[i].At,
                ReceivedAt = tokens[i].At,
                Scale = 1,
                View = tokens[i].View,
                Label = tokens[i].Label,
                Quality = 1,
                Bytes = Bytes,
                Encoding = TokenEncoding.Plain,
            };
            values.Clear();
            values[tokens[i].Class] = tokens[i].Strength;
            TokenBlock.Write(block, i, header, values);
        }

        return new TokenBatch(policy, block);
    }
}
