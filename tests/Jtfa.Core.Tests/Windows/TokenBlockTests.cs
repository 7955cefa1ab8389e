using FsCheck;
using FsCheck.Fluent;

namespace Jtfa.Core.Tests.Windows;

public class TokenBlockTests
{
    private static Gen<int> Seeds { get; } = Gen.Choose(0, int.MaxValue - 1);

    [Fact]
    public void What_is_packed_is_read() => Property.Holds(Seeds, seed =>
    {
        var random = new Random(seed);
        var dimension = random.Next(1, 70);
        var tokens = Enumerable.Range(0, random.Next(0, 6)).Select(i => WindowToken.Any(random, random.Next(9), dimension)).ToArray();

        var block = new TokenBlock(WindowToken.Pack(dimension, tokens));

        Assert.Equal((dimension, tokens.Length), (block.Dimension, block.Count));
        for (var i = 0; i < tokens.Length; i++)
        {
            Assert.Equal(tokens[i].Header, block.Header(i));
            Assert.Equal(tokens[i].Values, block.Values(i).ToArray());
        }
    });

    [Fact]
    public void The_largest_token_is_read_at_any_alignment()
    {
        var token = WindowToken.Any(new Random(6), 3, TokenPacket.MaxDimension);
        var bytes = (byte[])[0, 0, 0, .. WindowToken.Pack(TokenPacket.MaxDimension, [token])];

        var block = new TokenBlock(bytes.AsSpan(3));

        Assert.Equal(token.Header, block.Header(0));
        Assert.Equal(token.Values, block.Values(0).ToArray());
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1, 1)]
    [InlineData(TokenPacket.MaxDimension + 1, 0)]
    [InlineData(16, -1)]
    [InlineData(16, 3)]
    [InlineData(16, 1)]
    [InlineData(16, int.MaxValue)]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(int.MinValue, int.MinValue)]
    public void A_header_that_its_length_contradicts_is_refused(int dimension, int count)
    {
        var token = WindowToken.Any(new Random(7), 1, 16);
        var bytes = WindowToken.Pack(16, [token, token]);
        TokenBlock.Begin(bytes, dimension, count);

        Assert.Throws<ArgumentException>(() => new TokenBlock(bytes));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-8)]
    [InlineData(TokenPacket.MaxDimension + 1)]
    public void A_dimension_that_no_token_has_is_refused_even_where_there_are_no_tokens(int dimension)
    {
        var bytes = new byte[8];
        TokenBlock.Begin(bytes, dimension, 0);

        Assert.Throws<ArgumentException>(() => new TokenBlock(bytes));
    }

    [Theory]
    [InlineData(16, 0, 8)]
    [InlineData(16, 1, 8 + 56 + 16)]
    [InlineData(17, 2, 8 + (2 * (56 + 24)))]
    [InlineData(1024, int.MaxValue, 8 + (int.MaxValue * 1080L))]
    public void Tokens_are_padded_to_eight_bytes(int dimension, int count, long size) =>
        Assert.Equal(size, TokenBlock.Size(dimension, count));

    [Fact]
    public void Anything_else_is_refused_and_what_is_taken_can_be_read_whole() => Property.Holds(Seeds, seed =>
    {
        var random = new Random(seed);
        var bytes = WindowToken.Pack(4, [.. Enumerable.Range(0, random.Next(0, 3)).Select(view => WindowToken.Any(random, view, 4))]);
        foreach (ref var value in bytes.AsSpan(0, 8)) value = random.Next(3) == 0 ? (byte)random.Next(256) : value;
        if (random.Next(2) == 0) bytes = bytes[..random.Next(bytes.Length + 1)];

        if (Record.Exception(() => new TokenBlock(bytes).Count) is { } refused)
        {
            Assert.IsType<ArgumentException>(refused);
            return;
        }

        var block = new TokenBlock(bytes);
        Assert.Equal(TokenBlock.Size(block.Dimension, block.Count), bytes.Length);
        for (var i = 0; i < block.Count; i++) Assert.Equal(block.Dimension, block.Values(i).Length);
    }, runs: 2000);

    [Fact]
    public void Tokens_beyond_the_count_are_not_read()
    {
        var bytes = WindowToken.Pack(3, [WindowToken.Any(new Random(8), 1, 3)]);

        Assert.Throws<ArgumentOutOfRangeException>(() => new TokenBlock(bytes).Values(1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => new TokenBlock(bytes).Header(-1).View);
    }
}
