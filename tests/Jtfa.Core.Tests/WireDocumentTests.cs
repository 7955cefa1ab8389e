using System.Globalization;
using System.Text.RegularExpressions;
using static Jtfa.Core.Tests.MsgPackBytes;

namespace Jtfa.Core.Tests;

/// <summary>What docs/wire.md says of the wire is so.</summary>
public class WireDocumentTests
{
    private static readonly string s_document = File.ReadAllText(Path.Combine(Repository.Folder, "docs", "wire.md"));

    public static TheoryData<string, bool> Keys =>
        [.. Rows().Select(row => (row.Key, row.Missing.StartsWith("refused", StringComparison.Ordinal)))];

    [Fact]
    public void The_table_has_the_keys_that_are_known()
    {
        string[] known =
        [
            "ts", "producer_id", "meta", "meta.enc", "meta.scale", "meta.seed", "meta.d", "meta.n2", "q", "d", "mode", "label", "scene",
            "did", "seq", "qual", "tick", "model", "hold", "copy", "red", "tag",
        ];
        Assert.Equal(known, Rows().Select(row => row.Key));
    }

    [Theory, MemberData(nameof(Keys))]
    public void A_key_that_is_missing_or_nil_is_as_the_table_says(string key, bool isRefused)
    {
        Assert.Equal(isRefused ? RejectReason.MissingKey : RejectReason.None, new PacketMap().Without(key).Parse());
        var reason = new PacketMap().With(key, Nil).Parse();
        Assert.Equal((key, isRefused), (key, reason is RejectReason.MissingKey or RejectReason.WrongType));
        Assert.Equal(isRefused, reason != RejectReason.None);
    }

    [Fact]
    public void The_packet_in_hex_is_the_token_that_stands_above_it()
    {
        var datagram = Hex("hex");
        var said = Regex.Match(
            s_document, @"View (\d+), captured at ([\d.]+), encoded as `plain` with scale ([\d.]+), label (\d+); (\d+) bytes");
        double Said(int group) => double.Parse(said.Groups[group].Value, CultureInfo.InvariantCulture);

        Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, out var packet));

        Assert.Equal(
            (Said(1), Said(2), Said(3), Said(4), Said(5)),
            (packet.View, packet.Timestamp, packet.Scale, packet.Label, datagram.Length));
        Assert.Equal(TokenEncoding.Plain, packet.Encoding);
        Assert.Equal([0, 7, 14, 21, 28, 35, 42, 49, -56, -63, -70, -77, -84, -91, 127, -127], packet.Values.ToArray());
        var written = new byte[TokenPacket.MaxDatagramBytes];
        Assert.Equal(datagram, written[..PacketCodec.Write(packet, written)]);
    }

    [Fact]
    public void The_packet_of_version_2_is_the_token_that_stands_above_it()
    {
        var datagram = Hex("text");
        var said = Regex.Match(
            s_document,
            @"View (\d+) of the scene with index (\d+), its token (\d+), captured at ([\d.]+), `plain` with int8, scale ([\d.]+); "
            + @"(\d+) bytes");
        double Said(int group) => double.Parse(said.Groups[group].Value, CultureInfo.InvariantCulture);

        Assert.Equal(RejectReason.None, DatagramCodec.TryParse(datagram, [], Said(4) + 1000, out var packet));

        Assert.Equal(
            (Said(1), Said(2), Said(3), Said(4), (float)Said(5), Said(6)),
            (packet.View, packet.SceneIndex, packet.Sequence!.Value, packet.Timestamp, (float)packet.Scale, datagram.Length));
        Assert.Equal([0, 7, 14, 21, 28, 35, 42, 49, -56, -63, -70, -77, -84, -91, 127, -127], packet.Values.ToArray());
        var written = new byte[TokenPacket.MaxDatagramBytes];
        Assert.Equal(datagram, written[..DatagramCodec.Write(packet, written)]);
    }

    [Fact]
    public void The_token_in_hex_that_is_carried_along_is_the_one_before()
    {
        var hex = Regex.Matches(s_document, "^```hex\n(?<lines>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline);
        byte[] Bytes(int block) => Convert.FromHexString(string.Concat(
            hex[block].Groups["lines"].Value.Split('\n').Select(line => line.Split('#')[0].Replace(" ", ""))));
        var (alone, red) = (Bytes(0), Bytes(1));

        Assert.Equal(RejectReason.None, PacketCodec.TryParse(alone, out var token));
        var written = new byte[TokenPacket.MaxDatagramBytes];
        var length = PacketCodec.Write(
            new TokenPacket
            {
                Timestamp = token.Timestamp,
                View = token.View,
                Encoding = token.Encoding,
                Scale = token.Scale,
                Values = token.Values,
                Label = token.Label,
                DecisionId = 500,
                Sequence = 10,
                Earlier = red.AsSpan(4),
            },
            written);
        Assert.True(written.AsSpan(0, length).IndexOf(red) > 0);
        Assert.Equal(RejectReason.None, PacketCodec.TryParse(written.AsSpan(0, length), out var packet));
        var earlier = new EarlierTokens(packet);
        Assert.True(earlier.TryNext(out var before));
        Assert.Equal((1764331200.2, 0.05, 9, 499, 3), (before.Timestamp, before.Scale, before.Sequence, before.DecisionId, before.Label));
        Assert.Equal(token.Values.ToArray(), before.Values.ToArray());
    }

    private static byte[] Hex(string language)
    {
        var lines = Regex.Match(
            s_document, $"^```{language}\n(?<lines>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline).Groups["lines"].Value;
        return Convert.FromHexString(string.Concat(lines.Split('\n').Select(line => line.Split('#')[0].Replace(" ", ""))));
    }

    private static IEnumerable<(string Key, string Missing)> Rows() => Regex
        .Matches(s_document, @"^\| `([a-z_.0-9]+)` \| (float|int|map|str|bin|array) \| [^|]+ \| ([^|]+) \|$", RegexOptions.Multiline)
        .Select(row => (row.Groups[1].Value, row.Groups[3].Value));
}
