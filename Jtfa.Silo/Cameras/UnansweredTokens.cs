namespace Jtfa.Silo.Cameras;

/// <summary>
/// The last datagrams of a camera that its gateway has not answered, for the gateway that takes over. A receipt answers all tokens up to
/// its own. Used by one caller at a time.
/// </summary>
internal sealed class UnansweredTokens(TimeProvider clock)
{
    /// <summary>Datagrams kept, at most.</summary>
    public const int Most = 128;

    /// <summary>An older token is not sent again: its window is over.</summary>
    public static readonly TimeSpan LongestAge = 2 * GatewayAnswers.Silence;

    private readonly Kept[] _kept = new Kept[Most];
    private int _first;
    private int _count;

    /// <summary>Keeps a copy, in place of the oldest where too many are kept.</summary>
    public void Add(long sequence, ReadOnlySpan<byte> datagram)
    {
        if (_count == Most) DropFirst();
        ref var kept = ref _kept[(_first + _count++) % Most];
        if (kept.Bytes is null || kept.Bytes.Length < datagram.Length) kept.Bytes = new byte[datagram.Length];
        datagram.CopyTo(kept.Bytes);
        (kept.Sequence, kept.Length, kept.SentAt) = (sequence, datagram.Length, clock.GetTimestamp());
    }

    /// <summary>A receipt has come for this token.</summary>
    public void Answered(long sequence)
    {
        while (_count > 0 && _kept[_first].Sequence <= sequence) DropFirst();
    }

    /// <summary>Those that are young enough to be sent again, the oldest first.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> ToSendAgain()
    {
        while (_count > 0 && clock.GetElapsedTime(_kept[_first].SentAt) > LongestAge) DropFirst();
        for (var i = 0; i < _count; i++)
        {
            var kept = _kept[(_first + i) % Most];
            yield return kept.Bytes.AsMemory(0, kept.Length);
        }
    }

    private void DropFirst() => (_first, _count) = ((_first + 1) % Most, _count - 1);

    private struct Kept
    {
        public byte[]? Bytes;
        public int Length;
        public long Sequence;
        public long SentAt;
    }
}
