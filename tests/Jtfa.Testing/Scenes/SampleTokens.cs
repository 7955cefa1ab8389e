using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Testing.Scenes;

/// <summary>One token of a test: a view that says which class it sees, and how strongly.</summary>
/// <param name="View">Its view.</param>
/// <param name="At">Capture time and time of receipt, seconds since 1970.</param>
/// <param name="Class">The element that is not 0, so that the head decides for it.</param>
/// <param name="Label">Ground truth.</param>
/// <param name="Strength">Value of that element.</param>
/// <param name="Encoding">How its vector is said to be encoded.</param>
internal readonly record struct SampleToken(
    int View, double At, int Class = 1, int Label = -1, sbyte Strength = 10, TokenEncoding Encoding = TokenEncoding.Plain);

/// <summary>Packs tokens as a gateway does.</summary>
internal static class SampleTokens
{
    public const int Bytes = 100;

    /// <summary>Tokens of one decision.</summary>
    public static TokenBatch Batch(long decision, ScenePolicy policy, params IReadOnlyList<SampleToken> tokens) =>
        Batch(policy, [.. tokens.Select(token => (decision, token))]);

    /// <summary>Tokens of any decisions of one lane.</summary>
    public static TokenBatch Batch(ScenePolicy policy, params IReadOnlyList<(long Decision, SampleToken Token)> tokens)
    {
        var block = new byte[TokenBlock.Size(SampleHead.Dimension, tokens.Count)];
        TokenBlock.Begin(block, SampleHead.Dimension, tokens.Count);
        Span<sbyte> values = stackalloc sbyte[SampleHead.Dimension];
        for (var i = 0; i < tokens.Count; i++)
        {
            var (decision, token) = tokens[i];
            var header = new TokenHeader
            {
                Decision = decision,
                Timestamp = token.At,
                ReceivedAt = token.At,
                Scale = 1,
                View = token.View,
                Label = token.Label,
                Quality = 1,
                Bytes = Bytes,
                Encoding = token.Encoding,
            };
            values.Clear();
            values[token.Class] = token.Strength;
            TokenBlock.Write(block, i, header, values);
        }

        return new TokenBatch(policy, block);
    }
}
