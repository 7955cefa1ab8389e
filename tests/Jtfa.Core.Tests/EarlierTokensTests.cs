using static Jtfa.Core.Tests.MsgPackBytes;

namespace Jtfa.Core.Tests;

/// <summary>Tokens that a packet carries along: of a sender's own, of another library's, of nobody's.</summary>
public sealed class EarlierTokensTests
{
    [Fact]
    public void A_packet_carries_the_tokens_before_it_along_as_they_were() => Property.Holds(PacketCase.Any, drawn =>
    {
        var random = new Random(drawn.Label);
        var (dimension, most) = (1 + random.Next(30), 1 + random.Next(EarlierTokens.Most));
        var history = new TokenHistory(most);
        var sent = new List<PacketCase>();
        for (var (i, sequence) = (0, (long)random.Next()); i < 12; i++, sequence += 1 + random.Next(3))
        {
            // Each has what may differ from one to the next; a camera's view, scene and encoding do not.
            var other = PacketCase.Draw(random);
            var token = drawn with
            {
                Scene = "",
                Model = "",
                Timestamp = other.Timestamp,
                Seed = other.Seed,
                Scale = other.Scale,
                Values = [.. Enumerable.Range(0, dimension).Select(_ => (sbyte)random.Next(-128, 128))],
                Label = other.Label,
                DecisionId = drawn.DecisionId is null ? null : other.DecisionId ?? i,
                Tick = other.Tick,
                Quality = other.Quality,
                Sequence = sequence,
            };

            var alone = token.Write();
            Assert.Equal(RejectReason.None, PacketCodec.TryParse(alone, out var packet));
            var earlier = history.Before(packet, alone.Length).ToArray();
            history.Add(packet);
            Assert.Equal(RejectReason.None, PacketCodec.TryParse(token.Write(earlier), out var carrier));
            token.ExpectEqualTo(carrier);

            var tokens = new EarlierTokens(carrier);
            for (var age = 1; age <= Math.Min(most, sent.Count); age++)
            {
                Assert.True(tokens.TryNext(out var found));
                sent[^age].ExpectEqualTo(found);
            }

            Assert.False(tokens.TryNext(out _));
            sent.Add(token);
        }
    }, runs: 300);

    [Fact]
    public void What_has_no_room_is_left_out_the_oldest_first()
    {
        var history = new TokenHistory(EarlierTokens.Most);
        var lengths = new List<(int Bytes, int Tokens)>();
        foreach (var dimension in new[] { 64, 400, 1024 })
        {
            for (var i = 0; i < 10; i++)
            {
                var values = new sbyte[dimension];
                var token = new PacketCase { Scale = 1, Values = values, Sequence = i, DecisionId = i, Quality = 1, Epoch = 1 };
                var alone = token.Write();
                Assert.Equal(RejectReason.None, PacketCodec.TryParse(alone, out var packet));
                var earlier = history.Before(packet, alone.Length).ToArray();
                history.Add(packet);
                var with = token.Write(earlier);
                Assert.InRange(with.Length, alone.Length, Math.Max(alone.Length, TokenHistory.MostBytes));
                Assert.Equal(RejectReason.None, PacketCodec.TryParse(with, out var carrier));
                var count = 0;
                var tokens = new EarlierTokens(carrier);
                while (tokens.TryNext(out var found)) Assert.Equal(i - ++count, found.Sequence);
                if (i == 9) lengths.Add((with.Length, count));
            }
        }

        Assert.Equal([8, 1, 0], lengths.Select(length => length.Tokens));
    }

    [Fact]
    public void Another_librarys_tokens_are_read()
    {
        var datagram = new PacketMap().With("seq", Int(10)).With("did", Int(500)).With("red", Array(
            Array(Int(1), Float64(1760000000.15), Float64(0.25), Int(7), Bin(1, 2, 0xff), Int(5), Int(1), Nil, Float32(0.5f), Str("more")),
            Array(Int("uint 16", 3), Int(1760000000), Int(2), Int(8), Str([4, 5, 6])))).ToBytes();

        Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, out var packet));
        var tokens = new EarlierTokens(packet);
        Assert.True(tokens.TryNext(out var first));
        new PacketCase
        {
            Timestamp = 1760000000.15,
            View = 7,
            Encoding = TokenEncoding.HMix,
            Seed = 7,
            Scale = 0.25,
            Values = [1, 2, -1],
            Label = 5,
            DecisionId = 499,
            Sequence = 9,
            Quality = 0.5f,
        }.ExpectEqualTo(first);
        Assert.True(tokens.TryNext(out var second));
        new PacketCase
        {
            Timestamp = 1760000000,
            View = 7,
            Encoding = TokenEncoding.HMix,
            Seed = 8,
            Scale = 2,
            Values = [4, 5, 6],
            Label = TokenPacket.UnknownLabel,
            Sequence = 7,
            Quality = 1,
        }.ExpectEqualTo(second);
        Assert.False(tokens.TryNext(out _));
    }

    public static TheoryData<string, RejectReason> Wrong => new()
    {
        { "no array", RejectReason.WrongType },
        { "too many", RejectReason.WrongType },
        { "too short", RejectReason.WrongType },
        { "back 0", RejectReason.WrongType },
        { "back 64", RejectReason.WrongType },
        { "no number", RejectReason.WrongType },
        { "other length", RejectReason.WrongType },
        { "scale 0", RejectReason.WrongType },
        { "no seq", RejectReason.MissingKey },
        { "seq at its end", RejectReason.WrongType },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_datagram_with_a_token_that_is_none_is_refused_and_told_of(string what, RejectReason reason)
    {
        static byte[] Token(byte[] back, byte[]? ts = null, byte[]? scale = null, byte[]? q = null) =>
            Array(back, ts ?? Float64(1), scale ?? Float64(1), Int(1), q ?? Bin(1, 2, 3));
        var map = new PacketMap().With("seq", what == "seq at its end" ? Int(long.MinValue) : Int(10));
        if (what == "no seq") map.Without("seq");
        map.With("red", what switch
        {
            "no array" => Int(5),
            "too many" => Array([.. Enumerable.Range(1, EarlierTokens.Most + 1).Select(back => Token(Int(back)))]),
            "too short" => Array(Array(Int(1), Float64(1), Float64(1), Int(1))),
            "back 0" => Array(Token(Int(0))),
            "back 64" => Array(Token(Int(64))),
            "no number" => Array(Token(Int(1), Float64(double.NaN))),
            "other length" => Array(Token(Int(1), q: Bin(1, 2))),
            "scale 0" => Array(Token(Int(1), scale: Float64(0))),
            _ => Array(Token(Int(1))),
        });

        Assert.Equal(reason, map.Parse());
        Assert.StartsWith(reason == RejectReason.MissingKey ? "seq is missing" : "red: expected", PacketFault.Describe(map.ToBytes()));
    }

    [Fact]
    public void Whatever_stands_there_it_is_refused_or_read_and_nothing_is_allocated() => Property.Holds(PacketCase.Any, drawn =>
    {
        var random = new Random(drawn.Label);
        var token = drawn with { Values = new sbyte[4], Sequence = 100, Epoch = null };
        var red = Array([.. Enumerable.Range(1, 3).Select(back =>
            Array(Int(back), Float64(random.NextDouble()), Float64(0.5), Int(7), Bin(1, 2, 3, 4), Int(5)))]);
        for (var i = 0; i < 20; i++)
        {
            var spoiled = (byte[])red.Clone();
            for (var changes = random.Next(4); changes > 0; changes--) spoiled[random.Next(spoiled.Length)] = (byte)random.Next(256);
            var datagram = token.Write(spoiled);
            if (PacketCodec.TryParse(datagram, out var packet) != RejectReason.None)
            {
                Assert.NotEmpty(PacketFault.Describe(datagram));
                continue;
            }

            var count = 0;
            var tokens = new EarlierTokens(packet);
            while (tokens.TryNext(out var found))
            {
                count++;
                Assert.Equal(4, found.Values.Length);
                Assert.InRange(found.Sequence!.Value, 100 - EarlierTokens.FurthestBack, 99);
                Assert.True(double.IsFinite(found.Timestamp) && found.Scale > 0);
            }

            Assert.InRange(count, 0, EarlierTokens.Most);
        }
    }, runs: 300);

    [Fact]
    public void How_long_a_token_stands_is_a_time()
    {
        Assert.Equal(RejectReason.None, PacketCodec.TryParse(new PacketMap().With("hold", Int(2)).ToBytes(), out var packet));
        Assert.Equal(2, packet.Hold);
        var written = new byte[TokenPacket.MaxDatagramBytes];
        Assert.Equal(RejectReason.None, PacketCodec.TryParse(written.AsSpan(0, PacketCodec.Write(packet, written)), out var again));
        Assert.Equal(2, again.Hold);
        foreach (var wrong in new[] { Int(0), Float64(-1), Float64(61), Float64(double.NaN), Str("1") })
        {
            Assert.Equal(RejectReason.WrongType, new PacketMap().With("hold", wrong).Parse());
            Assert.StartsWith("hold: expected", PacketFault.Describe(new PacketMap().With("hold", wrong).ToBytes()));
        }
    }

    [Fact]
    public void A_copy_says_that_it_is_one_and_needs_a_number()
    {
        var token = new PacketCase { Scale = 1, Values = [1, 2], Sequence = 3, Quality = 1 };
        var (first, copy) = (token.Write(), (token with { IsCopy = true }).Write());
        Assert.Equal(RejectReason.None, PacketCodec.TryParse(copy, out var packet));
        Assert.True(packet.IsCopy);
        token.ExpectEqualTo(packet);
        Assert.Equal(first.Length + 6, copy.Length);
        Assert.Equal(RejectReason.None, PacketCodec.TryParse(first, out packet));
        Assert.False(packet.IsCopy);
        Assert.Equal(RejectReason.MissingKey, new PacketMap().With("copy", Int(1)).Parse());
        Assert.Equal(RejectReason.WrongType, new PacketMap().With("seq", Int(1)).With("copy", Int(2)).Parse());
    }
}
