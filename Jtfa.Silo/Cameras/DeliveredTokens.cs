using Jtfa.Core;

namespace Jtfa.Silo.Cameras;

/// <summary>
/// How many of a camera's tokens have come to its gateway, by what receipts tell: between two of them the sequence numbers say what was
/// sent, and the gateway's counts what came. Written by one caller at a time, read by any.
/// </summary>
internal sealed class DeliveredTokens
{
    private (long Sequence, long Got, long Late)? _last;
    private long _known;
    private long _arrived;
    private long _late;

    /// <summary>Tokens whose fate is known.</summary>
    public long Known => Interlocked.Read(ref _known);

    /// <summary>Those of them that came.</summary>
    public long Arrived => Interlocked.Read(ref _arrived);

    /// <summary>Of those, tokens that came late; 0 where the gateway does not tell.</summary>
    public long Late => Interlocked.Read(ref _late);

    /// <summary>Begins anew, with another gateway or another run of it.</summary>
    public void Reset() => _last = null;

    /// <summary>Takes a receipt.</summary>
    public void Take(in Receipt receipt)
    {
        if (receipt is not { Sequence: { } sequence, Got: { } got }) return;
        if (_last is { } last)
        {
            var (sent, came) = (sequence - last.Sequence, (got - last.Got + ReceiptCodec.Counts) % ReceiptCodec.Counts);
            if (sent <= 0) return; // receipts may overtake each other

            // A gateway that was started anew counts from 0. A few more than were sent are copies that the network made.
            if (came <= 2 * sent)
            {
                Interlocked.Add(ref _known, sent);
                Interlocked.Add(ref _arrived, Math.Min(came, sent));
                var late = ((receipt.Late ?? last.Late) - last.Late + ReceiptCodec.Counts) % ReceiptCodec.Counts;
                Interlocked.Add(ref _late, Math.Min(late, Math.Min(came, sent)));
            }
        }

        _last = (sequence, got, receipt.Late ?? 0);
    }
}
