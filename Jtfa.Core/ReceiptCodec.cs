namespace Jtfa.Core;

/// <summary>
/// The receipt by which a gateway answers a token: a msgpack map of <c>receipt</c> (the view), <c>seq</c> (the token's, where it has
/// one), <c>got</c> (the view's tokens that have come so far, where there is room), <c>late</c> (of these, those that came late, where the
/// view sends when its token has moved, and there is room) and, where the token had a right tag, <c>tag</c>: the
/// token's epoch, and the view's key over the receipt. A camera sees by it that its gateway is there, and what is lost on the way.
/// </summary>
public static class ReceiptCodec
{
    /// <summary>The longest receipt.</summary>
    public const int MaxBytes = 64;

    /// <summary>Counts of tokens begin again at 0 after this many.</summary>
    public const long Counts = 1L << 31;

    private const int CountBytes = 9; // "got" and an integer of 4 bytes
    private const int LateBytes = 10;
    private const int TagEntryBytes = 6 + TokenKey.TagBytes;

    /// <summary>Writes a receipt.</summary>
    /// <param name="token">The token that it answers.</param>
    /// <param name="key">The key of the token's tag; null for a receipt without a tag.</param>
    /// <param name="destination">Takes at most <see cref="MaxBytes"/>.</param>
    /// <param name="got">Tokens of its view so far; told modulo <see cref="Counts"/>, where the destination has room for it.</param>
    /// <param name="late">Of these, tokens that came late; told as they are, where the token has a <c>hold</c>.</param>
    /// <returns>Bytes written; 0 where the destination has no room, as that of a very short token.</returns>
    public static int Write(in TokenPacket token, TokenKey? key, Span<byte> destination, long? got = null, long late = 0)
    {
        if (destination.Length < LeastBytes(token, key)) return 0;
        var writer = new MsgPackWriter(destination);
        const int others = 1 + 8 + 5 + 4 + 9; // the map, the view and the sequence number at their longest
        if (destination.Length < others + CountBytes + (key is null ? 0 : TagEntryBytes)) got = null;
        var tellsLate = token.Hold is not null && got is not null
            && destination.Length >= others + CountBytes + LateBytes + (key is null ? 0 : TagEntryBytes);
        writer.WriteMap(1 + (token.Sequence is null ? 0 : 1) + (got is null ? 0 : 1) + (tellsLate ? 1 : 0) + (key is null ? 0 : 1));
        writer.WriteString("receipt"u8);
        writer.WriteInteger(token.View);
        if (token.Sequence is { } sequence)
        {
            writer.WriteString("seq"u8);
            writer.WriteInteger(sequence);
        }

        if (got is { } count)
        {
            writer.WriteString("got"u8);
            writer.WriteInteger(count % Counts);
        }

        if (tellsLate)
        {
            writer.WriteString("late"u8);
            writer.WriteInteger(late % Counts);
        }

        if (key is null) return writer.Written;
        PacketCodec.WriteTag(ref writer, token.Epoch!.Value);
        key.Sign(destination[..writer.Written]);
        return writer.Written;
    }

    /// <summary>Parses a receipt. Never throws and never allocates, whatever the datagram holds.</summary>
    /// <param name="datagram">The UDP payload.</param>
    /// <param name="receipt">What it says; its tag is not checked.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(ReadOnlySpan<byte> datagram, out Receipt receipt)
    {
        receipt = default;
        if (datagram.Length > MaxBytes) return false;
        var reader = new MsgPackReader(datagram);
        int? view = null;
        long? sequence = null;
        uint? epoch = null;
        long? got = null;
        long? late = null;
        for (var entries = reader.ReadMap(); entries > 0 && reader.Fault == RejectReason.None; entries--)
        {
            var key = reader.ReadKey();
            if (key.SequenceEqual("receipt"u8)) view = (int)reader.ReadInteger(0, int.MaxValue);
            else if (key.SequenceEqual("seq"u8)) sequence = reader.ReadInteger();
            else if (key.SequenceEqual("got"u8)) got = reader.ReadInteger(0, Counts - 1);
            else if (key.SequenceEqual("late"u8)) late = reader.ReadInteger(0, Counts - 1);
            else if (key.SequenceEqual("tag"u8)) epoch = ReadTag(ref reader);
            else reader.Skip();
        }

        if (reader.Fault != RejectReason.None || !reader.AtEnd || view is null) return false;
        receipt = new Receipt(view.Value, sequence, epoch, got, late);
        return true;
    }

    // Of a receipt without a count.
    private static int LeastBytes(in TokenPacket token, TokenKey? key) =>
        1 + 8 + MsgPackWriter.IntegerBytes(token.View) + (token.Sequence is { } sequence ? 4 + MsgPackWriter.IntegerBytes(sequence) : 0)
            + (key is null ? 0 : TagEntryBytes);

    private static uint? ReadTag(ref MsgPackReader reader)
    {
        var tag = reader.ReadBytes();
        if (tag.Length == TokenKey.TagBytes && reader.AtEnd) return TokenKey.EpochOf(tag);
        reader.Fail(RejectReason.WrongType);
        return null;
    }
}

/// <summary>A gateway's receipt.</summary>
/// <param name="View">Whose token it answers.</param>
/// <param name="Sequence">That token's sequence number; null where it had none.</param>
/// <param name="Epoch">That token's epoch; null for a receipt without a tag.</param>
/// <param name="Got">
/// The view's tokens that the gateway has had so far, modulo <see cref="ReceiptCodec.Counts"/>; null where it does not tell.
/// </param>
/// <param name="Late">Of these, tokens that came late, in the same way.</param>
public readonly record struct Receipt(int View, long? Sequence, uint? Epoch, long? Got = null, long? Late = null);
