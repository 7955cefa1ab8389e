namespace Jtfa.Core.Tests;

public class ReferenceTokenTests
{
    public static TheoryData<int> Indices { get; } = new(Enumerable.Range(0, ReferenceVectors.Tokens.Length));

    [Fact]
    public void Every_encoding_dimension_and_seed_is_there() =>
        Assert.Equal(60, ReferenceVectors.Tokens.Select(token => (token.Mode, token.D, token.Seed)).Distinct().Count());

    [Theory, MemberData(nameof(Indices))]
    public void Encoding_gives_the_published_values_and_scale_bit_by_bit(int index)
    {
        var token = ReferenceVectors.Tokens[index];
        var q = new sbyte[token.D];

        var scale = TokenCodec.Encode(token.Z, token.Encoding, token.Seed, q);

        Assert.Equal(token.Q, q);
        Assert.Equal(token.Scale, scale);
    }

    [Theory, MemberData(nameof(Indices))]
    public void Decoding_gives_the_published_vector_bit_by_bit(int index)
    {
        var token = ReferenceVectors.Tokens[index];
        var z = new float[token.D];

        TokenCodec.Decode(token.Q, token.Encoding, token.Seed, token.Scale, z);

        Assert.Equal(token.Decoded, z);
    }

    [Theory, MemberData(nameof(Indices))]
    public void A_published_packet_parses_to_its_fields(int index)
    {
        var token = ReferenceVectors.Tokens[index];

        Assert.Equal(RejectReason.None, PacketCodec.TryParse(token.Datagram, out var packet));

        Assert.Equal(token.Ts, packet.Timestamp);
        Assert.Equal(token.ProducerId, packet.View);
        Assert.Equal(token.Encoding, packet.Encoding);
        Assert.Equal(token.Seed, packet.Seed);
        Assert.Equal(token.Scale, packet.Scale);
        Assert.Equal(token.Q, packet.Values.ToArray());
        Assert.Equal(token.Label, packet.Label);
        Assert.True(packet.Scene.IsEmpty);
        Assert.Null(packet.DecisionId);
        Assert.Null(packet.Sequence);
        Assert.Equal(1, packet.Quality);
    }

    [Theory, MemberData(nameof(Indices))]
    public void Writing_gives_the_published_bytes(int index)
    {
        var token = ReferenceVectors.Tokens[index];
        var packet = new TokenPacket
        {
            Timestamp = token.Ts,
            View = token.ProducerId,
            Encoding = token.Encoding,
            Seed = token.Seed,
            Scale = token.Scale,
            Values = token.Q,
            Label = token.Label,
        };
        var datagram = new byte[TokenPacket.MaxDatagramBytes];

        var written = PacketCodec.Write(packet, datagram);

        Assert.Equal(token.PacketHex, Convert.ToHexStringLower(datagram[..written]));
    }
}
