namespace Jtfa.Core;

/// <summary>
/// Which of one view's last <see cref="Size"/> sequence numbers were taken, as in RFC 3711, section 3.3.2. A later epoch begins anew.
/// Ask it of tokens only whose tag is right: anything else would move it.
/// </summary>
public struct ReplayWindow
{
    /// <summary>Sequence numbers that are told apart; older ones are refused.</summary>
    public const int Size = 64;

    private long _highest;
    private ulong _taken; // one bit a sequence number; bit 0 is the highest's
    private uint _epoch;

    /// <summary>Takes a token that was not taken before.</summary>
    /// <returns><see cref="RejectReason.None"/>, <see cref="RejectReason.Duplicate"/> or <see cref="RejectReason.Replayed"/>.</returns>
    public RejectReason Take(uint epoch, long sequence)
    {
        if (_taken == 0 || epoch > _epoch)
        {
            (_epoch, _highest, _taken) = (epoch, sequence, 1);
            return RejectReason.None;
        }

        if (epoch < _epoch) return RejectReason.Replayed;
        if (sequence > _highest)
        {
            var ahead = (ulong)sequence - (ulong)_highest;
            _taken = ahead < Size ? (_taken << (int)ahead) | 1 : 1;
            _highest = sequence;
            return RejectReason.None;
        }

        var behind = (ulong)_highest - (ulong)sequence;
        if (behind >= Size) return RejectReason.Replayed;
        if ((_taken & (1UL << (int)behind)) != 0) return RejectReason.Duplicate;
        _taken |= 1UL << (int)behind;
        return RejectReason.None;
    }
}
