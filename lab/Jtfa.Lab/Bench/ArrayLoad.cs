using Jtfa.Core;

namespace Jtfa.Lab.Bench;

/// <summary>
/// A sender's tokens in version 2 of the wire. Their seeds follow from view and sequence number, so that each is encoded when it is sent.
/// </summary>
internal sealed class ArrayLoad(TokenEncoding mode, TokenQuantiser quantiser)
{
    private readonly float[][] _vectors = LoadSender.Vectors();
    private readonly sbyte[] _values = new sbyte[IngestSettings.Dimension];

    /// <summary>Writes a packet; which token of its class follows from the decision and the view, as in version 1.</summary>
    public int Write(long decision, int view, int label, double timestamp, uint sequence, uint? epoch, Span<byte> packet)
    {
        var seed = ArrayPacketCodec.SeedOf(view, sequence);
        var scale = TokenCodec.Encode(_vectors[LoadSender.TokenOf(decision, view, label)], mode, seed, _values, quantiser);
        return ArrayPacketCodec.Write(
            new TokenPacket
            {
                Version = 2,
                Timestamp = timestamp,
                View = view,
                Encoding = mode,
                Quantiser = quantiser,
                Seed = seed,
                Scale = scale,
                Values = _values,
                Label = label,
                Sequence = sequence,
                Epoch = epoch,
            },
            packet);
    }
}
