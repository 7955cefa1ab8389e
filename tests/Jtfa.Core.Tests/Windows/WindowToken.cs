namespace Jtfa.Core.Tests.Windows;

/// <summary>A token as tests write it: its header, and values owned by it.</summary>
internal sealed record WindowToken(TokenHeader Header, sbyte[] Values)
{
    public int View => Header.View;

    /// <summary>Any token of a view: any encoding, capture time within 3 s of second 1,800,000,000, label −1 … 3.</summary>
    public static WindowToken Any(Random random, int view, int dimension)
    {
        var values = new sbyte[dimension];
        foreach (ref var value in values.AsSpan()) value = (sbyte)random.Next(-127, 128);
        var captured = 1_800_000_000 + (random.NextDouble() * 3);
        var header = new TokenHeader
        {
            Timestamp = captured,
            ReceivedAt = captured + random.NextDouble(),
            Scale = 0.001 + (random.NextDouble() * 0.02),
            View = view,
            Label = random.Next(-1, 4),
            Seed = (uint)random.Next(50),
            Quality = 1 - random.NextSingle(),
            Bytes = random.Next(40, TokenPacket.MaxDatagramBytes),
            Encoding = (TokenEncoding)random.Next(3),
        };
        return new WindowToken(header, values);
    }

    public static byte[] Pack(int dimension, IReadOnlyList<WindowToken> tokens)
    {
        var block = new byte[TokenBlock.Size(dimension, tokens.Count)];
        TokenBlock.Begin(block, dimension, tokens.Count);
        for (var i = 0; i < tokens.Count; i++) TokenBlock.Write(block, i, tokens[i].Header, tokens[i].Values);
        return block;
    }
}
