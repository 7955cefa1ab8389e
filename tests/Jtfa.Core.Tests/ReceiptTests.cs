using FsCheck;
using FsCheck.Fluent;

namespace Jtfa.Core.Tests;

public sealed class ReceiptTests
{
    private static readonly byte[] s_bytes = new byte[TokenKey.Size];

    private static readonly Gen<PacketCase> s_tokens = Gen.Choose(0, int.MaxValue).Select(seed => PacketCase.Draw(new Random(seed)));

    [Fact]
    public void A_receipt_says_whose_token_it_answers_and_is_signed_like_it() => Property.Holds(s_tokens, token =>
    {
        using var key = new TokenKey(s_bytes);
        var datagram = Write(token, token.Epoch is null ? null : key);
        Assert.InRange(datagram.Length, 1, ReceiptCodec.MaxBytes);
        Assert.True(ReceiptCodec.TryParse(datagram, out var receipt));
        Assert.Equal(new Receipt(token.View, token.Sequence, token.Epoch), receipt);
        if (token.Epoch is not null) Assert.True(key.IsSigned(datagram));

        // Neither is taken for the other.
        Assert.NotEqual(RejectReason.None, PacketCodec.TryParse(datagram, out _));
        Assert.False(ReceiptCodec.TryParse(token.Write(), out _));
    }, runs: 500);

    [Fact]
    public void What_is_cut_changed_or_made_up_never_throws() => Property.Holds(s_tokens, token =>
    {
        using var key = new TokenKey(s_bytes);
        var datagram = Write(token, token.Epoch is null ? null : key);
        for (var length = 0; length < datagram.Length; length++) Assert.False(ReceiptCodec.TryParse(datagram.AsSpan(0, length), out _));
        Assert.False(ReceiptCodec.TryParse([.. datagram, 0], out _));
        var random = new Random(token.View);
        for (var i = 0; i < 200; i++)
        {
            var other = (byte[])datagram.Clone();
            for (var flips = random.Next(1, 9); flips > 0; flips--) other[random.Next(other.Length)] = (byte)random.Next(256);
            if (ReceiptCodec.TryParse(other, out var receipt)) Assert.True(receipt.View >= 0);
        }
    }, runs: 200);

    // A gateway can only be had to send as much as was sent to it.
    [Fact]
    public void A_receipt_is_shorter_than_the_token_of_any_camera() => Property.Holds(s_tokens, token =>
    {
        using var key = new TokenKey(s_bytes);
        Assert.True(Write(token, token.Epoch is null ? null : key).Length < token.Write().Length);
    }, runs: 500);

    [Fact]
    public void It_tells_how_many_tokens_came_where_there_is_room_and_is_never_longer_than_its_token() => Property.Holds(s_tokens, token =>
    {
        using var key = new TokenKey(s_bytes);
        var datagram = token.Write();
        Assert.Equal(RejectReason.None, PacketCodec.TryParse(datagram, out var packet));
        var got = (long)Math.Pow(1.7, packet.View % 70);
        var room = new byte[Math.Min(datagram.Length, ReceiptCodec.MaxBytes)];
        var length = ReceiptCodec.Write(packet, packet.Epoch is null ? null : key, room, got);
        Assert.True(ReceiptCodec.TryParse(room.AsSpan(0, length), out var receipt));
        Assert.Equal((packet.View, packet.Sequence, packet.Epoch), (receipt.View, receipt.Sequence, receipt.Epoch));
        if (room.Length == ReceiptCodec.MaxBytes) Assert.Equal(got % ReceiptCodec.Counts, receipt.Got);
        else Assert.True(receipt.Got is null || receipt.Got == got % ReceiptCodec.Counts);
    }, runs: 500);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_tells_what_came_late_to_who_says_how_long_a_token_stands(bool stands)
    {
        using var key = new TokenKey(s_bytes);
        var token = new TokenPacket
        {
            View = int.MaxValue,
            Sequence = long.MaxValue,
            Epoch = uint.MaxValue,
            Hold = stands ? 0.5f : null,
        };
        var room = new byte[ReceiptCodec.MaxBytes];
        var length = ReceiptCodec.Write(token, key, room, ReceiptCodec.Counts - 1, ReceiptCodec.Counts + 7);
        Assert.True(ReceiptCodec.TryParse(room.AsSpan(0, length), out var receipt));
        Assert.Equal((ReceiptCodec.Counts - 1, stands ? 7 : null), (receipt.Got, receipt.Late));
        Assert.True(key.IsSigned(room.AsSpan(0, length)));
    }

    private static byte[] Write(PacketCase token, TokenKey? key)
    {
        var parsed = PacketCodec.TryParse(token.Write(), out var packet);
        Assert.Equal(RejectReason.None, parsed);
        var receipt = new byte[ReceiptCodec.MaxBytes];
        return receipt[..ReceiptCodec.Write(packet, key, receipt)];
    }
}
